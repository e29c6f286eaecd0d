//! How the domain's types look on the wire.

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

/// An amount as it may be sent: a number, or text that is one.
#[derive(Clone, Copy, Debug)]
pub struct AnyAmount;

/// An amount above zero as text.
#[derive(Clone, Copy, Debug)]
pub struct PositiveText;

/// A parameter that is `true` or `false`, and false if it is left out. `1` and `0` are accepted, too, but not
/// described: client generators make an enumeration of text of such a union.
#[derive(Clone, Copy, Debug)]
pub struct Flag;

/// What `If-Match` and `If-None-Match` take (RFC 9110, section 13.1).
#[derive(Clone, Copy, Debug)]
pub struct EntityTags;

/// A currency that transactions may be imported in.
#[derive(Clone, Copy, Debug)]
pub struct TransactionCurrency;

/// Text that may have line breaks and tabs, or be blank, which says what null says.
#[derive(Clone, Copy, Debug)]
pub struct BlankOrProse<const MAX: usize>;

/// Text without line breaks and tabs, or blanks, which say what null says.
#[derive(Clone, Copy, Debug)]
pub struct BlankOrText<const MAX: usize>;

/// Blanks alone, or text without control characters.
const BLANK_OR_TEXT: &str = r"^([\t-\r \x85]*|[^\x00-\x1f\x7f-\x9f]*)$";
/// Blanks alone, or text without control characters but line breaks and tabs.
const BLANK_OR_PROSE: &str = r"^([\t-\r \x85]*|[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*)$";

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

impl PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Boolean).default(Some(false.into())).into()
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

/// Something of many, or anything else in its place: that is told of, and keeps no other from
/// being taken.
#[derive(Clone, Copy, Debug)]
pub struct Lenient<T>(PhantomData<T>);

impl<T: ToSchema> PartialSchema for Lenient<T> {
    fn schema() -> RefOr<Schema> {
        let other = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        let other =
            other.description(Some("Anything else: it is told of, and keeps no other from being taken"));
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

/// What a type is on the wire, by its own name.
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

/// An integer of 28 digits, which an amount's digits may not exceed.
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
