//! Schemas of values that have another form in JSON than in Rust.

use std::borrow::Cow;
use std::marker::PhantomData;

use saldo_domain::transaction::CURRENCY_CODES;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::Limit;

/// An amount as a JSON number with all its digits.
#[derive(Clone, Copy, Debug)]
pub struct Amount;

/// An amount as text.
#[derive(Clone, Copy, Debug)]
pub struct AmountText;

/// An amount in a request: a number, or text that is a number.
#[derive(Clone, Copy, Debug)]
pub struct AnyAmount;

/// An amount above zero as text.
#[derive(Clone, Copy, Debug)]
pub struct PositiveText;

/// A parameter of a query: `true` or `1`, `false` or `0`; false if it is left out.
#[derive(Clone, Copy, Debug)]
pub struct Flag;

/// The value of `If-Match` and `If-None-Match` (RFC 9110, section 13.1).
#[derive(Clone, Copy, Debug)]
pub struct EntityTags;

/// A currency of imported transactions.
#[derive(Clone, Copy, Debug)]
pub struct TransactionCurrency;

/// Text that may have line breaks and tabs; blank text counts as null.
#[derive(Clone, Copy, Debug)]
pub struct BlankOrProse<const MAX: usize>;

/// Text without line breaks and tabs; blank text counts as null.
#[derive(Clone, Copy, Debug)]
pub struct BlankOrText<const MAX: usize>;

/// Only blanks, or text without control characters.
const BLANK_OR_TEXT: &str = r"^([\t-\r \x85]*|[^\x00-\x1f\x7f-\x9f]*)$";
/// Only blanks, or text without control characters other than line breaks and tabs.
const BLANK_OR_PROSE: &str = r"^([\t-\r \x85]*|[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*)$";

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

impl PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        let flag = string().enum_values(Some(["true", "false", "1", "0"]));
        flag.default(Some("false".into())).into()
    }
}

impl<const MAX: usize> PartialSchema for BlankOrText<MAX> {
    fn schema() -> RefOr<Schema> {
        string().max_length(Some(MAX)).pattern(Some(BLANK_OR_TEXT)).into()
    }
}

impl<const MAX: usize> ToSchema for BlankOrText<MAX> {
    fn name() -> Cow<'static, str> {
        format!("BlankOrText{MAX}").into()
    }
}

impl<const MAX: usize> PartialSchema for BlankOrProse<MAX> {
    fn schema() -> RefOr<Schema> {
        string().max_length(Some(MAX)).pattern(Some(BLANK_OR_PROSE)).into()
    }
}

impl<const MAX: usize> ToSchema for BlankOrProse<MAX> {
    fn name() -> Cow<'static, str> {
        format!("BlankOrProse{MAX}").into()
    }
}

/// An element of a list, or any other value in its place. Another value is reported as an error; the other elements are
/// processed.
#[derive(Clone, Copy, Debug)]
pub struct Lenient<T>(PhantomData<T>);

impl<T: ToSchema> PartialSchema for Lenient<T> {
    fn schema() -> RefOr<Schema> {
        let other = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        let other = other.description(Some(
            "Any other value: it is reported as an error, and the other elements are processed",
        ));
        AnyOfBuilder::new().item(Ref::from_schema_name(T::name())).item(other).into()
    }
}

impl<T: ToSchema> ToSchema for Lenient<T> {
    fn name() -> Cow<'static, str> {
        format!("Lenient{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into(), T::schema()));
        T::schemas(schemas);
    }
}

/// Implements `ToSchema` for types, under their own names.
macro_rules! wire {
    ($($name:ident => $schema:expr;)*) => {
        $(
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    $schema.into()
                }
            }

            impl ToSchema for $name {}
        )*
    };
}

/// The smallest integer with more digits than an amount may have.
const DIGITS_28: f64 = 1e28;

wire! {
    Amount => ObjectBuilder::new()
        .schema_type(Type::Number)
        .exclusive_minimum(Some(-DIGITS_28))
        .exclusive_maximum(Some(DIGITS_28))
        .description(Some("An exact decimal of up to 28 digits, with no more decimal places than its currency has"));
    AmountText => string()
        .pattern(Some(r"^[+-]?[0-9]+(\.[0-9]+)?$"))
        .description(Some("An exact decimal of up to 28 digits, with no more decimal places than its currency has"));
    AnyAmount => ObjectBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::Number, Type::String]))
        .exclusive_minimum(Some(-DIGITS_28))
        .exclusive_maximum(Some(DIGITS_28))
        .pattern(Some(r"^[+-]?[0-9]+(\.[0-9]+)?$"))
        .description(Some("An exact decimal of up to 28 digits, as a number or as text"));
    PositiveText => string()
        .pattern(Some(r"^\+?([0-9]*[1-9][0-9]*(\.[0-9]+)?|[0-9]+\.[0-9]*[1-9][0-9]*)$"))
        .description(Some("An exact decimal above zero of up to 28 digits, with no more decimal places than its currency has"));
    EntityTags => string().pattern(Some(r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#));
    TransactionCurrency => string()
        .enum_values(Some(CURRENCY_CODES))
        .description(Some("An alphabetic code of ISO 4217 as it was in 2015"));
    Limit => ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(100))
        .default(Some(10.into()));
}
