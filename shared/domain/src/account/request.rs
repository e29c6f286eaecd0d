//! The request bodies that create and change an account.

use jiff::Timestamp;

use super::{
    Account, AccountIdentifier, AccountStatus, AccountType, CampaignId, DEFAULT_STATUS, Notes, OwnerId,
    Revision,
};
use crate::fields::{AmbiguousAmount, Body, Fields, Finding, FindingCode, Patch};
use crate::id::AccountId;
use crate::money::{Currency, Decimal};

const BALANCE: &str = "balance";
const CURRENCY: &str = "currency";

/// A new account.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = NewAccount, example = json!({
    "type": "savings", "balance": 5000, "currency": "USD", "owner_id": "WAz8eIbvDR60rouK"
})))]
#[body(rule = balance_fits_currency(balance, currency))]
pub struct NewAccount {
    /// The type, such as `savings`, `checking` or `investment`.
    #[body(rename = "type")]
    pub kind: AccountType,
    /// The opening balance.
    #[body(read = Fields::amount, wire = crate::openapi::AnyAmount)]
    pub balance: Decimal,
    /// The currency of the balance.
    pub currency: Currency,
    /// The owner: the id of a client, or an id of your own.
    #[body(read = Fields::id)]
    pub owner_id: OwnerId,
    /// The status; `active` by default.
    #[body(read = Fields::optional)]
    pub status: Option<AccountStatus>,
    /// The campaign that the account belongs to.
    #[body(read = Fields::optional_id)]
    pub campaign_id: Option<CampaignId>,
    /// Free text.
    #[body(read = Fields::optional)]
    pub notes: Option<Notes>,
    /// The identifier that its transactions refer to, such as an IBAN; the account's id by default.
    #[body(read = Fields::optional_id)]
    pub identifier: Option<AccountIdentifier>,
}

/// A change of an account. Absent fields keep their values; `null` removes the value of an optional field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Body)]
#[body(schema(as = AccountChange, example = json!({ "balance": 6000, "status": "resolved" })))]
pub struct AccountChange {
    /// The type.
    #[body(rename = "type", not_null)]
    pub kind: Option<AccountType>,
    /// The balance.
    #[body(not_null, read = Fields::amount, wire = crate::openapi::AnyAmount)]
    pub balance: Option<Decimal>,
    /// The currency of the balance.
    #[body(not_null)]
    pub currency: Option<Currency>,
    /// The owner: the id of a client, or an id of your own.
    #[body(read = Fields::optional_id)]
    pub owner_id: Patch<OwnerId>,
    /// The status.
    #[body(not_null)]
    pub status: Option<AccountStatus>,
    /// The campaign that the account belongs to.
    #[body(read = Fields::optional_id)]
    pub campaign_id: Patch<CampaignId>,
    /// Free text.
    #[body(read = Fields::optional)]
    pub notes: Patch<Notes>,
    /// The identifier that its transactions refer to.
    #[body(read = Fields::optional_id)]
    pub identifier: Patch<AccountIdentifier>,
    /// The balance as it was sent, if it is ambiguous in currencies of few decimal places.
    #[body(computed = Fields::take_ambiguous)]
    pub ambiguous: Vec<AmbiguousAmount>,
}

impl NewAccount {
    /// The account.
    #[must_use]
    pub fn create(self, id: AccountId, now: Timestamp) -> Account {
        Account {
            id,
            external_id: None,
            identifier: self.identifier,
            kind: self.kind,
            status: self.status.unwrap_or_else(|| AccountStatus::of_program(DEFAULT_STATUS)),
            contact: None,
            total_amount: None,
            balance: self.balance,
            currency: self.currency,
            due_date: None,
            source_system: None,
            campaign_id: self.campaign_id,
            owner_id: Some(self.owner_id),
            notes: self.notes,
            bank: None,
            created_at: now,
            updated_at: now,
            revision: Revision::next(),
        }
    }
}

impl AccountChange {
    /// Checks that the account's amounts fit its currency once it is changed.
    ///
    /// # Errors
    /// The amount that does not fit.
    pub fn check(&self, account: &Account) -> Result<(), Finding> {
        let currency = self.currency.unwrap_or(account.currency);
        if let Some(balance) = self.balance {
            check_balance(balance, &self.ambiguous, currency)?;
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

/// Reports a balance that does not fit the currency of a new account.
fn balance_fits_currency(fields: &mut Fields, balance: Option<&Decimal>, currency: Option<&Currency>) {
    if let Some((balance, currency)) = balance.zip(currency)
        && let Err(refused) = check_balance(*balance, &fields.take_ambiguous(), *currency)
    {
        fields.report(refused);
    }
}

/// Checks that a balance is unambiguous in this currency and has no more decimal places.
fn check_balance(balance: Decimal, ambiguous: &[AmbiguousAmount], currency: Currency) -> Result<(), Finding> {
    match ambiguous.iter().find_map(|amount| amount.refused_in(currency)) {
        Some(refused) => Err(refused),
        None if !currency.admits(balance) => Err(Finding::too_many_digits(BALANCE, currency)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_status_is_valid() {
        assert_eq!(DEFAULT_STATUS.parse(), Ok(AccountStatus::of_program(DEFAULT_STATUS)));
    }

    #[test]
    fn all_errors_are_reported_at_once() {
        let body =
            br#"{"type":"", "balance":1.005, "currency":"EUR", "notes":[], "colour":"red", "status":null}"#;
        let fields = Fields::of_json(NewAccount::FIELDS, body).expect("JSON");
        let findings = NewAccount::read(fields, ()).expect_err("an invalid body");
        let found: Vec<_> = findings.iter().map(|found| (found.field.as_deref(), found.code)).collect();
        assert_eq!(
            found,
            [
                (Some("type"), FindingCode::InvalidText),
                (Some("owner_id"), FindingCode::Required),
                (Some("notes"), FindingCode::InvalidType),
                (Some("balance"), FindingCode::TooManyDigits),
                (Some("colour"), FindingCode::UnknownField),
            ]
        );
    }

    #[test]
    fn absent_fields_are_kept_and_null_clears_optional_ones() {
        let read = |body: &[u8]| {
            let fields = Fields::of_json(AccountChange::FIELDS, body).expect("JSON");
            AccountChange::read(fields, ())
        };
        let change = read(br#"{"notes":null, "owner_id":"me"}"#).expect("a change");
        assert_eq!((change.notes, change.campaign_id), (Patch::Clear, Patch::Keep));
        assert_eq!(change.owner_id, Patch::Set("me".parse().expect("an id")));
        assert_eq!(read(br#"{"status":null}"#).expect_err("null")[0].code, FindingCode::Required);
    }
}
