//! The payloads of an import, for the OpenAPI document. The import reads their rows later, and one by one.
#![allow(dead_code, clippy::large_enum_variant, reason = "these are described, never made")]

use saldo_domain::import::{AccountUpsert, ImportOfUpload};
use saldo_http::openapi::Lenient;
use utoipa::ToSchema;

/// Accounts to import, or an uploaded file of accounts.
#[derive(ToSchema)]
#[schema(as = NewImport)]
#[serde(untagged)]
pub(crate) enum NewBody {
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
pub(crate) struct LinesBody(String);

/// Accounts to import, as a table whose header names the fields of a row.
#[derive(ToSchema)]
#[schema(
    as = ImportTable, value_type = String, format = Binary, pattern = r"[^\r\n][\r\n]+[^\r\n]",
    example = json!("contact.name,contact.phone,total_amount,external_id,due_date,currency\nMaría García,+5491155551234,45000,INV-2026-0042,2026-01-15,ARS\n")
)]
pub(crate) struct TableBody(String);

/// A file with a table, or its beginning, in any encoding, compressed or not.
#[derive(ToSchema)]
#[schema(
    as = PreviewedFile, value_type = String, format = Binary, pattern = r"[^\r\n][\r\n]+[^\r\n]",
    example = json!("Belegnr;Kunde;Betrag\nR-1;María García;1.234,56\n")
)]
pub(crate) struct FileBody(String);

/// Accounts to import, as a workbook of Office Open XML. One of its sheets has a table whose header names the fields of a row.
#[derive(ToSchema)]
#[schema(as = ImportWorkbook, value_type = String, format = Binary)]
pub(crate) struct WorkbookBody(String);

/// What is not a row is refused like an invalid row.
type SentRow = Lenient<AccountUpsert>;

/// An empty object.
#[derive(ToSchema)]
#[schema(as = Nothing, example = json!({}))]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
