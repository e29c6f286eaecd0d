//! Filters that DynamoDB applies to accounts. Items that do not match are read and paid for, but not sent.

use aws_sdk_dynamodb::types::AttributeValue;
use saldo_domain::account::{AccountFilter, AccountStatus, DEFAULT_STATUS, RESOLVED_STATUS};
use saldo_domain::id::OrgId;

use super::record::{
    BALANCE, CAMPAIGN_ID, CURRENCY, DUE_DATE, EXTERNAL_ID, OWNER, SOURCE_SYSTEM, STATUS, TOTAL_AMOUNT, TYPE,
    UPDATED_AT, owner,
};
use super::state::DELETED_AT;
use crate::dynamodb::item::{moment, number, text};
use crate::dynamodb::{Condition, absent, at_least, at_most, equals, exists};

/// The conditions on items of the table for accounts that may match. All that match meet them.
pub(super) fn matching(org: &OrgId, wanted: &AccountFilter) -> Vec<Condition> {
    let equal =
        |attribute: &'static str, value: Option<AttributeValue>| value.map(|value| equals(attribute, value));
    // Days as text sort by time.
    let (due_from, due_to) = (wanted.due_date.from.map(text), wanted.due_date.to.map(text));
    let conditions = [
        Some(absent(DELETED_AT)),
        equal(OWNER, wanted.owner_id.as_ref().map(|id| owner(org, id))),
        equal(TYPE, wanted.kind.as_ref().map(text)),
        wanted.status.as_ref().map(status),
        wanted.min_open_amount.map(|min| at_most(BALANCE, number(-min))),
        wanted.min_open_amount.map(|_| exists(TOTAL_AMOUNT)),
        wanted.total_amount.from.map(|from| at_least(TOTAL_AMOUNT, number(from))),
        wanted.total_amount.to.map(|to| at_most(TOTAL_AMOUNT, number(to))),
        equal(CURRENCY, wanted.currency.map(text)),
        due_from.map(|from| at_least(DUE_DATE, from)),
        due_to.map(|to| at_most(DUE_DATE, to)),
        equal(CAMPAIGN_ID, wanted.campaign_id.as_ref().map(text)),
        equal(SOURCE_SYSTEM, wanted.source_system.as_ref().map(text)),
        equal(EXTERNAL_ID, wanted.external_id.as_ref().map(text)),
        wanted.updated_since.map(|since| at_least(UPDATED_AT, moment(since))),
    ];
    conditions.into_iter().flatten().collect()
}

/// The condition for accounts whose status may read so: what `active` reads as is derived, so the caller looks again.
fn status(wanted: &AccountStatus) -> Condition {
    let stored = equals(STATUS, text(wanted));
    match wanted.as_str() {
        RESOLVED_STATUS => stored.or(equals(STATUS, text(DEFAULT_STATUS))),
        _ => stored,
    }
}

/// The conditions on items of the index by owner for accounts that may match: the index has few attributes.
pub(super) fn matching_in_index(wanted: &AccountFilter) -> Vec<Condition> {
    let kind = wanted.kind.as_ref().map(|kind| equals(TYPE, text(kind)));
    let currency = wanted.currency.map(|currency| equals(CURRENCY, text(currency)));
    kind.into_iter().chain(currency).collect()
}
