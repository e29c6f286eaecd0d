//! Values as they are on the wire, where that is another type than the domain's: an amount, for example, is a number
//! or a string.

use std::borrow::Cow;
use std::marker::PhantomData;

use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::string;
use crate::secrets::SECRET_BYTES_MAX;

// The description of credentials names the bound.
const _: () = assert!(SECRET_BYTES_MAX == 4_096);

/// An amount as a JSON number with all its digits.
#[derive(Clone, Copy, Debug)]
pub struct Amount;

/// An amount as text.
#[derive(Clone, Copy, Debug)]
pub struct AmountText;

/// An amount in a request: a number, or text that is one.
#[derive(Clone, Copy, Debug)]
pub struct AnyAmount;

/// An amount above zero as text.
#[derive(Clone, Copy, Debug)]
pub struct PositiveText;

/// Text that may have line breaks and tabs. Blank text means the same as null.
#[derive(Clone, Copy, Debug)]
pub struct BlankOrProse<const MAX: usize>;

/// Text without line breaks and tabs. Blank text means the same as null.
#[derive(Clone, Copy, Debug)]
pub struct BlankOrText<const MAX: usize>;

/// An element of a list, or anything else in its place, which is reported and does not keep the other elements from
/// being accepted.
#[derive(Clone, Copy, Debug)]
pub struct Lenient<T>(PhantomData<T>);

/// The credentials of the bank's customer: each that the access method lists in the catalog, and no others. No answer
/// shows them.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The customer's login: up to 4096 bytes.
    #[schema(nullable = false, min_length = 1, max_length = 4096)]
    pub psu_id: Option<String>,
    /// The customer's PIN or password: up to 4096 bytes.
    #[schema(nullable = false, min_length = 1, max_length = 4096, format = Password)]
    pub pin: Option<String>,
}

/// An IP address, or null.
pub(crate) fn ip_address() -> impl Into<RefOr<Schema>> {
    let address = |format: &str| string().format(Some(SchemaFormat::Custom(format.to_owned())));
    let nothing = ObjectBuilder::new().schema_type(Type::Null);
    AnyOfBuilder::new()
        .item(address("ipv4"))
        .item(address("ipv6"))
        .item(nothing)
        .description(Some("The user's IP address, which some banks require"))
}

/// Blanks alone, or text without control characters.
const BLANK_OR_TEXT: &str = r"^([\t-\r \x85]*|[^\x00-\x1f\x7f-\x9f]*)$";
/// Blanks alone, or text without control characters but line breaks and tabs.
const BLANK_OR_PROSE: &str = r"^([\t-\r \x85]*|[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*)$";
/// An integer of 28 digits, which an amount's digits may not exceed.
const DIGITS_28: f64 = 1e28;

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

impl<T: ToSchema> PartialSchema for Lenient<T> {
    fn schema() -> RefOr<Schema> {
        let other = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        let other = other.description(Some(
            "Anything else: it is reported, and does not keep the others from being accepted",
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
}
