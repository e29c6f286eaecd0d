//! The payloads of an import, for the OpenAPI document. The import reads their rows later, and one by one.
#![allow(dead_code, reason = "these are described, never made")]

use saldo_domain::account::{
    AccountIdentifier, AccountStatus, AccountType, CampaignId, Notes, OwnerId, SourceSystem,
};
use saldo_domain::contact::{ContactName, Email, Phone};
use saldo_domain::date::Date;
use saldo_domain::id::AccountId;
use saldo_domain::import::{ExternalId, ImportOfUpload};
use saldo_domain::money::Currency;
use saldo_http::openapi::{AnyAmount, Lenient};
use utoipa::ToSchema;

/// Accounts to import, or an uploaded file of accounts.
#[derive(ToSchema)]
#[schema(as = NewImport)]
#[serde(untagged)]
pub(crate) enum New {
    Accounts(OfAccounts),
    File(ImportOfUpload),
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
    /// Whether the import writes nothing, and reports what it would do to each row.
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

/// What is not a row is refused like an invalid row.
type SentRow = Lenient<Row>;

/// A row of an import. In CSV the fields of the contact are columns: `contact.name`, `contact.phone` and
/// `contact.email`.
///
/// In an existing account, the fields of the row replace the account's, absent fields keep their values, and `null` (in
/// CSV an empty cell) removes optional ones. Unknown fields are ignored with a warning, except for `days_past_due`,
/// `created_at` and `updated_at`, which exports have: they are ignored without one.
#[derive(ToSchema)]
#[schema(as = ImportRow)]
pub(crate) struct Row {
    /// The account's id, as in an export: identifies an account without an external id.
    id: Option<AccountId>,
    /// The source's id of the account, unique in the organization. Of rows with the same id, the last one counts.
    external_id: Option<ExternalId>,
    contact: RowContact,
    /// The amount owed; not below zero.
    total_amount: AnyAmount,
    /// The balance, if it is not the negative amount owed; only with `id`.
    balance: Option<AnyAmount>,
    /// The currency; the organization's by default.
    currency: Option<Currency>,
    /// The due date.
    due_date: Option<Date>,
    /// The source system, such as `SAP`.
    source_system: Option<SourceSystem>,
    /// The status; `active` by default.
    status: Option<AccountStatus>,
    /// The campaign that the account belongs to.
    campaign_id: Option<CampaignId>,
    /// The owner: the id of a client, or an id of your own.
    owner_id: Option<OwnerId>,
    /// The type; `receivable` by default.
    r#type: Option<AccountType>,
    /// Free text.
    notes: Option<Notes>,
    /// The identifier that its transactions refer to, such as an IBAN; only with `id`.
    identifier: Option<AccountIdentifier>,
}

/// The contact of an account.
#[derive(ToSchema)]
#[schema(as = ImportRowContact)]
pub(crate) struct RowContact {
    /// The full name.
    name: ContactName,
    phone: Option<Phone>,
    /// The e-mail address. Text that is not one is kept, with a warning.
    email: Option<Email>,
}

/// An empty object.
#[derive(ToSchema)]
#[schema(as = Nothing, example = json!({}))]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

#[cfg(test)]
mod tests {
    use saldo_domain::import::Field;
    use saldo_http::openapi::properties;

    use super::*;

    #[test]
    fn rows_are_described_with_all_fields() {
        let contact = properties::<RowContact>();
        let row = properties::<Row>().into_iter().flat_map(|name| match name.as_str() {
            "contact" => contact.iter().map(|name| format!("contact.{name}")).collect(),
            _ => vec![name],
        });
        assert!(row.eq(Field::ALL.map(Field::name)));
    }
}
