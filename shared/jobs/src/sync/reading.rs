//! The state of reading one account's transactions. It is saved in the job between pages, so that several deliveries can
//! read an account of many pages.

use std::collections::HashMap;

use saldo_domain::id::{AccountId, TransactionId};
use saldo_domain::sync::Conflicts;
use saldo_store::failure::Failure;
use serde::{Deserialize, Serialize};

use crate::bank::ReportedTransaction;

/// The most transactions without an id whose occurrences are counted at a time. Beyond that, the counts of other days
/// than the last are dropped: banks report by day, and equal transactions are of the same day.
const OCCURRENCES_MAX: usize = 1_000;
/// The most pending transactions of an account: far more than accounts have, and few enough for a job's record.
pub(super) const PENDING_MAX: usize = 200;

/// The most bytes of the serialized state: what a job's record of at most 400 kB has room for.
const SERIALIZED_BYTES_MAX: usize = 200_000;

/// The state of reading one account.
#[derive(Serialize, Deserialize)]
pub(super) struct Reading {
    pub(super) account: AccountId,
    /// The link to the next page; `None` before the first one.
    pub(super) page: Option<String>,
    /// The number of pages that were read.
    pub(super) pages: usize,
    /// The number of transactions that were read.
    pub(super) read: u16,
    /// Transactions without an id: the number of equal ones that were read, and their day.
    pub(super) occurrences: HashMap<TransactionId, (u64, Option<String>)>,
    pub(super) pending: Vec<Option<ReportedTransaction>>,
    /// The number of new booked transactions.
    pub(super) new: u64,
    pub(super) conflicts: Conflicts,
}

impl Reading {
    /// The state that an earlier delivery has saved for this account, or that of an unread account.
    pub(super) fn of(account: &AccountId, saved: Option<&str>) -> Result<Self, Failure> {
        let saved: Option<Self> =
            saved.map(serde_json::from_str).transpose().map_err(Failure::corrupt("a reading"))?;
        Ok(saved.filter(|saved| saved.account == *account).unwrap_or_else(|| Self {
            account: account.clone(),
            page: None,
            pages: 0,
            read: 0,
            occurrences: HashMap::new(),
            pending: Vec::new(),
            new: 0,
            conflicts: Conflicts::default(),
        }))
    }

    /// The state as text for the job; `None` if it is too long for the job's record.
    pub(super) fn serialized(&self) -> Result<Option<String>, Failure> {
        let text = serde_json::to_string(self).map_err(Failure::corrupt("a reading"))?;
        Ok((text.len() <= SERIALIZED_BYTES_MAX).then_some(text))
    }

    /// Counts a transaction without an id and returns the number of equal ones before it.
    pub(super) fn occurrence(&mut self, first: &TransactionId, day: Option<&str>) -> u64 {
        if self.occurrences.len() >= OCCURRENCES_MAX {
            self.occurrences.retain(|_, (_, of)| of.as_deref() == day);
        }
        let (before, _) = self.occurrences.entry(first.clone()).or_insert((0, day.map(str::to_owned)));
        *before += 1;
        *before - 1
    }
}
