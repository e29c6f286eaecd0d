//! The transactions that banks report of several accounts, together and day by day.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use futures::{Stream, stream};
use saldo_domain::account::AccountIdentifier;
use saldo_domain::bounds::Bounds;
use saldo_domain::date::Date;
use saldo_domain::id::OrgId;
use saldo_domain::transaction::{Place, Source, Transaction};
use uuid::Uuid;

use super::{STORED_BY, TransactionStore, WHAT, transaction};
use crate::dynamodb::item::{Item, Reader};
use crate::dynamodb::{Pages, take_first};
use crate::failure::Failure;

/// Which transactions come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Those of the latest day.
    NewestFirst,
    /// Those of the earliest day.
    OldestFirst,
}

/// A transaction, and the request that stored it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTransaction {
    /// The transaction.
    pub transaction: Transaction,
    /// The request, or the synchronization, that stored it.
    pub stored_by: Option<Uuid>,
}

impl TransactionStore {
    /// The transactions that banks report of these accounts, valued on these days, in this order. Reads `per_page` of
    /// an account at a time, with eventual consistency.
    ///
    /// Must be called, and polled, on a Tokio runtime. The stream ends with its first error.
    pub fn reported_by_day(
        &self,
        org: &OrgId,
        accounts: &BTreeSet<AccountIdentifier>,
        days: Bounds<Date>,
        order: Order,
        per_page: usize,
    ) -> impl Stream<Item = Result<StoredTransaction, Failure>> + use<> {
        let pages = accounts.iter().map(|account| {
            let query = self.valued_on(org, Source::Sync, account, days);
            let query = match order {
                Order::NewestFirst => query.descending(),
                Order::OldestFirst => query,
            };
            let org = org.clone();
            Pages::of(query, per_page, move |item| stored(&org, item))
        });
        let pages: Vec<_> = pages.collect();
        stream::try_unfold(pages, move |mut pages| async move {
            let next = match order {
                Order::NewestFirst => take_first(&mut pages, |stored| Reverse(place(stored))).await?,
                Order::OldestFirst => take_first(&mut pages, place).await?,
            };
            Ok(next.map(|stored| (stored, pages)))
        })
    }
}

fn place(stored: &StoredTransaction) -> Place {
    Place::of(&stored.transaction)
}

fn stored(org: &OrgId, item: &Item) -> Result<StoredTransaction, Failure> {
    let stored_by = Reader::new(item, WHAT).binary::<RequestId>(STORED_BY)?;
    Ok(StoredTransaction { transaction: transaction(org, item)?, stored_by: stored_by.map(|by| by.0) })
}

struct RequestId(Uuid);

impl TryFrom<&[u8]> for RequestId {
    type Error = uuid::Error;

    fn try_from(bytes: &[u8]) -> Result<Self, uuid::Error> {
        Uuid::from_slice(bytes).map(Self)
    }
}
