//! How the values of a row are read, beyond what their types parse.

use crate::account::{AccountField, ExternalId};
use crate::contact::Email;
use crate::date::{self, Date};
use crate::fields::{AmbiguousAmount, Fields, Finding, FindingCode, Patch};
use crate::id::AccountId;
use crate::money::{Currency, Decimal};

/// Reads the account's own id, which [`RawRow::check`](super::RawRow::check) has checked.
pub(super) fn own_id(fields: &mut Fields, name: &'static str) -> Patch<AccountId> {
    fields.patch(name, |text| text.trim().parse())
}

pub(super) fn due_date(fields: &mut Fields, name: &'static str) -> Patch<Date> {
    fields.patch(name, date::parse_since_1970)
}

pub(super) fn amount_owed(fields: &mut Fields, name: &'static str) -> Patch<Decimal> {
    match fields.amount(name) {
        Patch::Set(amount) if amount < Decimal::ZERO => {
            fields.refuse(name, FindingCode::NegativeAmount, "the amount is below zero")
        }
        amount => amount,
    }
}

pub(super) fn email(fields: &mut Fields, name: &'static str) -> Patch<Email> {
    let email = fields.patch(name, str::parse::<Email>);
    if matches!(&email, Patch::Set(email) if !email.is_address()) {
        let reason = "not an e-mail address; it was kept as it is";
        fields.report(Finding::in_field(name, FindingCode::InvalidEmail, reason));
    }
    email
}

/// Checks the amounts against the currency of the row, if it is known before the account is read.
pub(super) fn amounts_fit(
    fields: &mut Fields,
    default_currency: Currency,
    id: Option<&AccountId>,
    external_id: Option<&ExternalId>,
    total_amount: Option<&Decimal>,
    balance: Option<&Decimal>,
    currency: Patch<&Currency>,
    ambiguous: &[AmbiguousAmount],
) {
    let currency = match currency {
        Patch::Set(currency) => *currency,
        Patch::Clear => default_currency,
        // An existing account may have another currency.
        Patch::Keep if external_id.is_some() || id.is_some() => return,
        Patch::Keep => default_currency,
    };
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
