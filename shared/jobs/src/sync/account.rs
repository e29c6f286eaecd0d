//! Converts a reported account to an account.

use iban::{Iban, IbanLike};
use jiff::Timestamp;
use saldo_domain::access::Access;
use saldo_domain::account::{Account, BankDetails, OwnerId, type_of};
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::AccountId;
use saldo_domain::money::{Currency, Decimal, parse_plain};

use crate::bank::{ReportedAccount, ReportedBalance};

/// The characters that are kept of a name.
const NAME_CHARS_MAX: usize = 256;

/// The identity of an account: its IBAN or account number, and its currency. The interface's own id is used only if there
/// is neither.
pub(super) struct Identity {
    pub(super) id: AccountId,
    /// The identifier for its transactions: only an IBAN is unique everywhere.
    iban: Option<String>,
    currency: Currency,
}

impl Identity {
    pub(super) fn of(access: &Access, report: &ReportedAccount) -> Result<Self, Finding> {
        let unknown =
            |_| unreadable("currency", FindingCode::UnknownCurrency, "the account's currency is unknown");
        let currency: Currency = report.currency.parse().map_err(unknown)?;
        let iban = report.iban.as_deref().map(electronic);
        let identity = iban.as_deref().or(report.number.as_deref()).unwrap_or(&report.resource);
        if identity.trim().is_empty() {
            return Err(unreadable(
                "resourceId",
                FindingCode::Required,
                "nothing tells the account from others",
            ));
        }
        Ok(Self { id: AccountId::of_bank(&access.id, identity, currency), iban, currency })
    }
}

/// The reported account, with its best balance.
///
/// # Errors
/// The finding, if the balance is missing or malformed.
pub(super) fn account_of(
    access: &Access,
    identity: Identity,
    report: &ReportedAccount,
    now: Timestamp,
) -> Result<Account, Finding> {
    let Identity { id, iban, currency } = identity;
    let (balance, balance_date) = balance(report, currency)?;
    let Ok(kind) = type_of(report.cash_account_type.as_deref()).parse() else {
        return Err(unreadable("cashAccountType", FindingCode::InvalidValue, "the type can't be kept"));
    };
    let text = |text: &Option<String>| text.as_deref().and_then(|text| clean(text, NAME_CHARS_MAX));
    let mut account = Account::new(id, balance, currency, now);
    account.kind = kind;
    account.identifier = iban.as_deref().and_then(|iban| iban.parse().ok());
    account.owner_id = Some(OwnerId::of_id(&access.client_id));
    account.bank = Some(Box::new(BankDetails {
        access_id: access.id.clone(),
        name: text(&report.name),
        product: text(&report.product),
        owner_name: text(&report.owner_name),
        iban,
        bban: text(&report.number),
        bic: text(&report.bic),
        cash_account_type: text(&report.cash_account_type),
        balance,
        currency,
        balance_date,
        missing_since: None,
    }));
    Ok(account)
}

/// A finding about a field of a report.
pub(super) fn unreadable(field: &'static str, code: FindingCode, reason: impl Into<String>) -> Finding {
    Finding::in_field(field, code, reason.into())
}

/// An IBAN in electronic format (ISO 13616). Text that is not an IBAN is only trimmed.
pub(super) fn electronic(text: &str) -> String {
    match text.parse::<Iban>() {
        Ok(iban) => iban.electronic_str().to_owned(),
        Err(_) => text.trim().to_owned(),
    }
}

/// The balance of the best rank in the account's currency, with its date.
fn balance(
    report: &ReportedAccount,
    currency: Currency,
) -> Result<(Decimal, Option<jiff::civil::Date>), Finding> {
    let own = report.balances.iter().flatten().filter(|balance| balance.currency == currency.code());
    let best: Option<&ReportedBalance> =
        own.min_by_key(|balance| (balance.rank, std::cmp::Reverse(balance.day)));
    let Some(best) = best else {
        return Err(unreadable(
            "balances",
            FindingCode::Required,
            "there is no balance in the account's currency",
        ));
    };
    let amount = parse_plain(&best.amount)
        .map_err(|error| unreadable("balanceAmount", error.into(), error.to_string()))?
        .normalize();
    match currency.admits(amount) {
        true => Ok((amount, best.day)),
        false => Err(Finding::too_many_digits("balanceAmount", currency)),
    }
}

/// Text without control characters, truncated to `chars_max`; `None` if it is blank.
pub(super) fn clean(text: &str, chars_max: usize) -> Option<String> {
    let kept: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars_max).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}
