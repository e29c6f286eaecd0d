//! The keys of the table of transactions.

use saldo_domain::account::AccountIdentifier;
use saldo_domain::date::Date;
use saldo_domain::id::{AccountId, OrgId, TransactionId};
use saldo_domain::transaction::{Place, Sequence, Source, Transaction};

use super::TransactionKey;
use crate::dynamodb::item::{Item, text};
use crate::dynamodb::{Index, Key};

impl TransactionKey {
    /// The index of an account's transactions by value date.
    pub(crate) const BY_DATE: Index = Index { name: "by_date", partition: "account" };

    /// The key of a booked transaction.
    pub(crate) fn booked(org: &OrgId, transaction: &Transaction) -> Self {
        Self::with_id(org, transaction.source, &transaction.account_identifier, &transaction.id)
    }

    /// The key of the booked transaction with this id.
    pub(crate) fn with_id(
        org: &OrgId,
        source: Source,
        account: &AccountIdentifier,
        id: &TransactionId,
    ) -> Self {
        Self { account: Self::booked_on(org, source, account), id: id.to_string() }
    }

    /// The key of a pending transaction of a bank's account.
    pub(crate) fn pending(org: &OrgId, account: &AccountId, id: &TransactionId) -> Self {
        Self { account: Self::pending_on(org, account), id: id.to_string() }
    }

    /// The key of the item that says that an account has transactions.
    pub(crate) fn account_item(org: &OrgId, account: &AccountIdentifier) -> Self {
        Self { account: Self::account_items(org), id: account.to_string() }
    }

    /// The partition of the transactions that this source reports of an account. Those of banks have partitions of
    /// their own, which no request can name: an identifier comes after the `#`.
    pub(crate) fn booked_on(org: &OrgId, source: Source, account: &AccountIdentifier) -> String {
        format!("{}{account}", Self::prefix(org, source))
    }

    /// The account in such a partition key.
    pub(crate) fn account_of(org: &OrgId, source: Source, partition: &str) -> Option<AccountIdentifier> {
        partition.strip_prefix(&Self::prefix(org, source))?.parse().ok()
    }

    fn prefix(org: &OrgId, source: Source) -> String {
        match source {
            Source::Api => format!("{org}#"),
            Source::Sync => format!("bank#{org}#"),
        }
    }

    /// The partition of the pending transactions of a bank's account. No account has this partition: it does not
    /// begin with an organization.
    pub(crate) fn pending_on(org: &OrgId, account: &AccountId) -> String {
        format!("pending#{org}#{account}")
    }

    /// The partition of the items that name an organization's accounts with transactions. No account has this
    /// partition: it lacks the `#` before an identifier.
    pub(crate) fn account_items(org: &OrgId) -> String {
        org.to_string()
    }

    /// The key in [`Self::BY_DATE`] of the transaction at this place, for a page that starts after it.
    pub(crate) fn by_date(org: &OrgId, source: Source, account: &AccountIdentifier, place: &Place) -> Item {
        let mut key = Self::with_id(org, source, account, &place.id).attributes();
        key.insert("valued".to_owned(), text(valued(place)));
        key
    }
}

/// The sort key in [`TransactionKey::BY_DATE`] of the transaction at this place.
pub(crate) fn valued(place: &Place) -> String {
    format!("{}#{}#{}", place.day(), place.sequence(), place.id)
}

/// The sequence in such a key.
pub(crate) fn sequence(valued: &str) -> Option<Sequence> {
    valued.split('#').nth(1)?.parse().ok()
}

/// A sort key before those of the day's transactions.
pub(crate) fn valued_from(day: Date) -> String {
    format!("{day}#")
}

/// A sort key after those of the day's transactions.
pub(crate) fn valued_to(day: Date) -> String {
    format!("{day}#~")
}
