//! A checked row: the change to an account.

use jiff::civil::Date;

use super::Field;
use crate::account::{
    AccountIdentifier, AccountStatus, AccountType, CampaignId, ExternalId, Notes, OwnerId, SourceSystem,
};
use crate::contact::{ContactName, Email, Phone};
use crate::fields::{AmbiguousAmount, Finding, Patch};
use crate::id::AccountId;
use crate::money::{Currency, Decimal};

/// Creates an account or changes an existing one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountUpsert {
    /// The source's id of the account.
    pub external_id: Option<ExternalId>,
    /// The account's own id. Beside an external id, both must identify the same account; alone, it must be the id of an
    /// imported account. A row with neither creates an account.
    pub id: Option<AccountId>,
    /// The contact's full name.
    pub name: ContactName,
    /// The amount owed; not negative.
    pub total_amount: Decimal,
    /// The balance, if it is not the negated amount owed. Only rows with an `id` have one.
    pub balance: Option<Decimal>,
    /// The currency of the amounts. `Keep` is the account's currency, or the organization's for a new account; the amounts
    /// are checked against it when the row is written.
    pub currency: Patch<Currency>,
    /// The contact's phone number.
    pub phone: Patch<Phone>,
    /// The contact's e-mail address.
    pub email: Patch<Email>,
    /// The due date.
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
    /// The identifier that its transactions use. Only rows with an `id` have one.
    pub identifier: Patch<AccountIdentifier>,
    /// The amounts that are ambiguous in some currencies. In all other currencies, the values above are correct.
    pub ambiguous: Vec<AmbiguousAmount>,
}

impl AccountUpsert {
    /// The balance of the account after the row is written.
    #[must_use]
    pub fn balance(&self) -> Decimal {
        self.balance.unwrap_or(-self.total_amount)
    }

    /// Checks both amounts against the currency.
    ///
    /// # Errors
    /// The finding about an amount that is ambiguous or has more decimal places than the currency.
    pub fn fits(&self, currency: Currency) -> Result<(), Finding> {
        if let Some(refused) = self.ambiguous.iter().find_map(|amount| amount.refused_in(currency)) {
            return Err(refused);
        }
        let amounts = [(Field::TotalAmount, self.total_amount), (Field::Balance, self.balance())];
        match amounts.into_iter().find(|(_, amount)| !currency.admits(*amount)) {
            None => Ok(()),
            Some((field, _)) => Err(Finding::too_many_digits(field.name(), currency)),
        }
    }
}
