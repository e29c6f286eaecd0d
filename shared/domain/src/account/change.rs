//! Accounts made and changed one by one.

use jiff::Timestamp;

use super::{
    Account, AccountIdentifier, AccountStatus, AccountType, CampaignId, DEFAULT_STATUS, Notes, OwnerId,
    Revision,
};
use crate::fields::{AmbiguousAmount, Fields, Finding, FindingCode, Patch};
use crate::id::AccountId;
use crate::money::{Currency, Decimal};

const TYPE: &str = "type";
const BALANCE: &str = "balance";
const CURRENCY: &str = "currency";
const OWNER_ID: &str = "owner_id";
const STATUS: &str = "status";
const CAMPAIGN_ID: &str = "campaign_id";
const NOTES: &str = "notes";
const IDENTIFIER: &str = "identifier";

/// The fields of an account that can be set one by one.
pub const ACCOUNT_FIELDS: &[&str] =
    &[TYPE, BALANCE, CURRENCY, OWNER_ID, STATUS, CAMPAIGN_ID, NOTES, IDENTIFIER];

/// What to change in an account. What is not mentioned stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// Its type.
    pub kind: Option<AccountType>,
    /// Its balance.
    pub balance: Option<Decimal>,
    /// Its currency.
    pub currency: Option<Currency>,
    /// Its status.
    pub status: Option<AccountStatus>,
    /// Who owns it.
    pub owner_id: Patch<OwnerId>,
    /// The campaign it belongs to.
    pub campaign_id: Patch<CampaignId>,
    /// Free text.
    pub notes: Patch<Notes>,
    /// What its transactions call it.
    pub identifier: Patch<AccountIdentifier>,
    /// The balance, if it can be read in two ways. In currencies in which it can't it is as above.
    pub ambiguous: Vec<AmbiguousAmount>,
}

impl Account {
    /// A new account: type, balance, currency and owner are required.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn create(mut fields: Fields, id: AccountId, now: Timestamp) -> Result<Self, Vec<Finding>> {
        let kind = fields.required(TYPE, Fields::text);
        let balance = fields.required(BALANCE, Fields::amount);
        let currency = fields.required(CURRENCY, currency);
        let owner_id = fields.required(OWNER_ID, Fields::id);
        let status = fields.optional(STATUS).value().or_else(|| DEFAULT_STATUS.parse().ok());
        let campaign_id = fields.optional_id(CAMPAIGN_ID).value();
        let notes = fields.optional(NOTES).value();
        let identifier = fields.optional_id(IDENTIFIER).value();
        if let Some((balance, currency)) = balance.zip(currency)
            && let Err(refused) = fits(balance, &fields.take_ambiguous(), currency)
        {
            fields.report(refused);
        }
        let account = move || {
            Some(Self {
                id,
                external_id: None,
                identifier,
                kind: kind?,
                status: status?,
                contact: None,
                total_amount: None,
                balance: balance?,
                currency: currency?,
                due_date: None,
                source_system: None,
                campaign_id,
                owner_id,
                notes,
                bank: None,
                created_at: now,
                updated_at: now,
                revision: Revision::next(),
            })
        };
        fields.finish(account())
    }
}

impl AccountChange {
    /// Reads a change.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn read(mut fields: Fields) -> Result<Self, Vec<Finding>> {
        let change = Self {
            kind: fields.not_null(TYPE, Fields::text),
            balance: fields.not_null(BALANCE, Fields::amount),
            currency: fields.not_null(CURRENCY, currency),
            status: fields.not_null(STATUS, Fields::text),
            owner_id: fields.optional_id(OWNER_ID),
            campaign_id: fields.optional_id(CAMPAIGN_ID),
            notes: fields.optional(NOTES),
            identifier: fields.optional_id(IDENTIFIER),
            ambiguous: fields.take_ambiguous(),
        };
        fields.finish(Some(change))
    }

    /// Checks that the account's amounts fit its currency once it is changed.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, account: &Account) -> Result<(), Finding> {
        let currency = self.currency.unwrap_or(account.currency);
        if let Some(balance) = self.balance {
            fits(balance, &self.ambiguous, currency)?;
        }
        let unfit = match account.total_amount {
            _ if self.currency.is_none() => None,
            Some(total) if !currency.admits(total) => Some("total_amount, which only an import changes,"),
            _ if self.balance.is_none() && !currency.admits(account.balance) => Some("balance"),
            _ => None,
        };
        match unfit {
            None => Ok(()),
            Some(amount) => {
                let reason = format!("the account's {amount} has more decimal places than {currency} has");
                Err(Finding::in_field(CURRENCY, FindingCode::TooManyDigits, reason))
            }
        }
    }
}

/// Checks that a balance can be in this currency.
fn fits(balance: Decimal, ambiguous: &[AmbiguousAmount], currency: Currency) -> Result<(), Finding> {
    match ambiguous.iter().find_map(|amount| amount.refused_in(currency)) {
        Some(refused) => Err(refused),
        None if !currency.admits(balance) => Err(Finding::too_many_digits(BALANCE, currency)),
        None => Ok(()),
    }
}

fn currency(fields: &mut Fields, name: &'static str) -> Patch<Currency> {
    fields.patch(name, str::parse)
}
