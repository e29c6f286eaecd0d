//! What is sent to import accounts, for the OpenAPI document: it is read field by field, or not
//! before the import runs.
#![allow(dead_code, reason = "these are described, never made")]

use saldo_domain::account::{
    AccountIdentifier, AccountStatus, AccountType, CampaignId, Notes, OwnerId, SourceSystem,
};
use saldo_domain::contact::{ContactName, Email, Phone};
use saldo_domain::date::Date;
use saldo_domain::id::{AccountId, UploadId};
use saldo_domain::import::{DecimalSeparator, ExternalId, Format, Mapping};
use saldo_domain::money::Currency;
use saldo_domain::text::Text;
use saldo_http::openapi::{AnyAmount, Flag, Lenient};
use serde_json::json;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ContentBuilder, Required};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::accept::Wishes;

/// Accounts to import, or the name of a file that has them.
#[derive(ToSchema)]
#[schema(as = NewImport)]
#[serde(untagged)]
pub(crate) enum New {
    Accounts(OfAccounts),
    File(OfUpload),
}

/// Accounts to import.
#[derive(ToSchema)]
#[schema(as = ImportOfAccounts, example = json!({ "accounts": [
    {
        "contact": { "name": "María García", "phone": "+5491155551234" },
        "total_amount": 45000,
        "external_id": "INV-2026-0042",
        "source_system": "SAP",
        "due_date": "2026-01-15",
        "currency": "ARS",
        "notes": "60 days past due, prior arrangement lapsed"
    },
    {
        "contact": { "name": "Carlos López", "phone": "+5491155555678", "email": "carlos.lopez@example.com" },
        "total_amount": 12500,
        "external_id": "INV-2026-0099",
        "source_system": "SAP"
    }
] }))]
#[serde(deny_unknown_fields)]
pub(crate) struct OfAccounts {
    #[schema(min_items = 1)]
    accounts: Vec<SentRow>,
    /// Whether nothing is to be written to any account: the import only tells what would become of the rows.
    dry_run: Option<bool>,
}

/// Accounts to import, an object with the fields of a row on each line.
#[derive(ToSchema)]
#[schema(
    as = ImportLines, value_type = String, format = Binary, pattern = r"[^\s\x85]",
    example = json!("{\"contact\":{\"name\":\"María García\"},\"total_amount\":45000,\"external_id\":\"INV-2026-0042\"}\n")
)]
pub(crate) struct Lines(String);

/// Accounts to import, as a table whose header names the fields of a row.
#[derive(ToSchema)]
#[schema(
    as = ImportTable, value_type = String, format = Binary, pattern = r"[^\r\n][\r\n]+[^\r\n]",
    example = json!("contact.name,contact.phone,total_amount,external_id,due_date,currency\nMaría García,+5491155551234,45000,INV-2026-0042,2026-01-15,ARS\n")
)]
pub(crate) struct Table(String);

/// What is no row is refused, as rows are that something is wrong with.
type SentRow = Lenient<Row>;

/// A row of an import. In CSV the fields of the contact are columns: `contact.name`, `contact.phone` and
/// `contact.email`.
///
/// Of an account that is there already, fields given replace what it has, fields left out stay, and `null`
/// (in CSV an empty cell) clears those that may be missing. Other fields are left out, with a warning; but for
/// `days_past_due`, `created_at` and `updated_at`, which exports have: they are passed over.
#[derive(ToSchema)]
#[schema(as = ImportRow)]
pub(crate) struct Row {
    /// The account's id, as an export tells it: names an account that has no external id.
    id: Option<AccountId>,
    /// The source's own id of the account, unique in the organization. Of rows that share one, the last counts.
    external_id: Option<ExternalId>,
    contact: RowContact,
    /// What is owed; not below zero.
    total_amount: AnyAmount,
    /// The balance, where it is not minus what is owed; beside `id` alone.
    balance: Option<AnyAmount>,
    /// The organization's unless stated.
    currency: Option<Currency>,
    /// The day it was due.
    due_date: Option<Date>,
    /// The system that the row comes from, such as `SAP`.
    source_system: Option<SourceSystem>,
    /// Where the account is in its life; `active` unless stated.
    status: Option<AccountStatus>,
    /// The campaign it belongs to.
    campaign_id: Option<CampaignId>,
    /// Who owns it: a client's id, or an id of the caller's own.
    owner_id: Option<OwnerId>,
    /// Its type; `receivable` unless stated.
    r#type: Option<AccountType>,
    /// Free text.
    notes: Option<Notes>,
    /// What its transactions call it, such as an IBAN; beside `id` alone.
    identifier: Option<AccountIdentifier>,
}

/// Whom to contact about an account.
#[derive(ToSchema)]
#[schema(as = ImportRowContact)]
pub(crate) struct RowContact {
    /// The full name.
    name: ContactName,
    phone: Option<Phone>,
    /// The e-mail address. What is none is kept, with a warning.
    email: Option<Email>,
}

/// A file of accounts to import.
#[derive(ToSchema)]
#[schema(as = ImportOfUpload, example = json!({
    "upload_id": "upl_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "mapping": { "Customer": "contact.name" }
}))]
#[serde(deny_unknown_fields)]
pub(crate) struct OfUpload {
    /// The file, which was sent by the link of an upload.
    upload_id: UploadId,
    /// Which column fills which field, where its header does not say it; of CSV alone.
    mapping: Option<Mapping>,
    /// What stands before the decimals of amounts, a point unless stated; of CSV alone.
    decimal_separator: Option<DecimalSeparator>,
    /// Whether nothing is to be written to any account: the import only tells what would become of the rows.
    dry_run: Option<bool>,
}

/// A file that is to be sent.
#[derive(ToSchema)]
#[schema(as = NewUpload, example = json!({ "format": "csv", "filename": "month-end.csv.gz" }))]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUpload {
    format: Format,
    /// Its name. A file whose name ends in `.gz` is decompressed (RFC 1952).
    filename: Option<Text<255>>,
    /// Its length. If it is stated, only a file of this length can be sent.
    #[schema(minimum = 1, maximum = 5_000_000_000_i64)]
    bytes: Option<i64>,
    /// The SHA-256 of its bytes. If it is stated, only a file with this digest can be sent.
    #[schema(pattern = "^[0-9A-Fa-f]{64}$")]
    sha256: Option<String>,
}

/// Nothing.
#[derive(ToSchema)]
#[schema(as = Nothing, example = json!({}))]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl IntoParams for Wishes {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, about: &str| {
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
            parameter.required(Required::False).description(Some(about))
        };
        let of_csv = parameter(
            "mapping",
            "Which column fills which field, where its header does not say it; of CSV alone",
        );
        let separator = parameter(
            "decimal_separator",
            "What stands before the decimals of amounts, a point unless stated; of CSV alone",
        );
        let dry_run = parameter(
            "dry_run",
            "Whether nothing is to be written to any account: the import only tells what would become of the rows",
        );
        // Whoever tries the API in a browser has one without a mapping before them.
        let mapping = ContentBuilder::new().schema(Some(Mapping::schema())).example(Some(json!({})));
        vec![
            of_csv.content("application/json", mapping.build()).build(),
            separator.schema(Some(DecimalSeparator::schema())).build(),
            dry_run.schema(Some(Flag::schema())).build(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use saldo_domain::import::{Announced, FILE_BYTES_MAX, Field};
    use saldo_http::openapi::properties;

    use super::*;

    #[test]
    fn what_is_described_is_what_is_read() {
        assert_eq!(properties::<OfUpload>(), Wishes::FIELDS);
        assert_eq!(properties::<NewUpload>(), Announced::FIELDS);
        assert_eq!(FILE_BYTES_MAX, 5_000_000_000);

        let contact = properties::<RowContact>();
        let row = properties::<Row>().into_iter().flat_map(|name| match name.as_str() {
            "contact" => contact.iter().map(|name| format!("contact.{name}")).collect(),
            _ => vec![name],
        });
        assert!(row.eq(Field::ALL.map(Field::name)));
    }
}
