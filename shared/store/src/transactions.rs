//! The transactions.
//!
//! Those that banks report and those that applications post have partitions of their own (see [`Source`]): the list of
//! an account's transactions reads both, `/rest` reads the banks' alone.

mod accounts;
mod by_day;
mod export;
mod keep;
mod pending;

use std::cmp::Reverse;
use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use futures::future::try_join_all;
use saldo_domain::account::AccountIdentifier;
use saldo_domain::bounds::Bounds;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::date::Date;
use saldo_domain::id::{OrgId, TransactionId};
use saldo_domain::transaction::{Booked, Booking, Place, Source, Transaction};
use uuid::Uuid;

use crate::dynamodb::item::{
    CHANGED_BY, Item, NewItem, Reader, binary, bytes, changed_by, moment, nested, number, text,
};
use crate::dynamodb::{Query, Table, between};
use crate::failure::Failure;
use crate::table_keys::{TransactionKey, sequence, valued, valued_from, valued_to};

pub use by_day::{Order, StoredTransaction};

/// The transactions of all organizations.
#[derive(Clone, Debug)]
pub struct TransactionStore {
    table: Table<TransactionKey>,
}

/// A transaction's state in the table after it was stored, or found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whether this request stored it.
    pub new: bool,
    /// The stored amount and dates.
    pub stored: Booking,
}

impl TransactionStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { table: Table::new(client, table) }
    }

    /// The state of these transactions in the table, as `request` sees it. Those that are not there are left out; so are
    /// those that were stored a moment ago, unless the read is `certain`, at twice the price. For a file that is sent
    /// again this costs half a read unit each, where trying to store them would cost a write unit each.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    async fn find(
        &self,
        org: &OrgId,
        transactions: impl Iterator<Item = &Transaction>,
        request: Uuid,
        certain: bool,
    ) -> Result<HashMap<TransactionId, Kept>, Failure> {
        let keys: Vec<_> = transactions.map(|transaction| TransactionKey::booked(org, transaction)).collect();
        let found = self.table.batch_get(&keys, certain).await?;
        found.iter().map(|item| Ok((Reader::new(item, WHAT).required("id")?, kept(item, request)?))).collect()
    }

    /// An account's transactions of every source, newest first: at most `limit` of those valued on these `days` and
    /// after the place `after`, and whether there are more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn list(
        &self,
        org: &OrgId,
        account: &AccountIdentifier,
        days: Bounds<Date>,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<(Vec<Transaction>, bool), Failure> {
        // One more than `limit` tells whether there are more.
        let of = |source| self.first_of(org, source, account, days, after, limit + 1);
        let mut found = try_join_all(Source::ALL.iter().copied().map(of)).await?.concat();
        found.sort_by_cached_key(|transaction| Reverse(Place::of(transaction)));
        let more = found.len() > limit;
        found.truncate(limit);
        Ok((found, more))
    }

    /// The transactions that a source reports of an account, newest first: at most `limit` of those valued on these
    /// `days` and after the place `after`.
    async fn first_of(
        &self,
        org: &OrgId,
        source: Source,
        account: &AccountIdentifier,
        days: Bounds<Date>,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Vec<Transaction>, Failure> {
        let (from, to) = ends(days);
        let mut start = match after.map(|place| (valued(place), place)) {
            // The cursor is of another range. DynamoDB accepts a start only within the range of the query.
            Some((valued, _)) if valued < from => return Ok(Vec::new()),
            Some((valued, place)) if valued <= to => {
                Some(TransactionKey::by_date(org, source, account, place))
            }
            _ => None,
        };
        let query = self.valued_on(org, source, account, days).descending();
        let mut found = Vec::new();
        loop {
            let page = query.page(start, Some(limit.saturating_sub(found.len()))).await?;
            for item in &page.items {
                found.push(transaction(org, item)?);
            }
            start = page.next;
            if start.is_none() || found.len() >= limit {
                return Ok(found);
            }
        }
    }

    /// The query for the transactions of these days that a source reports of an account, oldest first.
    fn valued_on(
        &self,
        org: &OrgId,
        source: Source,
        account: &AccountIdentifier,
        days: Bounds<Date>,
    ) -> Query {
        let (from, to) = ends(days);
        let partition = TransactionKey::booked_on(org, source, account);
        let query = self.table.query_index(TransactionKey::BY_DATE, partition);
        query.sort_key(between(VALUED, text(from), text(to)))
    }
}

/// The bounds of the sort keys of transactions on these days.
fn ends(days: Bounds<Date>) -> (String, String) {
    let (from, to) = (days.from.unwrap_or(Date::ZERO), days.to.unwrap_or(Date::MAX));
    (valued_from(from), valued_to(to))
}

const WHAT: &str = "a transaction";
/// The attribute with the source that reported it.
const SOURCE: &str = "source";
/// The attribute with the request that stored it.
const STORED_BY: &str = "stored_by";
/// The attribute with the bank's details of its transaction.
const DETAILS: &str = "details";
/// The sort key of the index by value date.
const VALUED: &str = "valued";

/// The attributes of a transaction besides its key.
fn attributes(transaction: &Transaction, request: Uuid, by: &ChangedBy) -> Result<NewItem, Failure> {
    let day = |day: Option<Date>| day.map(text);
    let attributes = [
        (SOURCE, Some(text(transaction.source.name()))),
        (VALUED, Some(text(valued(&Place::of(transaction))))),
        ("external_id", transaction.external_id.as_ref().map(text)),
        ("text", transaction.text.as_ref().map(text)),
        ("direction", Some(text(transaction.money.direction.name()))),
        ("amount", Some(number(transaction.money.amount))),
        ("currency", Some(text(transaction.money.currency))),
        ("original_amount", transaction.original_amount.map(number)),
        ("original_currency", transaction.original_currency.map(text)),
        ("purchased_on", day(transaction.purchased_on)),
        ("valued_on", Some(text(transaction.valued_on))),
        ("booked_on", day(transaction.booked_on)),
        ("created_at", Some(moment(transaction.created_at))),
        (STORED_BY, Some(binary(request.as_bytes()))),
        (CHANGED_BY, Some(changed_by(by))),
        (DETAILS, transaction.details.as_deref().map(|details| nested(details, WHAT)).transpose()?),
    ];
    Ok(attributes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// The state of a stored transaction, as `request` sees it.
fn kept(item: &Item, request: Uuid) -> Result<Kept, Failure> {
    let new = bytes(item, STORED_BY) == Some(request.as_bytes());
    Ok(Kept { new, stored: booking(&Reader::new(item, WHAT))? })
}

fn booking(read: &Reader<'_>) -> Result<Booking, Failure> {
    let (valued_on, booked_on) = (read.required("valued_on")?, read.optional("booked_on")?);
    Ok(Booking { money: money(read)?, valued_on, booked_on })
}

fn money(read: &Reader<'_>) -> Result<Booked, Failure> {
    Ok(Booked {
        direction: read.required("direction")?,
        amount: read.required("amount")?,
        currency: read.required("currency")?,
    })
}

fn transaction(org: &OrgId, item: &Item) -> Result<Transaction, Failure> {
    let read = Reader::new(item, WHAT);
    let (account, source): (String, Source) = (read.required("account")?, read.required(SOURCE)?);
    let identifier = TransactionKey::account_of(org, source, &account);
    transaction_of(identifier.ok_or_else(|| Failure::missing("a transaction's account"))?, item)
}

/// Reads a transaction of the account with this identifier.
fn transaction_of(account_identifier: AccountIdentifier, item: &Item) -> Result<Transaction, Failure> {
    let read = Reader::new(item, WHAT);
    Ok(Transaction {
        id: read.required("id")?,
        source: read.required(SOURCE)?,
        account_identifier,
        external_id: read.optional("external_id")?,
        text: read.optional("text")?,
        money: money(&read)?,
        original_amount: read.optional("original_amount")?,
        original_currency: read.optional("original_currency")?,
        purchased_on: read.optional("purchased_on")?,
        valued_on: read.required("valued_on")?,
        booked_on: read.optional("booked_on")?,
        sequence: sequence(&read.required::<String>(VALUED)?)
            .ok_or_else(|| Failure::missing("a transaction's place"))?,
        created_at: read.moment("created_at")?.ok_or_else(|| read.missing("created_at"))?,
        details: read.nested(DETAILS)?.map(Box::new),
    })
}
