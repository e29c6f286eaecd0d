//! A row that passed every check: what it changes in its account.

use jiff::civil::Date;

use super::Field;
use crate::account::{
    AccountIdentifier, AccountStatus, AccountType, CampaignId, ExternalId, Notes, OwnerId, SourceSystem,
};
use crate::contact::{ContactName, Email, Phone};
use crate::fields::{AmbiguousAmount, Finding, Patch};
use crate::id::AccountId;
use crate::money::{Currency, Decimal};

/// Creates an account or changes the one with the same external id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountUpsert {
    /// The source's id of the account.
    pub external_id: Option<ExternalId>,
    /// The account's own id. Beside an external id it must be the same account's; alone, that
    /// of an account that an import made before. A row with neither makes a new account.
    pub id: Option<AccountId>,
    /// The contact's full name.
    pub name: ContactName,
    /// What is owed; not negative.
    pub total_amount: Decimal,
    /// The balance, if it is not minus what is owed. Only rows with an `id` have one.
    pub balance: Option<Decimal>,
    /// The currency of both. If the row keeps it, the account's own, and for a new account the
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
    /// What its transactions call it. Only rows with an `id` say it.
    pub identifier: Patch<AccountIdentifier>,
    /// Which of the amounts can be read in two ways. They are as above in currencies in which
    /// they can't.
    pub ambiguous: Vec<AmbiguousAmount>,
}

impl AccountUpsert {
    /// The balance of the account once the row is written.
    #[must_use]
    pub fn balance(&self) -> Decimal {
        self.balance.unwrap_or(-self.total_amount)
    }

    /// Checks that both amounts can be in this currency.
    ///
    /// # Errors
    /// Which of them is ambiguous, or has more digits than the currency.
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
