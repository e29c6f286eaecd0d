//! Conditions on items: for conditional writes, filters and the keys of queries.

use std::borrow::Cow;

use aws_sdk_dynamodb::types::AttributeValue;

use super::placeholders::Placeholders;

/// The name of an attribute.
pub(crate) type Attribute = Cow<'static, str>;

/// A condition on an item.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Exists(Attribute),
    Absent(Attribute),
    Compares(Attribute, &'static str, AttributeValue),
    Between(Attribute, AttributeValue, AttributeValue),
    BeginsWith(Attribute, AttributeValue),
    Contains(Attribute, AttributeValue),
    OneOf(Attribute, Vec<AttributeValue>),
    Both(Box<Condition>, Box<Condition>),
    Either(Box<Condition>, Box<Condition>),
}

/// The item has the attribute.
pub(crate) fn exists(attribute: impl Into<Attribute>) -> Condition {
    Condition::Exists(attribute.into())
}

/// The item lacks the attribute, or there is no item.
pub(crate) fn absent(attribute: impl Into<Attribute>) -> Condition {
    Condition::Absent(attribute.into())
}

/// The attribute has this value, or is absent if the value is `None`.
pub(crate) fn is(attribute: impl Into<Attribute>, value: Option<AttributeValue>) -> Condition {
    match value {
        Some(value) => equals(attribute, value),
        None => absent(attribute),
    }
}

/// The attribute has this value.
pub(crate) fn equals(attribute: impl Into<Attribute>, value: AttributeValue) -> Condition {
    Condition::Compares(attribute.into(), "=", value)
}

/// The attribute is there and at most the value.
pub(crate) fn at_most(attribute: impl Into<Attribute>, value: AttributeValue) -> Condition {
    Condition::Compares(attribute.into(), "<=", value)
}

/// The attribute is there and at least the value.
pub(crate) fn at_least(attribute: impl Into<Attribute>, value: AttributeValue) -> Condition {
    Condition::Compares(attribute.into(), ">=", value)
}

/// The attribute is there and greater than the value.
pub(crate) fn greater_than(attribute: impl Into<Attribute>, value: AttributeValue) -> Condition {
    Condition::Compares(attribute.into(), ">", value)
}

/// The attribute lies between the values, both included.
pub(crate) fn between(
    attribute: impl Into<Attribute>,
    from: AttributeValue,
    to: AttributeValue,
) -> Condition {
    Condition::Between(attribute.into(), from, to)
}

/// The attribute is a text with this prefix.
pub(crate) fn begins_with(attribute: impl Into<Attribute>, prefix: AttributeValue) -> Condition {
    Condition::BeginsWith(attribute.into(), prefix)
}

/// The attribute is a text that contains this one.
pub(crate) fn contains(attribute: impl Into<Attribute>, part: AttributeValue) -> Condition {
    Condition::Contains(attribute.into(), part)
}

/// The attribute has one of these values.
pub(crate) fn one_of(attribute: impl Into<Attribute>, values: Vec<AttributeValue>) -> Condition {
    Condition::OneOf(attribute.into(), values)
}

impl Condition {
    /// Both conditions hold.
    pub(crate) fn and(self, other: Self) -> Self {
        Self::Both(Box::new(self), Box::new(other))
    }

    /// At least one of the conditions holds.
    pub(crate) fn or(self, other: Self) -> Self {
        Self::Either(Box::new(self), Box::new(other))
    }

    /// The expression for this condition.
    fn render(&self, placeholders: &mut Placeholders) -> String {
        match self {
            Self::Exists(attribute) => format!("attribute_exists({})", placeholders.name(attribute)),
            Self::Absent(attribute) => format!("attribute_not_exists({})", placeholders.name(attribute)),
            Self::Compares(attribute, operator, value) => {
                format!("{} {operator} {}", placeholders.name(attribute), placeholders.value(value))
            }
            Self::Between(attribute, from, to) => format!(
                "{} BETWEEN {} AND {}",
                placeholders.name(attribute),
                placeholders.value(from),
                placeholders.value(to)
            ),
            Self::BeginsWith(attribute, prefix) => {
                format!("begins_with({}, {})", placeholders.name(attribute), placeholders.value(prefix))
            }
            Self::Contains(attribute, part) => {
                format!("contains({}, {})", placeholders.name(attribute), placeholders.value(part))
            }
            Self::OneOf(attribute, values) => {
                let values: Vec<String> = values.iter().map(|value| placeholders.value(value)).collect();
                format!("{} IN ({})", placeholders.name(attribute), values.join(", "))
            }
            Self::Both(one, other) => {
                format!("{} AND {}", one.render_operand(placeholders), other.render_operand(placeholders))
            }
            Self::Either(one, other) => {
                format!("{} OR {}", one.render_operand(placeholders), other.render_operand(placeholders))
            }
        }
    }

    /// The same as an operand of `AND` or `OR`.
    fn render_operand(&self, placeholders: &mut Placeholders) -> String {
        let expression = self.render(placeholders);
        match self {
            Self::Both(..) | Self::Either(..) => format!("({expression})"),
            _ => expression,
        }
    }
}

/// The expression for all of these conditions, or `None` if there is none.
pub(super) fn render_all(conditions: &[Condition], placeholders: &mut Placeholders) -> Option<String> {
    let rendered: Vec<String> =
        conditions.iter().map(|condition| condition.render_operand(placeholders)).collect();
    (!rendered.is_empty()).then(|| rendered.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamodb::item::text;

    #[test]
    fn operands_of_and_and_or_are_parenthesized() {
        let free = absent("attempt").or(equals("attempt", text("a")).and(exists("status")));
        let mut placeholders = Placeholders::default();
        assert_eq!(
            render_all(&[free, is("name", None)], &mut placeholders).as_deref(),
            Some(
                "(attribute_not_exists(#attempt) OR (#attempt = :v0 AND attribute_exists(#status))) \
                 AND attribute_not_exists(#name)"
            )
        );
        assert_eq!(render_all(&[], &mut placeholders), None);
    }
}
