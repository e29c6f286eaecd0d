//! Pending transactions: what a bank says will probably be booked on its account.
//!
//! They are not of the books: one may be booked under another id and with another amount, or
//! never. They lie apart, as the bank has them at the last synchronization.

use std::collections::{HashMap, HashSet};

use jiff::tz::TimeZone;
use saldo_domain::account::{Account, AccountIdentifier};
use saldo_domain::id::{AccountId, OrgId, TransactionId};
use saldo_domain::transaction::{Source, Transaction};
use uuid::Uuid;

use super::{TransactionStore, item, transaction_of};
use crate::failure::Failure;
use crate::item::{Item, text};
use crate::table_keys;

impl TransactionStore {
    /// The pending transactions of a bank's account, which transactions know by `identifier`,
    /// newest first.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn pending(
        &self,
        org: &OrgId,
        account: &AccountId,
        identifier: &AccountIdentifier,
    ) -> Result<Vec<Transaction>, Failure> {
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#account = :account")
            .expression_attribute_names("#account", "account")
            .expression_attribute_values(":account", text(table_keys::pending_of(org, account)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut pending = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(Failure::of("Query on pending transactions"))?;
            pending.push(transaction_of(identifier.clone(), &item)?);
        }
        pending.sort_by_key(|transaction| std::cmp::Reverse((transaction.valued_on, transaction.sequence)));
        Ok(pending)
    }

    /// Makes `reported` the pending transactions of a bank's account, in place of those that
    /// were. What is reported again is not written.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; some of it may be done.
    pub async fn replace_pending(
        &self,
        org: &OrgId,
        account: &AccountId,
        identifier: &AccountIdentifier,
        reported: Vec<Transaction>,
        request: Uuid,
    ) -> Result<(), Failure> {
        let before = self.pending(org, account, identifier).await?.into_iter();
        let mut before: HashMap<TransactionId, Transaction> =
            before.map(|transaction| (transaction.id.clone(), transaction)).collect();
        let mut seen = HashSet::new();
        for transaction in reported.iter().filter(|transaction| seen.insert(&transaction.id)) {
            let known = before.remove(&transaction.id);
            if known.is_some_and(|known| is_same(&known, transaction)) {
                continue;
            }
            let item = item(table_keys::pending_of(org, account), transaction, request)?;
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
            put.map_err(Failure::of("PutItem on pending transactions"))?;
        }
        for gone in before.into_keys() {
            let delete =
                self.client.delete_item().table_name(&self.table).set_key(Some(key(org, account, &gone)));
            delete.send().await.map_err(Failure::of("DeleteItem on pending transactions"))?;
        }
        Ok(())
    }

    /// Forgets the pending transactions of a bank's account.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; some of it may be done.
    pub async fn forget_pending(&self, org: &OrgId, account: &Account) -> Result<(), Failure> {
        let identifier = account.transactions_identifier();
        self.replace_pending(org, &account.id, &identifier, Vec::new(), Uuid::nil()).await
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
        let found = self.item_at(key(org, account, id)).await?;
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
        let account = table_keys::transactions_of(org, Source::Sync, identifier.as_str());
        let key = Item::from([("account".to_owned(), text(account)), ("id".to_owned(), text(id))]);
        let found = self.item_at(key).await?;
        found.map(|item| transaction_of(identifier.clone(), &item)).transpose()
    }

    async fn item_at(&self, key: Item) -> Result<Option<Item>, Failure> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        Ok(get.send().await.map_err(Failure::of("GetItem on transactions"))?.item)
    }
}

fn key(org: &OrgId, account: &AccountId, id: &TransactionId) -> Item {
    let account = table_keys::pending_of(org, account);
    Item::from([("account".to_owned(), text(account)), ("id".to_owned(), text(id))])
}

/// Whether a new report says what is known, whenever it came: one without a day has that of its
/// coming.
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
