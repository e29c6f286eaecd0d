//! How far the reading of one account has been: what goes into the job between two pages, so that
//! an account of many pages can be read by several deliveries.

use std::collections::HashMap;

use saldo_domain::id::{AccountId, TransactionId};
use saldo_domain::sync::Conflicts;
use saldo_store::failure::Failure;
use serde::{Deserialize, Serialize};

use crate::bank::ReportedTransaction;

/// The transactions without an id of whose likes the number is remembered. Behind so many, those
/// of another day than the last are forgotten: banks report by day, and what is alike is of one.
const OCCURRENCES_MAX: usize = 1_000;
/// The pending transactions that an account may have: far more than any does, and few enough for
/// a job's record.
pub(super) const PENDING_MAX: usize = 200;

/// The bytes that a job's record, of 400 kB, has room for.
const LEFT_BYTES_MAX: usize = 200_000;

/// How far the reading of one account has been.
#[derive(Serialize, Deserialize)]
pub(super) struct Reading {
    pub(super) account: AccountId,
    /// What the next page is asked for with; none at the first.
    pub(super) page: Option<String>,
    /// The pages that were read.
    pub(super) pages: usize,
    /// The transactions that were read.
    pub(super) read: u16,
    /// How many of the same were read before, of those that have no id, and their day.
    pub(super) occurrences: HashMap<TransactionId, (u64, Option<String>)>,
    pub(super) pending: Vec<Option<ReportedTransaction>>,
    /// How many of those that were booked are new.
    pub(super) new: u64,
    pub(super) conflicts: Conflicts,
}

impl Reading {
    /// The beginning of an account, or where an earlier delivery has left it.
    pub(super) fn of(account: &AccountId, left: Option<&str>) -> Result<Self, Failure> {
        let left: Option<Self> =
            left.map(serde_json::from_str).transpose().map_err(Failure::corrupt("a reading"))?;
        Ok(left.filter(|left| left.account == *account).unwrap_or_else(|| Self {
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

    /// As it goes into the job; nothing, if it is too long for its record.
    pub(super) fn left(&self) -> Result<Option<String>, Failure> {
        let left = serde_json::to_string(self).map_err(Failure::corrupt("a reading"))?;
        Ok((left.len() <= LEFT_BYTES_MAX).then_some(left))
    }

    /// Says how many of the same there were before, and counts this one.
    pub(super) fn occurrence(&mut self, first: &TransactionId, day: Option<&str>) -> u64 {
        if self.occurrences.len() >= OCCURRENCES_MAX {
            self.occurrences.retain(|_, (_, of)| of.as_deref() == day);
        }
        let (before, _) = self.occurrences.entry(first.clone()).or_insert((0, day.map(str::to_owned)));
        *before += 1;
        *before - 1
    }
}
