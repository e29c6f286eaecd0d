//! Updates: update expressions with their conditions.

use aws_sdk_dynamodb::types::AttributeValue;

use super::condition::{Attribute, Condition, render_all};
use super::placeholders::Placeholders;

/// An update of one item under conditions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Update {
    sets: Vec<(Attribute, AttributeValue)>,
    defaults: Vec<(Attribute, AttributeValue)>,
    sums: Vec<(Attribute, AttributeValue)>,
    removes: Vec<Attribute>,
    conditions: Vec<Condition>,
}

impl Update {
    /// Sets an attribute.
    pub(crate) fn set(&mut self, attribute: impl Into<Attribute>, value: AttributeValue) {
        self.sets.push((attribute.into(), value));
    }

    /// Sets an attribute unless the item has it.
    pub(crate) fn set_if_absent(&mut self, attribute: impl Into<Attribute>, value: AttributeValue) {
        self.defaults.push((attribute.into(), value));
    }

    /// Adds a number to an attribute, which counts as 0 while it is absent.
    pub(crate) fn add(&mut self, attribute: impl Into<Attribute>, number: AttributeValue) {
        self.sums.push((attribute.into(), number));
    }

    /// Removes an attribute.
    pub(crate) fn remove(&mut self, attribute: impl Into<Attribute>) {
        self.removes.push(attribute.into());
    }

    /// Sets the attribute, or removes it if there is no value.
    pub(crate) fn set_or_remove(&mut self, attribute: impl Into<Attribute>, value: Option<AttributeValue>) {
        match value {
            Some(value) => self.set(attribute, value),
            None => self.remove(attribute),
        }
    }

    /// Adds a condition; all of them must hold.
    pub(crate) fn require(&mut self, condition: Condition) {
        self.conditions.push(condition);
    }

    /// Whether the update changes nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.defaults.is_empty() && self.sums.is_empty() && self.removes.is_empty()
    }

    /// The update expression, the condition expression if there is one, and their placeholders.
    pub(super) fn render(&self) -> (String, Option<String>, Placeholders) {
        let mut placeholders = Placeholders::default();
        let mut sets = Vec::new();
        for (attribute, value) in &self.sets {
            sets.push(format!("{} = {}", placeholders.name(attribute), placeholders.value(value)));
        }
        for (attribute, value) in &self.defaults {
            let (name, value) = (placeholders.name(attribute), placeholders.value(value));
            sets.push(format!("{name} = if_not_exists({name}, {value})"));
        }
        let mut sums = Vec::new();
        for (attribute, number) in &self.sums {
            sums.push(format!("{} {}", placeholders.name(attribute), placeholders.value(number)));
        }
        let removes: Vec<String> =
            self.removes.iter().map(|attribute| placeholders.name(attribute)).collect();
        let clauses = [("SET", sets), ("ADD", sums), ("REMOVE", removes)];
        let clauses = clauses.into_iter().filter(|(_, items)| !items.is_empty());
        let clauses: Vec<String> =
            clauses.map(|(verb, items)| format!("{verb} {}", items.join(", "))).collect();
        let condition = render_all(&self.conditions, &mut placeholders);
        (clauses.join(" "), condition, placeholders)
    }
}
