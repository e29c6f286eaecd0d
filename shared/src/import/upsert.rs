//! A row that passed every check: what it changes in its account.

use jiff::civil::Date;

use super::ExternalId;
use crate::account::{AccountStatus, AccountType, CampaignId, Notes, OwnerId, SourceSystem};
use crate::contact::{ContactName, Email, Phone};
use crate::fields::Patch;
use crate::money::{Currency, Decimal};

/// Creates an account or changes the one with the same external id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountUpsert {
    /// The source's id of the account; without one the row makes a new account.
    pub external_id: Option<ExternalId>,
    /// The contact's full name.
    pub name: ContactName,
    /// What is owed; not negative.
    pub total_amount: Decimal,
    /// Its currency. If the row keeps it, the account's own, and for a new account the
    /// organization's; the amount is checked against that one when it is written.
    pub currency: Patch<Currency>,
    /// The contact's phone number.
    pub phone: Patch<Phone>,
    /// The contact's e-mail address.
    pub email: Patch<Email>,
    /// The day the debt was due.
    pub due_date: Patch<Date>,
    /// The system the row comes from.
    pub source_system: Patch<SourceSystem>,
    /// The account's status.
    pub status: Patch<AccountStatus>,
    /// The campaign it belongs to.
    pub campaign_id: Patch<CampaignId>,
    /// Who owns it.
    pub owner_id: Patch<OwnerId>,
    /// Its type.
    pub kind: Patch<AccountType>,
    /// Free text.
    pub notes: Patch<Notes>,
}
