//! Accounts filtered where they lie. What is filtered out is read and paid for all the same,
//! but goes no further.

use super::trace::DELETED_AT;
use super::{CURRENCY, TOTAL_AMOUNT};
use crate::account::AccountFilter;
use crate::id::OrgId;
use crate::store::expression::Filter;
use crate::store::item::{moment, number, text};
use crate::store::table_keys;

/// The items that are accounts that match, in a partition of the table or, of an owner, in
/// the index.
pub(super) fn matching(org: &OrgId, wanted: &AccountFilter, in_index: bool) -> Filter {
    let mut filter = Filter::default();
    filter.lacks(DELETED_AT);
    if !in_index {
        let owner = wanted.owner_id.as_ref().map(|owner| table_keys::account_owner(org, owner.as_str()));
        filter.compares("owner", "=", owner.map(text));
    }
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
