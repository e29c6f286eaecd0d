//! Pending transactions: those that a bank will probably book on its account.
//!
//! They are no part of the books: the bank may book one under another id, with another amount, or never. They have
//! partitions of their own, which hold what the bank reported at the last synchronization.

use std::collections::{HashMap, HashSet};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::tz::TimeZone;
use saldo_domain::account::{Account, AccountIdentifier};
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{AccountId, OrgId, TransactionId};
use saldo_domain::transaction::{Source, Transaction};
use uuid::Uuid;

use super::{TransactionStore, attributes, transaction_of};
use crate::dynamodb::Key;
use crate::dynamodb::item::item_of;
use crate::failure::Failure;
use crate::limits::WRITES_IN_FLIGHT;
use crate::table_keys::TransactionKey;

impl TransactionStore {
    /// The pending transactions of a bank's account, newest first. `identifier` is the account's in transactions.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn pending(
        &self,
        org: &OrgId,
        account: &AccountId,
        identifier: &AccountIdentifier,
    ) -> Result<Vec<Transaction>, Failure> {
        let items = self.table.query(TransactionKey::pending_on(org, account)).consistent().all().await?;
        let pending = items.iter().map(|item| transaction_of(identifier.clone(), item));
        let mut pending = pending.collect::<Result<Vec<_>, _>>()?;
        pending.sort_by_key(|transaction| std::cmp::Reverse((transaction.valued_on, transaction.sequence)));
        Ok(pending)
    }

    /// Replaces the pending transactions of a bank's account by `reported`. Those that have not changed are not written.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; some may have been replaced.
    pub async fn replace_pending(
        &self,
        org: &OrgId,
        account: &AccountId,
        identifier: &AccountIdentifier,
        reported: Vec<Transaction>,
        request: Uuid,
        by: &ChangedBy,
    ) -> Result<(), Failure> {
        let before = self.pending(org, account, identifier).await?.into_iter();
        let mut before: HashMap<TransactionId, Transaction> =
            before.map(|transaction| (transaction.id.clone(), transaction)).collect();
        let mut seen = HashSet::new();
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for transaction in reported.iter().filter(|transaction| seen.insert(&transaction.id)) {
            match before.remove(&transaction.id) {
                None => new.push(transaction),
                Some(known) if is_same(&known, transaction) => {}
                Some(_) => changed.push(transaction),
            }
        }
        let item = |new: &&Transaction| {
            Ok((TransactionKey::pending(org, account, &new.id), attributes(new, request, by)?))
        };
        let inserted = self.table.insert_all(&new, item).await?;
        // Another worker has stored it, or this one, if the answer to a batch was lost.
        changed.extend(new.iter().zip(inserted).filter(|(_, inserted)| !inserted).map(|(met, _)| *met));
        let puts = changed.iter().map(|changed| async {
            let (key, attributes) = item(changed)?;
            self.table.put(item_of(key.pairs().chain(attributes))).await
        });
        let puts: Vec<_> = puts.collect();
        stream::iter(puts).buffer_unordered(WRITES_IN_FLIGHT).try_collect::<()>().await?;
        self.delete_pending(org, account, before.keys()).await
    }

    /// Deletes the pending transactions of a bank's account.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; some may have been deleted.
    pub async fn forget_pending(&self, org: &OrgId, account: &Account) -> Result<(), Failure> {
        let identifier = account.transactions_identifier();
        let pending = self.pending(org, &account.id, &identifier).await?;
        self.delete_pending(org, &account.id, pending.iter().map(|pending| &pending.id)).await
    }

    async fn delete_pending(
        &self,
        org: &OrgId,
        account: &AccountId,
        ids: impl Iterator<Item = &TransactionId>,
    ) -> Result<(), Failure> {
        let keys: Vec<_> = ids.map(|id| TransactionKey::pending(org, account, id)).collect();
        let deletions: Vec<_> = keys.iter().map(|key| self.table.delete(key)).collect();
        stream::iter(deletions).buffer_unordered(WRITES_IN_FLIGHT).try_collect().await
    }

    /// A pending transaction of a bank's account.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get_pending(
        &self,
        org: &OrgId,
        account: &AccountId,
        identifier: &AccountIdentifier,
        id: &TransactionId,
    ) -> Result<Option<Transaction>, Failure> {
        let found = self.table.get(&TransactionKey::pending(org, account, id)).await?;
        found.map(|item| transaction_of(identifier.clone(), &item)).transpose()
    }

    /// A transaction that its bank reports as booked on an account.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get_reported(
        &self,
        org: &OrgId,
        identifier: &AccountIdentifier,
        id: &TransactionId,
    ) -> Result<Option<Transaction>, Failure> {
        let found = self.table.get(&TransactionKey::with_id(org, Source::Sync, identifier, id)).await?;
        found.map(|item| transaction_of(identifier.clone(), &item)).transpose()
    }
}

/// Whether a report is the same as a known transaction, apart from the time of the report. A report without a day has
/// the day on which it came.
fn is_same(known: &Transaction, report: &Transaction) -> bool {
    let dayless = report.valued_on == report.created_at.to_zoned(TimeZone::UTC).date();
    let known = Transaction {
        sequence: report.sequence,
        valued_on: if dayless { report.valued_on } else { known.valued_on },
        created_at: report.created_at,
        ..known.clone()
    };
    known == *report
}
