//! What is sent to export and what is in a file, for the OpenAPI document: the one is read field
//! by field, the other written column by column.
#![allow(dead_code, reason = "these are described, never made")]

use std::collections::BTreeSet;

use saldo_domain::account::{
    AccountIdentifier, AccountStatus, AccountType, CampaignId, OwnerId, SourceSystem,
};
use saldo_domain::date::Date;
use saldo_domain::export::{AccountColumn, Delivery, Format, Profile, TransactionColumn};
use saldo_domain::id::{AccountId, TransactionId};
use saldo_domain::import::ExternalId;
use saldo_domain::money::Currency;
use saldo_domain::transaction::{Direction, Source};
use saldo_http::openapi::{Amount, AmountText, AnyAmount};
use utoipa::ToSchema;

/// An export of accounts.
#[derive(ToSchema)]
#[schema(as = NewAccountExport, example = json!({
    "format": "csv", "filters": { "status": "active", "min_amount": 5000, "days_past_due_min": 30 }
}))]
#[serde(deny_unknown_fields)]
pub(crate) struct OfAccounts {
    format: Format,
    /// Who a CSV file is for; people unless stated.
    profile: Option<Profile>,
    /// What is told of each account, in this order; all but `identifier` unless stated.
    #[schema(min_items = 1, max_items = 19)]
    columns: Option<BTreeSet<AccountColumn>>,
    /// How the file is handed over; as the answer, if it fits, unless stated.
    delivery: Option<Delivery>,
    filters: Option<AccountFilters>,
}

/// Which accounts are exported: those that all of this is true of. An account that lacks what a filter is about
/// does not match it. Bounds are inclusive.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountFilters {
    status: Option<AccountStatus>,
    /// The least total amount.
    min_amount: Option<AnyAmount>,
    /// The greatest total amount.
    max_amount: Option<AnyAmount>,
    /// The fewest days since the account was due; negative if it is not yet due.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    days_past_due_min: Option<i64>,
    /// The most days since the account was due.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    days_past_due_max: Option<i64>,
    campaign_id: Option<CampaignId>,
    /// The system that accounts were imported from.
    source_system: Option<SourceSystem>,
    currency: Option<Currency>,
    r#type: Option<AccountType>,
    owner_id: Option<OwnerId>,
    /// The account's id in its source system.
    external_id: Option<ExternalId>,
    /// When they were changed at the earliest.
    #[schema(format = DateTime)]
    updated_since: Option<String>,
}

/// An export of transactions.
#[derive(ToSchema)]
#[schema(as = NewTransactionExport, example = json!({
    "format": "csv",
    "filters": { "account_identifier": "DE89370400440532013000", "from": "2026-01-01", "to": "2026-01-31" }
}))]
#[serde(deny_unknown_fields)]
pub(crate) struct OfTransactions {
    format: Format,
    /// Who a CSV file is for; people unless stated.
    profile: Option<Profile>,
    /// What is told of each transaction, in this order; everything unless stated.
    #[schema(min_items = 1, max_items = 14)]
    columns: Option<BTreeSet<TransactionColumn>>,
    /// How the file is handed over; as the answer, if it fits, unless stated.
    delivery: Option<Delivery>,
    filters: Option<TransactionFilters>,
}

/// Which transactions are exported: those that all of this is true of.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransactionFilters {
    /// What the transactions call their account.
    account_identifier: Option<AccountIdentifier>,
    /// The first day on which they are valued.
    from: Option<Date>,
    /// The last day on which they are valued.
    to: Option<Date>,
}

/// An account in an export: of the columns, those that were asked for.
#[derive(ToSchema)]
#[schema(example = json!({
    "id": "acc_mfrggzdfmztwq2lk", "external_id": "INV-2026-0042", "source_system": "SAP", "type": "receivable",
    "status": "active", "contact": { "name": "María García", "phone": "+5491155551234", "email": null },
    "total_amount": 45000, "balance": -45000, "currency": "ARS", "due_date": "2026-01-15", "days_past_due": 60,
    "campaign_id": null, "owner_id": null, "notes": "60 days past due, prior arrangement lapsed",
    "created_at": "2026-03-16T09:30:00.000Z", "updated_at": "2026-03-16T09:30:00.000Z"
}))]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportedAccount {
    #[schema(nullable = false)]
    id: Option<AccountId>,
    external_id: Option<String>,
    source_system: Option<String>,
    #[schema(nullable = false)]
    r#type: Option<String>,
    #[schema(nullable = false)]
    status: Option<String>,
    /// Null if there is nobody, or nothing to tell of whoever it is.
    contact: Option<ExportedContact>,
    /// What the source reported as owed.
    total_amount: Option<Amount>,
    #[schema(nullable = false)]
    balance: Option<Amount>,
    #[schema(nullable = false)]
    currency: Option<Currency>,
    due_date: Option<Date>,
    /// The days since it was due on the organization's day of the request; negative if it is not yet due.
    days_past_due: Option<i64>,
    campaign_id: Option<String>,
    owner_id: Option<String>,
    notes: Option<String>,
    #[schema(nullable = false, format = DateTime)]
    created_at: Option<String>,
    #[schema(nullable = false, format = DateTime)]
    updated_at: Option<String>,
    /// What its transactions call it.
    identifier: Option<String>,
}

/// Whom to contact about an account.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportedContact {
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
}

/// A transaction in an export: of the columns, those that were asked for.
#[derive(ToSchema)]
#[schema(example = json!({
    "id": "txn_mfrggzdfmztwq2lk", "accountIdentifier": "DE89370400440532013000", "transactionId": "2026/01/15-7",
    "text": "Coffee", "creditDebit": "debit", "amount": "3.50", "currency": "EUR", "originalAmount": null,
    "originalCurrency": null, "purchasedAt": null, "valutaAt": "2026-01-15", "bookedAt": "2026-01-16",
    "createdAt": "2026-01-16T09:30:00.000Z", "source": "api"
}))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ExportedTransaction {
    #[schema(nullable = false)]
    id: Option<TransactionId>,
    #[schema(nullable = false)]
    account_identifier: Option<String>,
    transaction_id: Option<String>,
    text: Option<String>,
    #[schema(nullable = false)]
    credit_debit: Option<Direction>,
    #[schema(nullable = false)]
    amount: Option<AmountText>,
    #[schema(nullable = false)]
    currency: Option<Currency>,
    original_amount: Option<AmountText>,
    original_currency: Option<Currency>,
    purchased_at: Option<Date>,
    #[schema(nullable = false)]
    valuta_at: Option<Date>,
    booked_at: Option<Date>,
    #[schema(nullable = false, format = DateTime)]
    created_at: Option<String>,
    #[schema(nullable = false)]
    source: Option<Source>,
}

#[cfg(test)]
mod tests {
    use saldo_domain::account::Account;
    use saldo_domain::export::{ACCOUNT_EXPORT_FIELDS, Column, DAYS_MAX, TRANSACTION_EXPORT_FIELDS};
    use saldo_domain::transaction::Transaction;
    use saldo_http::openapi::properties;
    use utoipa::PartialSchema;

    use super::*;

    /// The properties of a schema, among them those of one of its objects.
    fn with_nested<T: PartialSchema, N: PartialSchema>(object: &str) -> Vec<String> {
        let nested = properties::<N>();
        let properties = properties::<T>().into_iter().flat_map(|name| match name == object {
            true => nested.iter().map(|name| format!("{object}.{name}")).collect(),
            false => vec![name],
        });
        properties.collect()
    }

    #[test]
    fn what_is_described_is_what_is_read() {
        let mut of_accounts = with_nested::<OfAccounts, AccountFilters>("filters");
        let mut read = ACCOUNT_EXPORT_FIELDS.to_vec();
        of_accounts.sort();
        read.sort_unstable();
        assert_eq!(of_accounts, read);
        let mut of_transactions = with_nested::<OfTransactions, TransactionFilters>("filters");
        let mut read = TRANSACTION_EXPORT_FIELDS.to_vec();
        of_transactions.sort();
        read.sort_unstable();
        assert_eq!(of_transactions, read);
        assert_eq!(DAYS_MAX, 1_000_000);
    }

    #[test]
    fn what_is_described_is_what_is_written() {
        let account = with_nested::<ExportedAccount, ExportedContact>("contact");
        let columns = <AccountColumn as Column<Account>>::ALL;
        assert!(account.iter().eq(columns.iter().map(|column| column.name())));
        assert_eq!(columns.len(), 19);
        let columns = <TransactionColumn as Column<Transaction>>::ALL;
        assert!(properties::<ExportedTransaction>().iter().eq(columns.iter().map(|column| column.name())));
        assert_eq!(columns.len(), 14);
    }
}
