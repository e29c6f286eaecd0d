//! The transactions.
//!
//! Those that banks report and those that applications post lie in partitions of their own (see
//! [`Source`]): a listing of an account reads both, `/rest` reads the banks' alone.

mod accounts;
mod by_day;
mod export;
mod keep;
mod pending;

use std::cmp::Reverse;
use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use futures::future::try_join_all;
use saldo_domain::account::AccountIdentifier;
use saldo_domain::bounds::Bounds;
use saldo_domain::date::Date;
use saldo_domain::id::{OrgId, TransactionId};
use saldo_domain::transaction::{Booked, Booking, Place, Source, Transaction};
use uuid::Uuid;

use super::batch_get::batch_get;
use super::item::{Item, Reader, moment, number, text};
use super::table_keys;
use crate::failure::Failure;

pub use by_day::{Order, StoredTransaction};

/// The transactions of all organizations.
#[derive(Clone, Debug)]
pub struct TransactionStore {
    client: Client,
    table: String,
}

/// What the table has of a transaction after it was stored, or found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whether this request stored it.
    pub new: bool,
    /// What was booked, as it is stored.
    pub stored: Booking,
}

impl TransactionStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores a transaction if it is not there. However often `request` is run again, what
    /// it stored counts as new, and what another stored does not.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; it may have been stored or not.
    pub async fn put(&self, org: &OrgId, transaction: &Transaction, request: Uuid) -> Result<Kept, Failure> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(partition(org, transaction), transaction, request)?))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(Kept { new: true, stored: transaction.booking() }),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let found = failed.item.as_ref().ok_or_else(|| Failure::missing("a transaction"))?;
                    kept(found, request)
                }
                _ => Err(Failure::of("PutItem on transactions")(error)),
            },
        }
    }

    /// What the table has of these transactions: those that are not there, or came a
    /// moment ago, are left out. For a file sent again it takes half a read unit each; trying
    /// to store them would take a write unit each.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn find(
        &self,
        org: &OrgId,
        transactions: impl Iterator<Item = &Transaction>,
        request: Uuid,
    ) -> Result<HashMap<TransactionId, Kept>, Failure> {
        let key = |transaction: &Transaction| {
            let account = text(partition(org, transaction));
            Item::from([("account".to_owned(), account), ("id".to_owned(), text(&transaction.id))])
        };
        let found = batch_get(&self.client, &self.table, transactions.map(key).collect(), false).await?;
        found.iter().map(|item| Ok((Reader::new(item, WHAT).required("id")?, kept(item, request)?))).collect()
    }

    /// An account's transactions of every source, newest first: at most `limit` of those valued on these
    /// `days` and behind `after`, and whether there are more.
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
        // One more than is wanted says whether there are more.
        let of = |source| self.first_of(org, source, account, days, after, limit + 1);
        let mut found = try_join_all(Source::ALL.map(of)).await?.concat();
        found.sort_by_cached_key(|transaction| Reverse(Place::of(transaction)));
        let more = found.len() > limit;
        found.truncate(limit);
        Ok((found, more))
    }

    /// The transactions that a source reports of an account, newest first: at most `limit` of those valued on
    /// these `days` and behind `after`.
    async fn first_of(
        &self,
        org: &OrgId,
        source: Source,
        account: &AccountIdentifier,
        days: Bounds<Date>,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Vec<Transaction>, Failure> {
        let partition = text(table_keys::transactions_of(org, source, account.as_str()));
        let (from, to) = ends(days);
        let after = after.map(|place| (table_keys::valued(place), &place.id));
        let mut start = match after {
            // A cursor of another range: DynamoDB begins only within the range it is asked for.
            Some((valued, _)) if valued < from => return Ok(Vec::new()),
            Some((valued, id)) if valued <= to => Some(Item::from([
                ("account".to_owned(), partition.clone()),
                ("valued".to_owned(), text(valued)),
                ("id".to_owned(), text(id)),
            ])),
            _ => None,
        };
        let mut found = Vec::new();
        loop {
            let missing = limit.saturating_sub(found.len());
            let answer = self
                .valued_on(org, source, account, days)
                .scan_index_forward(false)
                .set_exclusive_start_key(start)
                .limit(i32::try_from(missing).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(Failure::of("Query on transactions by_date"))?;
            for item in answer.items() {
                found.push(transaction(org, item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() || found.len() >= limit {
                return Ok(found);
            }
        }
    }

    /// The query for the transactions of these days that a source reports of an account.
    fn valued_on(
        &self,
        org: &OrgId,
        source: Source,
        account: &AccountIdentifier,
        days: Bounds<Date>,
    ) -> QueryFluentBuilder {
        let (from, to) = ends(days);
        let partition = table_keys::transactions_of(org, source, account.as_str());
        self.client
            .query()
            .table_name(&self.table)
            .index_name("by_date")
            .key_condition_expression("#account = :account AND #valued BETWEEN :from AND :to")
            .expression_attribute_names("#account", "account")
            .expression_attribute_names("#valued", "valued")
            .expression_attribute_values(":account", text(partition))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
    }
}

/// The first and the last place among an account's transactions of the days.
fn ends(days: Bounds<Date>) -> (String, String) {
    let (from, to) = (days.from.unwrap_or(Date::ZERO), days.to.unwrap_or(Date::MAX));
    (table_keys::valued_from(from), table_keys::valued_to(to))
}

const WHAT: &str = "a transaction";
/// The attribute that names who reported it.
const SOURCE: &str = "source";
/// The attribute that names the request that stored it.
const STORED_BY: &str = "stored_by";
/// The attribute that holds what a bank says about its transaction.
const DETAILS: &str = "details";

/// Where a transaction lies that was booked.
fn partition(org: &OrgId, transaction: &Transaction) -> String {
    table_keys::transactions_of(org, transaction.source, transaction.account_identifier.as_str())
}

fn item(account: String, transaction: &Transaction, request: Uuid) -> Result<Item, Failure> {
    let day = |day: Option<Date>| day.map(text);
    let details = transaction.details.as_deref().map(serde_dynamo::to_attribute_value).transpose();
    let attributes = [
        ("account", Some(text(account))),
        ("id", Some(text(&transaction.id))),
        (SOURCE, Some(text(transaction.source.name()))),
        ("valued", Some(text(table_keys::valued(&Place::of(transaction))))),
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
        (STORED_BY, Some(AttributeValue::B(Blob::new(request.as_bytes().as_slice())))),
        (DETAILS, details.map_err(Failure::corrupt(WHAT))?),
    ];
    Ok(attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}

/// What is kept in an item, seen by a request.
fn kept(item: &Item, request: Uuid) -> Result<Kept, Failure> {
    let stored_by = item.get(STORED_BY).and_then(|by| by.as_b().ok());
    let new = stored_by.is_some_and(|by| by.as_ref() == request.as_bytes());
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
    let identifier = account.strip_prefix(&table_keys::transactions_of(org, source, ""));
    let identifier = identifier.and_then(|identifier| identifier.parse().ok());
    transaction_of(identifier.ok_or_else(|| Failure::missing("a transaction's account"))?, item)
}

/// A transaction of the account that transactions know by this identifier.
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
        sequence: table_keys::sequence(&read.required::<String>("valued")?)
            .ok_or_else(|| Failure::missing("a transaction's place"))?,
        created_at: read.moment("created_at")?,
        details: read.nested(DETAILS)?.map(Box::new),
    })
}
