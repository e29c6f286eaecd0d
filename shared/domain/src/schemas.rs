//! The domain's types as schemas of an OpenAPI document. No other module uses this one.

use std::borrow::Cow;

use utoipa::openapi::schema::{
    AdditionalProperties, AnyOfBuilder, ObjectBuilder, OneOfBuilder, SchemaFormat, Type,
};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::account::{Account, AccountField, AccountIdentifier, ExternalId};
use crate::bank::Country;
use crate::column::Column;
use crate::contact::{Email, Phone};
use crate::date_format::DateFormat;
use crate::export::{ExportDelimiter, Locale, TransactionColumn};
use crate::id::{
    AccessId, AccountId, AllocationId, ChallengeId, ClientId, DeliveryId, ExportId, ImportId, KeyId,
    NotificationId, OrgId, ProfileId, SyncId, TransactionId, UploadId,
};
use crate::import::{
    ColumnRef, Defaults, Delimiter, ImportOfUpload, ImportOptions, Mapping, Occurrence, ProfileKey,
    ProfileName, ProfileRef, Quote, SheetRef, StatedOptions,
};
use crate::key::{Actor, Scope};
use crate::money::{Currency, Total};
use crate::notification::{NotifyUri, ObserveKey, URI_CHARS_MAX};
use crate::openapi::{string, wire};
use crate::text::{Prose, Text};
use crate::transaction::Transaction;

/// Text with a printable character in it and without control characters, as `Text` takes it.
const TEXT: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";
/// The same with line breaks and tabs, as `Prose` takes it.
const PROSE: &str = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$";

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

impl PartialSchema for Mapping {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(
                string().enum_values(Some(AccountField::imported().map(AccountField::name))),
            ))
            .description(Some("The headers of columns, each with the field that the column fills"))
            .into()
    }
}

impl ToSchema for Mapping {
    // Python clients import a `Mapping` of their language into the module that declares this type.
    fn name() -> Cow<'static, str> {
        "ColumnMapping".into()
    }
}

impl PartialSchema for ColumnRef {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(1_000));
        AnyOfBuilder::new()
            .item(string().description(Some("The only column with this header")))
            .item(number.description(Some("The number of the column, from 1")))
            .item(Ref::from_schema_name(Occurrence::name()))
            .description(Some("A column of a file"))
            .into()
    }
}

impl ToSchema for ColumnRef {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Occurrence::name().into(), Occurrence::schema()));
    }
}

impl PartialSchema for SheetRef {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(10_000));
        let name = string().max_length(Some(100)).pattern(Some(r"\S"));
        AnyOfBuilder::new()
            .item(name.description(Some("Its name")))
            .item(number.description(Some("Its number among the visible sheets, from 1")))
            .description(Some("A sheet of a workbook"))
            .into()
    }
}

impl ToSchema for SheetRef {}

impl PartialSchema for Defaults {
    fn schema() -> RefOr<Schema> {
        let mut fields = ObjectBuilder::new().schema_type(Type::Object);
        for field in AccountField::imported().filter(|field| Self::may_have(*field)) {
            fields = fields.property(field.name(), string());
        }
        fields
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .description(Some("Values of fields for all rows that have none, as texts of the file"))
            .into()
    }
}

impl ToSchema for Defaults {
    fn name() -> Cow<'static, str> {
        "ImportDefaults".into()
    }
}

/// The options, and the profile with others.
impl PartialSchema for StatedOptions {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(mut schema)) = ImportOptions::schema() else {
            return ImportOptions::schema();
        };
        let profile = OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(Type::Null))
            .item(Ref::from_schema_name(ProfileRef::name()))
            .description(Some("The profile with options that the request does not state itself."));
        schema.properties.insert("profile".to_owned(), profile.into());
        RefOr::T(Schema::Object(schema))
    }
}

impl ToSchema for StatedOptions {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ImportOptions::schemas(schemas);
        schemas.push((ProfileRef::name().into(), ProfileRef::schema()));
    }
}

/// The options, and the upload that they are for.
impl PartialSchema for ImportOfUpload {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(mut schema)) = StatedOptions::schema() else {
            return StatedOptions::schema();
        };
        schema.properties.insert("upload_id".to_owned(), UploadId::schema());
        schema.required.push("upload_id".to_owned());
        schema.description =
            Some("An uploaded file of accounts to import, with the options of the import.".to_owned());
        schema.example = Some(serde_json::json!({
            "upload_id": "upl_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "mapping": { "Customer": "contact.name" }
        }));
        RefOr::T(Schema::Object(schema))
    }
}

impl ToSchema for ImportOfUpload {
    fn name() -> Cow<'static, str> {
        "ImportOfUpload".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        StatedOptions::schemas(schemas);
    }
}

impl PartialSchema for AccountField {
    fn schema() -> RefOr<Schema> {
        string()
            .enum_values(Some(names::<Account, Self>()))
            .description(Some("A column of an export of accounts; `contact` stands for its three"))
            .into()
    }
}

impl ToSchema for AccountField {
    fn name() -> Cow<'static, str> {
        "AccountColumn".into()
    }
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
    opaque: AccessId AccountId ChallengeId ClientId KeyId NotificationId OrgId ProfileId TransactionId;
    version_7: AllocationId DeliveryId ExportId ImportId SyncId UploadId;
}

wire! {
    Total => ObjectBuilder::new()
        .schema_type(Type::Number)
        .description(Some("Exact to its last digit, however many it has"));
    Currency => string()
        .enum_values(Some(Currency::codes()))
        .description(Some("An alphabetic code of ISO 4217, of withdrawn currencies, too"));
    TransactionColumn => string()
        .enum_values(Some(names::<Transaction, TransactionColumn>()))
        .description(Some("A column of an export of transactions"));
    Phone => string()
        .min_length(Some(1))
        .max_length(Some(128))
        .description(Some("A telephone number in E.164 form, of a length that its country's numbering plan uses. Blanks, dashes, slashes and brackets are left out"));
    AccountIdentifier => string()
        .min_length(Some(1))
        .max_length(Some(128))
        .pattern(Some(TEXT))
        .description(Some("An identifier that transactions refer to. An IBAN is kept in its electronic form"));
    DateFormat => string()
        .pattern(Some("^([YMD]{1,4}[./ -]?[YMD]{1,4}[./ -]?[YMD]{1,4}|serial)$"))
        .description(Some("The format of dates, such as YYYY-MM-DD, DD.MM.YYYY, MM/DD/YYYY, DD/MM/YY or YYYYMMDD, or serial"));
    Delimiter => string()
        .pattern(Some(r"^([\t !#-&(-/:-@\[-`{-~]|\\t)$"))
        .description(Some("The character between cells: a tab, a blank, or a sign of ASCII but quotation marks"));
    ExportDelimiter => string()
        .enum_values(Some([",", ";", "\t", "\\t", "|"]))
        .description(Some("The character between cells"));
    Locale => string()
        .enum_values(Some(Locale::all().map(Locale::tag)))
        .description(Some("A language, with a country where countries differ (BCP 47)"));
    Quote => string().enum_values(Some(["\"", "'", "none"])).description(Some("The character around cells"));
    Email => string().min_length(Some(1)).max_length(Some(254)).pattern(Some(TEXT));
    ExternalId => string().min_length(Some(1)).max_length(Some(128)).pattern(Some(TEXT));
    ProfileName => string()
        .pattern(Some("^[a-z0-9][a-z0-9-]{0,63}$"))
        .description(Some("Lower-case letters, digits and hyphens, a letter or digit first"));
    ProfileKey => string()
        .pattern(Some(format!("^({}[a-z2-7]{{16,32}}|[a-z0-9][a-z0-9-]{{0,63}})$", ProfileId::PREFIX)))
        .description(Some("The id or the name of an import profile"));
    ProfileRef => string()
        .pattern(Some(format!("^({}[a-z2-7]{{16,32}}|[a-z0-9][a-z0-9-]{{0,63}})(@[0-9]{{1,4}})?$", ProfileId::PREFIX)))
        .description(Some("An import profile, by its name or id, with a version behind `@`, such as `erp` or `erp@3`; the latest version by default"));
    Scope => string().enum_values(Some(Scope::ALL.iter().map(|scope| scope.name())));
    Actor => string()
        .pattern(Some(format!("^(operator|{}[a-z2-7]{{16,32}})$", KeyId::PREFIX)))
        .description(Some("The id of a key, or `operator` for the admin command"));
    Country => string()
        .pattern(Some("^[A-Z]{2}$"))
        .description(Some("A country's code of two letters (ISO 3166-1 alpha-2)"));
    ObserveKey => string()
        .pattern(Some(format!(
            "^(/rest/accounts(/{}[a-z2-7]{{16,32}}(/balance|/transactions)?)?|/rest/transactions|\
             /rest/accesses/{}[a-z2-7]{{16,32}}/syncs|saldo:(import|export|sync)\\.completed)$",
            AccountId::PREFIX, AccessId::PREFIX
        )))
        .description(Some(
            "The observed events: that accounts or transactions were read, of all accounts or of one; that a \
             synchronization of an access ended; or that any import, export or synchronization ended",
        ));
    NotifyUri => string()
        .format(Some(SchemaFormat::Custom("uri".to_owned())))
        .max_length(Some(URI_CHARS_MAX))
        .pattern(Some(r"^[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+$"))
        .description(Some("A URL on the public Internet, without credentials in it"));
}
