//! The account: one thing, whether an ERP imported it, an application created it or a
//! bank synchronization brought it.

mod bank;
mod external_id;
mod filter;
mod id;
mod request;
mod revision;

use jiff::Timestamp;
use jiff::civil::Date;

pub use bank::{BankDetails, type_of};
pub use external_id::ExternalId;
pub use filter::AccountFilter;
pub use request::{AccountChange, NewAccount};
pub use revision::Revision;

use crate::contact::{ContactName, Email, Phone};
use crate::id::AccountId;
use crate::money::{Currency, Decimal};
use crate::text::{Prose, Text};

/// What kind of account it is: `receivable`, `savings`, `checking`… Any word will do.
pub type AccountType = Text<64>;
/// Where the account is in its life: `active`, `resolved`, `escalated`… Any word will do.
pub type AccountStatus = Text<64>;
/// What transactions call the account: an IBAN, a masked card number… It is compared as it
/// is, character by character.
pub type AccountIdentifier = Text<128>;
/// The system an account was imported from, such as `SAP`.
pub type SourceSystem = Text<128>;
/// The campaign an account belongs to.
pub type CampaignId = Text<128>;
/// Who owns the account: a client's id, or an id of the caller's own.
pub type OwnerId = Text<128>;
/// Free text about the account.
pub type Notes = Prose<10_000>;

/// The type of an imported account that states none: what a customer owes.
pub const DEFAULT_TYPE: &str = "receivable";
/// The status of an account for which none was stated.
pub const DEFAULT_STATUS: &str = "active";

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The id by which the source knows it, unique in the organization.
    pub external_id: Option<ExternalId>,
    /// What its transactions call it, if not by its id.
    pub identifier: Option<AccountIdentifier>,
    /// Its type.
    pub kind: AccountType,
    /// Its status.
    pub status: AccountStatus,
    /// Whom to contact; accounts that were not imported may have nobody.
    pub contact: Option<Contact>,
    /// What the source reported as owed; never negative.
    pub total_amount: Option<Decimal>,
    /// The balance as the organization's books have it: negative when the counterparty
    /// owes the organization.
    pub balance: Decimal,
    /// The currency of both amounts.
    pub currency: Currency,
    /// The day the debt was, or is, due.
    pub due_date: Option<Date>,
    /// The system it was imported from.
    pub source_system: Option<SourceSystem>,
    /// The campaign it belongs to.
    pub campaign_id: Option<CampaignId>,
    /// Who owns it.
    pub owner_id: Option<OwnerId>,
    /// Free text.
    pub notes: Option<Notes>,
    /// What its bank says about it, if a synchronization brought it.
    pub bank: Option<Box<BankDetails>>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// Which state of the account this is.
    pub revision: Revision,
}

impl Account {
    /// Whether its amounts can be in this currency.
    #[must_use]
    pub fn fits(&self, currency: Currency) -> bool {
        currency.admits(self.balance) && self.total_amount.is_none_or(|total| currency.admits(total))
    }

    /// What its transactions call the account: its identifier or, without one, its id.
    #[must_use]
    pub fn transactions_identifier(&self) -> AccountIdentifier {
        self.identifier.clone().unwrap_or_else(|| AccountIdentifier::of_id(&self.id))
    }
}

/// Whom to contact about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The full name.
    pub name: ContactName,
    /// The phone number.
    pub phone: Option<Phone>,
    /// The e-mail address.
    pub email: Option<Email>,
}
