//! The one way in which the stores use DynamoDB.
//!
//! A [`Table`] knows its name and the type of its keys, and makes every request. Expressions are built from
//! [`Condition`]s and [`Update`]s, a conditional write returns
//! [`ConditionFailed`] with the item that DynamoDB found, and [`revised`] is the
//! optimistic lock. Timestamps are stored as milliseconds since 1970; only `expires_at` is in seconds, because
//! DynamoDB's time to live requires it.

mod batch_get;
mod change;
mod condition;
mod condition_failed;
mod conflict;
mod insert;
pub(crate) mod item;
mod pages;
mod placeholders;
mod query;
pub(crate) mod record;
pub(crate) mod revised;
mod table;
mod transaction;
mod update;

pub(crate) use change::{Applied, AsRead, Change, STATEMENTS_MAX};
pub(crate) use condition::{
    Condition, absent, at_least, at_most, begins_with, between, contains, equals, exists, greater_than, is,
    one_of,
};
pub(crate) use condition_failed::ConditionFailed;
pub(crate) use conflict::RetryConflicts;
pub(crate) use pages::{Pages, take_first};
pub(crate) use query::{Index, Query};
pub(crate) use table::{Key, Operations, Table};
pub(crate) use transaction::ACTIONS_MAX;
pub(crate) use update::Update;
