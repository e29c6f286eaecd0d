//! The account: one type, whether an ERP imported it, an application created it or a synchronization found it at a
//! bank.

mod allocation_set;
mod balance;
mod bank;
mod client;
mod edit;
mod external_id;
mod field;
mod field_set;
mod filter;
mod history;
mod id;
mod identifier;
mod request;
mod revision;
mod stamps;

use jiff::Timestamp;
use jiff::civil::Date;

pub use allocation_set::{AllocationSet, InvalidAllocationSet};
pub use bank::{BankDetails, type_of};
pub use client::NumberedClient;
pub use edit::{Acknowledged, EditTime, Edited};
pub use external_id::ExternalId;
pub use field::AccountField;
pub use field_set::FieldSet;
pub(crate) use field_set::FieldSetter;
pub use filter::AccountFilter;
pub use history::{AccountState, History, Written};
pub use identifier::AccountIdentifier;
pub use request::{AccountChange, NewAccount};
pub use revision::Revision;
pub use stamps::{InvalidStamps, StampId, Stamps};

use crate::contact::{ContactName, Email, Phone};
use crate::id::AccountId;
use crate::money::{Currency, Decimal};
use crate::receivable::{Amounts, Figure, Figures, ItemKind, References, SourceFile};
use crate::text::{Prose, Text};

/// The kind of an account, such as `receivable`, `savings` or `checking`: any text.
pub type AccountType = Text<64>;
/// The state of an account for its organization, such as `active`, `resolved` or `escalated`: any text.
pub type AccountStatus = Text<64>;
/// The system an account was imported from, such as `SAP`.
pub type SourceSystem = Text<128>;
/// The campaign an account belongs to.
pub type CampaignId = Text<128>;
/// What the payer states in a payment of the debt, such as an invoice number or a creditor reference (ISO 11649). 140
/// characters are what SEPA transfers carry.
pub type PaymentReference = Text<140>;
/// The owner of an account: a client's id, or an id of the caller's own.
pub type OwnerId = Text<128>;
/// Free text about the account.
pub type Notes = Prose<10_000>;

/// The type of an imported account whose rows state none: what a customer owes.
pub const DEFAULT_TYPE: &str = "receivable";
/// The status of an account if its creator states none.
pub const DEFAULT_STATUS: &str = "active";
/// What the status `active` reads as while nothing is owed.
pub const RESOLVED_STATUS: &str = "resolved";

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The source's id of it, unique in the organization.
    pub external_id: Option<ExternalId>,
    /// The identifier that its transactions use instead of its id.
    pub identifier: Option<AccountIdentifier>,
    /// Its type.
    pub kind: AccountType,
    /// Its status.
    pub status: AccountStatus,
    /// The contact. Accounts that were not imported have none.
    pub contact: Option<Contact>,
    /// The kind of open item that it is, if an import has made it.
    pub item_kind: ItemKind,
    /// What the source's amounts state.
    pub amounts: Amounts,
    /// The source's latest figure: that of the latest day, and of the newest import with that day. Negative for a credit
    /// note, and for an invoice that is overpaid.
    pub total_amount: Option<Decimal>,
    /// The last day whose bank payments are in that figure.
    pub as_of: Option<Date>,
    /// The highest and the lowest figure that the source has stated.
    pub figures: Option<Figures>,
    /// The latest complete file that omits it, while that is later than the source's latest figure: it is closed.
    pub omitted: Option<SourceFile>,
    /// The balance in the organization's books: negative if the counterparty owes the organization. If an import has made
    /// the account, it is minus the open amount.
    pub balance: Decimal,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The due date.
    pub due_date: Option<Date>,
    /// The system it was imported from.
    pub source_system: Option<SourceSystem>,
    /// The campaign it belongs to.
    pub campaign_id: Option<CampaignId>,
    /// Its owner.
    pub owner_id: Option<OwnerId>,
    /// The client to which a row has assigned it by the client's number. It counts only while it is the owner: see
    /// [`Self::client_external_id`].
    pub client: Option<NumberedClient>,
    /// What payers state in payments of the debt.
    pub payment_reference: Option<PaymentReference>,
    /// The document numbers that payers may quote instead.
    pub references: Option<References>,
    /// The last day of the cash discount.
    pub discount_until: Option<Date>,
    /// The cash discount.
    pub discount_amount: Option<Decimal>,
    /// Free text.
    pub notes: Option<Notes>,
    /// The set of its allocations, if it has any.
    pub allocations: Option<AllocationSet>,
    /// The bank's data, if a synchronization found it at a bank.
    pub bank: Option<Box<BankDetails>>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// The revision: each write gives it another.
    pub revision: Revision,
}

impl Account {
    /// An account with the default type and status, and without optional fields.
    #[must_use]
    pub fn new(id: AccountId, balance: Decimal, currency: Currency, now: Timestamp) -> Self {
        Self {
            id,
            external_id: None,
            identifier: None,
            kind: AccountType::of_program(DEFAULT_TYPE),
            status: AccountStatus::of_program(DEFAULT_STATUS),
            contact: None,
            item_kind: ItemKind::default(),
            amounts: Amounts::default(),
            total_amount: None,
            as_of: None,
            figures: None,
            omitted: None,
            balance,
            currency,
            due_date: None,
            source_system: None,
            campaign_id: None,
            owner_id: None,
            client: None,
            payment_reference: None,
            references: None,
            discount_until: None,
            discount_amount: None,
            notes: None,
            allocations: None,
            bank: None,
            created_at: now,
            updated_at: now,
            revision: Revision::next(),
        }
    }

    /// Whether an import may have a row for the account: no import can name any other account.
    #[must_use]
    pub fn is_imported(&self) -> bool {
        self.total_amount.is_some()
    }

    /// The number of the client that it belongs to, if a row of an import has assigned it by that.
    #[must_use]
    pub fn client_external_id(&self) -> Option<&ExternalId> {
        let client = self.client.as_ref().filter(|client| self.owner_id.as_ref() == Some(&client.owner_id));
        client.map(|client| &client.external_id)
    }

    /// Whether the currency has enough decimal places for the amount that its source states.
    #[must_use]
    pub fn fits(&self, currency: Currency) -> bool {
        self.total_amount.is_none_or(|total| currency.admits(total))
    }

    /// The status as readers see it. `active` reads as `resolved` while nothing is owed: the open amount is zero, or its sign
    /// is the opposite of the original amount's. What is stored stays `active`, so that a payment that is returned reopens the
    /// account.
    #[must_use]
    pub fn shown_status(&self) -> &str {
        match self.status.as_str() {
            DEFAULT_STATUS if self.is_settled() => RESOLVED_STATUS,
            status => status,
        }
    }

    /// Whether an open item has nothing left that is owed.
    fn is_settled(&self) -> bool {
        self.open_amount().is_some_and(|open| open.is_zero() || self.is_overpaid_by(open))
    }

    /// Whether the sign of an open amount is the opposite of the original amount's.
    fn is_overpaid_by(&self, open: Decimal) -> bool {
        let original = self.original().map(|original| original.amount).unwrap_or_default();
        !open.is_zero() && !original.is_zero() && open.is_sign_negative() != original.is_sign_negative()
    }

    /// The original amount, and the earliest day of which the source has stated it, if an import has made the account.
    #[must_use]
    pub fn original(&self) -> Option<Figure> {
        self.figures.map(|figures| figures.original(self.item_kind))
    }

    /// The identifier that its transactions use: its own or, if it has none, its id.
    #[must_use]
    pub fn transactions_identifier(&self) -> AccountIdentifier {
        self.identifier.clone().unwrap_or_else(|| AccountIdentifier::of_id(&self.id))
    }
}

/// The contact of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The full name.
    pub name: ContactName,
    /// The phone number.
    pub phone: Option<Phone>,
    /// The e-mail address.
    pub email: Option<Email>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_type_and_status_are_valid() {
        assert_eq!(DEFAULT_TYPE.parse(), Ok(AccountType::of_program(DEFAULT_TYPE)));
        assert_eq!(DEFAULT_STATUS.parse(), Ok(AccountStatus::of_program(DEFAULT_STATUS)));
    }
}
