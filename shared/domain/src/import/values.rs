//! How the values of a row are read, beyond what their types parse.

use crate::account::AccountField;
use crate::contact::Email;
use crate::date::{self, Date};
use crate::fields::{AmbiguousAmount, Fields, Finding, FindingCode, Patch};
use crate::id::AccountId;
use crate::money::{Currency, Decimal};

/// Reads the account's own id, which [`RawRow::check`](super::RawRow::check) has checked.
pub(super) fn own_id(fields: &mut Fields<'_>, name: &'static str) -> Patch<AccountId> {
    fields.patch(name, |text| text.trim().parse())
}

pub(super) fn due_date(fields: &mut Fields<'_>, name: &'static str) -> Patch<Date> {
    fields.patch(name, date::parse_since_1970)
}

pub(super) fn amount_owed(fields: &mut Fields<'_>, name: &'static str) -> Patch<Decimal> {
    match fields.amount(name) {
        Patch::Set(amount) if amount < Decimal::ZERO => {
            fields.refuse(name, FindingCode::NegativeAmount, "the amount is below zero")
        }
        amount => amount,
    }
}

pub(super) fn email(fields: &mut Fields<'_>, name: &'static str) -> Patch<Email> {
    let email = fields.patch(name, str::parse::<Email>);
    if matches!(&email, Patch::Set(email) if !email.is_address()) {
        let reason = "not an e-mail address; it was kept as it is";
        fields.report(Finding::in_field(name, FindingCode::InvalidEmail, reason));
    }
    email
}

/// The currencies of amounts in a row.
#[derive(Clone, Copy, Debug)]
pub struct RowCurrencies {
    /// That of a row that clears its currency: the organization's.
    pub cleared: Currency,
    /// That of a row without a currency; `None` if the row names an account, which may have another one.
    pub absent: Option<Currency>,
}

/// Checks the amounts against the currency of the row, if it is known before the account is read.
pub(super) fn amounts_fit(
    fields: &mut Fields<'_>,
    currencies: RowCurrencies,
    total_amount: Option<&Decimal>,
    balance: Option<&Decimal>,
    currency: Patch<&Currency>,
    ambiguous: &[AmbiguousAmount],
) {
    let currency = match currency {
        Patch::Set(currency) => Some(*currency),
        Patch::Clear => Some(currencies.cleared),
        Patch::Keep => currencies.absent,
    };
    let Some(currency) = currency else { return };
    for (field, amount) in [(AccountField::TotalAmount, total_amount), (AccountField::Balance, balance)] {
        // An amount that was refused is reported already.
        let Some(amount) = amount else { continue };
        let refused = ambiguous.iter().find(|ambiguous| ambiguous.field() == field.name());
        let refused = refused.and_then(|ambiguous| ambiguous.refused_in(currency)).or_else(|| {
            (!currency.admits(*amount)).then(|| Finding::too_many_digits(field.name(), currency))
        });
        if let Some(finding) = refused {
            fields.report(finding);
        }
    }
}
