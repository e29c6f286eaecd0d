//! Accounts filtered where they lie. What is filtered out is read and paid for all the same,
//! but goes no further.

use saldo_domain::account::AccountFilter;
use saldo_domain::id::OrgId;

use super::trace::DELETED_AT;
use super::{CURRENCY, TOTAL_AMOUNT};
use crate::expression::Filter;
use crate::item::{moment, number, text};
use crate::table_keys;

/// The items of a table's partition that are accounts that match.
pub(super) fn matching(org: &OrgId, wanted: &AccountFilter) -> Filter {
    let mut filter = Filter::default();
    filter.lacks(DELETED_AT);
    let owner = wanted.owner_id.as_ref().map(|owner| table_keys::account_owner(org, owner.as_str()));
    filter.compares("owner", "=", owner.map(text));
    filter.compares("type", "=", wanted.kind.as_ref().map(text));
    filter.compares("status", "=", wanted.status.as_ref().map(text));
    filter.compares(TOTAL_AMOUNT, ">=", wanted.total_amount.from.map(number));
    filter.compares(TOTAL_AMOUNT, "<=", wanted.total_amount.to.map(number));
    filter.compares(CURRENCY, "=", wanted.currency.map(text));
    // Days as text sort as they follow one another.
    filter.compares("due_date", ">=", wanted.due_date.from.map(text));
    filter.compares("due_date", "<=", wanted.due_date.to.map(text));
    filter.compares("campaign_id", "=", wanted.campaign_id.as_ref().map(text));
    filter.compares("source_system", "=", wanted.source_system.as_ref().map(text));
    filter.compares("external_id", "=", wanted.external_id.as_ref().map(text));
    filter.compares("updated_at", ">=", wanted.updated_since.map(moment));
    filter
}

/// The items of an owner in the index that may be accounts that match, as far as the index tells.
pub(super) fn matching_in_index(wanted: &AccountFilter) -> Filter {
    let mut filter = Filter::default();
    filter.compares("type", "=", wanted.kind.as_ref().map(text));
    filter.compares(CURRENCY, "=", wanted.currency.map(text));
    filter
}
