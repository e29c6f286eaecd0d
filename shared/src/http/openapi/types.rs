//! How the domain's types look on the wire.

use std::borrow::Cow;
use std::marker::PhantomData;

use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::account::Account;
use crate::bank::Country;
use crate::contact::{Email, Phone};
use crate::export::{AccountColumn, Column, TransactionColumn};
use crate::finx::ErrorCode;
use crate::http::Limit;
use crate::id::{
    AccessId, AccountId, ChallengeId, ClientId, DeliveryId, ExportId, ImportId, KeyId, NotificationId, OrgId,
    SyncId, TransactionId, UploadId,
};
use crate::import::{ExternalId, Field, Mapping};
use crate::key::{Actor, Scope};
use crate::money::{Currency, Total};
use crate::notification::{NotifyUri, ObserveKey, URI_CHARS_MAX};
use crate::text::{Prose, Text};
use crate::transaction::{CURRENCY_CODES, Transaction};

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

/// A parameter that is `true` or `1`, `false` or `0`, and false if it is left out. In a query all of it is
/// text.
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

/// Text with a printable character in it and without control characters, as `Text` takes it.
const TEXT: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";
/// The same with line breaks and tabs, as `Prose` takes it.
const PROSE: &str = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$";
/// Blanks alone, or text without control characters.
const BLANK_OR_TEXT: &str = r"^([\t-\r \x85]*|[^\x00-\x1f\x7f-\x9f]*)$";
/// Blanks alone, or text without control characters but line breaks and tabs.
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

impl<const MAX: usize> PartialSchema for Text<MAX> {
    fn schema() -> RefOr<Schema> {
        string().min_length(Some(1)).max_length(Some(MAX)).pattern(Some(TEXT)).into()
    }
}

impl<const MAX: usize> ToSchema for Text<MAX> {
    fn name() -> Cow<'static, str> {
        format!("Text{MAX}").into()
    }
}

impl<const MAX: usize> PartialSchema for Prose<MAX> {
    fn schema() -> RefOr<Schema> {
        string().min_length(Some(1)).max_length(Some(MAX)).pattern(Some(PROSE)).into()
    }
}

impl<const MAX: usize> ToSchema for Prose<MAX> {
    fn name() -> Cow<'static, str> {
        format!("Prose{MAX}").into()
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

/// The names that columns can be asked for by: their own and those of nested objects, which
/// stand for all their members.
fn names<T, C: Column<T>>() -> Vec<&'static str> {
    let mut names: Vec<_> = C::ALL.iter().map(|column| column.name()).collect();
    for (object, _) in C::ALL.iter().filter_map(|column| column.name().split_once('.')) {
        if !names.contains(&object) {
            names.push(object);
        }
    }
    names
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

/// An id: its prefix, and base 32 digits or a UUID of version 7.
macro_rules! ids {
    (opaque: $($opaque:ident)*; version_7: $($version_7:ident)*;) => {
        wire! {
            $($opaque => string().pattern(Some(format!("^{}[a-z2-7]{{16,32}}$", $opaque::PREFIX)));)*
            $($version_7 => string().pattern(Some(format!("^{}[0-9a-f]{{8}}-[0-9a-f]{{4}}-7[0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-[0-9a-f]{{12}}$", $version_7::PREFIX)));)*
        }
    };
}

ids! {
    opaque: AccessId AccountId ChallengeId ClientId KeyId NotificationId OrgId TransactionId;
    version_7: DeliveryId ExportId ImportId SyncId UploadId;
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
    Total => ObjectBuilder::new()
        .schema_type(Type::Number)
        .description(Some("Exact to its last digit, however many it has"));
    EntityTags => string().pattern(Some(r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#));
    Currency => string()
        .enum_values(Some(Currency::codes()))
        .description(Some("An alphabetic code of ISO 4217, of withdrawn currencies, too"));
    TransactionCurrency => string()
        .enum_values(Some(CURRENCY_CODES))
        .description(Some("An alphabetic code of ISO 4217 as it was in 2015"));
    AccountColumn => string()
        .enum_values(Some(names::<Account, AccountColumn>()))
        .description(Some("A column of an export of accounts; `contact` stands for its three"));
    TransactionColumn => string()
        .enum_values(Some(names::<Transaction, TransactionColumn>()))
        .description(Some("A column of an export of transactions"));
    Mapping => ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(string().enum_values(Some(Field::ALL.map(Field::name)))))
        .description(Some("The headers of columns, each with the field that the column fills"));
    Phone => string()
        .pattern(Some(r"^\+[1-9][0-9]{1,14}$"))
        .description(Some("A telephone number in E.164 form, of a length that its country's numbering plan uses"));
    Email => string().min_length(Some(1)).max_length(Some(254)).pattern(Some(TEXT));
    ExternalId => string().min_length(Some(1)).max_length(Some(128)).pattern(Some(TEXT));
    Limit => ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(100))
        .default(Some(10.into()));
    Scope => string().enum_values(Some(Scope::ALL.map(Scope::name)));
    Actor => string()
        .pattern(Some(format!("^(operator|{}[a-z2-7]{{16,32}})$", KeyId::PREFIX)))
        .description(Some("The id of a key, or `operator` for the admin command"));
    Country => string()
        .pattern(Some("^[A-Z]{2}$"))
        .description(Some("A country's code of two letters (ISO 3166-1 alpha-2)"));
    ErrorCode => ObjectBuilder::new()
        .schema_type(Type::Integer)
        .enum_values(Some(ErrorCode::ALL.map(ErrorCode::number)))
        .description(Some("What went wrong, as finX numbers it"));
    ObserveKey => string()
        .pattern(Some(format!(
            "^(/rest/accounts(/{}[a-z2-7]{{16,32}}(/balance|/transactions)?)?|/rest/transactions|\
             /rest/accesses/{}[a-z2-7]{{16,32}}/syncs|saldo:(import|export|sync)\\.completed)$",
            AccountId::PREFIX, AccessId::PREFIX
        )))
        .description(Some(
            "What is told of: that accounts or transactions were read, of all accounts or of one, that a \
             synchronization of an access ended, or that any import, export or synchronization did",
        ));
    NotifyUri => string()
        .format(Some(SchemaFormat::Custom("uri".to_owned())))
        .max_length(Some(URI_CHARS_MAX))
        .pattern(Some(r"^[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+$"))
        .description(Some("A URL on the public Internet, without credentials in it"));
}
