//! Update and filter expressions, put together clause by clause. Every attribute goes in as a
//! placeholder, since `name`, `status` and `type` are words DynamoDB keeps for itself.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

use crate::failure::Failure;

/// The names and values that an expression speaks of.
#[derive(Default)]
struct Placeholders {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Placeholders {
    /// The placeholder of an attribute's name.
    fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    /// The placeholder of a value.
    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

/// An update of one item under a condition.
#[derive(Default)]
pub(super) struct Update {
    sets: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
    placeholders: Placeholders,
}

/// The items of a query that are wanted: those for which every condition holds.
#[derive(Default)]
pub(super) struct Filter {
    conditions: Vec<String>,
    placeholders: Placeholders,
}

impl Filter {
    /// Wants items without the attribute.
    pub(super) fn lacks(&mut self, attribute: &str) {
        let name = self.placeholders.name(attribute);
        self.conditions.push(format!("attribute_not_exists({name})"));
    }

    /// Wants items whose attribute compares with the value, if there is one, as `operator`
    /// says. Items without the attribute are not wanted then.
    pub(super) fn compares(&mut self, attribute: &str, operator: &str, value: Option<AttributeValue>) {
        if let Some(value) = value {
            let (name, value) = (self.placeholders.name(attribute), self.placeholders.value(value));
            self.conditions.push(format!("{name} {operator} {value}"));
        }
    }

    /// The query for these items alone.
    pub(super) fn on(self, mut query: QueryFluentBuilder) -> QueryFluentBuilder {
        for (placeholder, name) in self.placeholders.names {
            query = query.expression_attribute_names(placeholder, name);
        }
        for (placeholder, value) in self.placeholders.values {
            query = query.expression_attribute_values(placeholder, value);
        }
        match self.conditions.is_empty() {
            true => query,
            false => query.filter_expression(self.conditions.join(" AND ")),
        }
    }
}

impl Update {
    /// The placeholder of an attribute's name.
    pub(super) fn name(&mut self, attribute: &str) -> String {
        self.placeholders.name(attribute)
    }

    /// The placeholder of a value.
    pub(super) fn value(&mut self, value: AttributeValue) -> String {
        self.placeholders.value(value)
    }

    /// Sets an attribute.
    pub(super) fn set(&mut self, attribute: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.sets.push(format!("{name} = {value}"));
    }

    /// Sets an attribute that is not there yet.
    pub(super) fn set_if_absent(&mut self, attribute: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.sets.push(format!("{name} = if_not_exists({name}, {value})"));
    }

    /// Removes an attribute.
    pub(super) fn remove(&mut self, attribute: &str) {
        let name = self.name(attribute);
        self.removes.push(name);
    }

    /// Sets the attribute, or removes it if there is no value.
    pub(super) fn set_or_remove(&mut self, attribute: &str, value: Option<AttributeValue>) {
        match value {
            Some(value) => self.set(attribute, value),
            None => self.remove(attribute),
        }
    }

    /// Requires that the attribute has this value, or none.
    pub(super) fn require_value(&mut self, attribute: &str, value: Option<AttributeValue>) {
        let name = self.name(attribute);
        let condition = match value {
            Some(value) => format!("{name} = {}", self.value(value)),
            None => format!("attribute_not_exists({name})"),
        };
        self.require(condition);
    }

    /// Adds a condition; all of them must hold.
    pub(super) fn require(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// Whether the update would change nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.removes.is_empty()
    }

    /// The request to make this update.
    pub(super) fn on(self, request: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let (update, condition) = self.expressions();
        request
            .update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(Some(self.placeholders.names))
            // An update that only removes has none, and DynamoDB wants none then.
            .set_expression_attribute_values(some_of(self.placeholders.values))
    }

    /// The action to make this update in a transaction.
    pub(super) fn in_transaction(self, action: UpdateBuilder) -> Result<TransactWriteItem, Failure> {
        let (update, condition) = self.expressions();
        let action = action
            .update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(Some(self.placeholders.names))
            .set_expression_attribute_values(some_of(self.placeholders.values))
            .build();
        let action = action.map_err(Failure::unsendable("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().update(action).build())
    }

    /// The update expression, and the condition if there is one.
    fn expressions(&self) -> (String, Option<String>) {
        let clause = |verb: &str, items: &[String]| match items {
            [] => String::new(),
            items => format!("{verb} {} ", items.join(", ")),
        };
        let conditions: Vec<String> =
            self.conditions.iter().map(|condition| format!("({condition})")).collect();
        (
            clause("SET", &self.sets) + &clause("REMOVE", &self.removes),
            (!conditions.is_empty()).then(|| conditions.join(" AND ")),
        )
    }
}

/// The values, if there are any.
fn some_of(values: HashMap<String, AttributeValue>) -> Option<HashMap<String, AttributeValue>> {
    (!values.is_empty()).then_some(values)
}
