//! Which accounts are wanted.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Account, AccountStatus, AccountType, CampaignId, ExternalId, OwnerId, SourceSystem};
use crate::bounds::Bounds;
use crate::money::{Currency, Decimal};

/// Which accounts are wanted: those for which all of this holds. An account that lacks what a
/// filter is about does not match it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFilter {
    /// Those of this type.
    pub kind: Option<AccountType>,
    /// Those whose status [reads](Account::shown_status) so.
    pub status: Option<AccountStatus>,
    /// Those whose total amount is in these bounds.
    pub total_amount: Bounds<Decimal>,
    /// Those of which at least this is still owed.
    #[serde(default)]
    pub min_open_amount: Option<Decimal>,
    /// Those in this currency.
    pub currency: Option<Currency>,
    /// Those due on these days.
    pub due_date: Bounds<Date>,
    /// Those of this campaign.
    pub campaign_id: Option<CampaignId>,
    /// Those from this source system.
    pub source_system: Option<SourceSystem>,
    /// Those of this owner.
    pub owner_id: Option<OwnerId>,
    /// The one with this external id.
    pub external_id: Option<ExternalId>,
    /// Those written at this moment or later.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub updated_since: Option<Timestamp>,
}

impl AccountFilter {
    /// Whether all accounts match.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an account matches.
    #[must_use]
    pub fn matches(&self, account: &Account) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        is(self.kind.as_ref(), Some(&account.kind))
            && self.status.as_ref().is_none_or(|status| status.as_str() == account.shown_status())
            && self.total_amount.contain(account.total_amount.as_ref())
            && self.min_open_amount.is_none_or(|min| account.open_amount().is_some_and(|open| open >= min))
            && is(self.currency.as_ref(), Some(&account.currency))
            && self.due_date.contain(account.due_date.as_ref())
            && is(self.campaign_id.as_ref(), account.campaign_id.as_ref())
            && is(self.source_system.as_ref(), account.source_system.as_ref())
            && is(self.owner_id.as_ref(), account.owner_id.as_ref())
            && is(self.external_id.as_ref(), account.external_id.as_ref())
            // An account's moments are stored in milliseconds.
            && self.updated_since.is_none_or(|since| account.updated_at.as_millisecond() >= since.as_millisecond())
    }
}
