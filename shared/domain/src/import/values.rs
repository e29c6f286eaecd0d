//! How the values of a row are read, beyond what their types parse.

use std::fmt;

use crate::account::AccountField;
use crate::contact::{ContactName, Email, Phone};
use crate::date::{Date, RefusedDate};
use crate::date_format::DateFormat;
use crate::fields::{AmbiguousAmount, Fields, Finding, FindingCode, Patch, Value, shown_value};
use crate::id::AccountId;
use crate::money::{Currency, Decimal};
use crate::receivable::ItemKind;
use crate::text::{is_blank, trimmed};

/// Reads the account's own id, which [`RawRow::check`](super::RawRow::check) has checked.
pub(super) fn own_id(fields: &mut Fields<'_>, name: &'static str) -> Patch<AccountId> {
    fields.patch(name, |text| text.trim().parse())
}

/// Reads a date in the format of the file.
pub(super) fn day(fields: &mut Fields<'_>, name: &'static str, context: RowContext) -> Patch<Date> {
    fields.patch(name, |text| {
        let text = trimmed(text);
        context.dates.parse(text).map_err(|refused| NotADate {
            text: shown_value(text),
            refused,
            format: context.dates,
        })
    })
}

/// The text is not a date in the format of the file.
#[derive(Debug)]
struct NotADate {
    text: String,
    refused: RefusedDate,
    format: DateFormat,
}

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, refused, format } = self;
        match refused {
            RefusedDate::OutOfRange { .. } => write!(f, "{text}: {refused}"),
            RefusedDate::Invalid(_) | RefusedDate::Unreadable => {
                let example = format.example();
                write!(f, "{text} is not a calendar date such as {example} (`date_format` {format})")
            }
        }
    }
}

impl From<NotADate> for FindingCode {
    fn from(_: NotADate) -> Self {
        Self::InvalidDate
    }
}

/// Reads a phone number. In a table, one that can't be read is kept with a warning.
pub(super) fn phone(fields: &mut Fields<'_>, name: &'static str, context: RowContext) -> Patch<Phone> {
    let read = |text: &str| Phone::of_people(text, context.country);
    let number = match fields.get(name) {
        Some(Value::Text(text)) if context.is_table && !is_blank(text) => read(text),
        _ => return fields.optional_with(name, read),
    };
    if let Ok(number) = number {
        fields.take(name);
        return Patch::Set(number);
    }
    let kept = fields.line(name);
    if matches!(kept, Patch::Set(_)) {
        let reason = match context.country {
            Some(_) => "not a phone number; it was kept as it is",
            None => {
                "not an international phone number; it was kept as it is; `default_country` reads national ones"
            }
        };
        fields.report(Finding::in_field(name, FindingCode::UnreadablePhone, reason));
    }
    kept
}

/// Reads a currency: `eur` is EUR.
pub(super) fn currency(fields: &mut Fields<'_>, name: &'static str) -> Patch<Currency> {
    fields.optional_with(name, |text| {
        Currency::of_people(text).map_err(|_| NotACurrency(shown_value(text.trim())))
    })
}

/// The text is not the code of a currency.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} is not an ISO 4217 currency code such as ARS, EUR or USD; write the code instead of the currency's name"
)]
struct NotACurrency(String);

impl From<NotACurrency> for FindingCode {
    fn from(_: NotACurrency) -> Self {
        Self::UnknownCurrency
    }
}

pub(super) fn amount_owed(
    fields: &mut Fields<'_>,
    name: &'static str,
    context: RowContext,
) -> Patch<Decimal> {
    required_of_new(fields, name, context, Fields::amount)
}

/// Reads a kind. Other systems have a column of that name, too: in a table, text that is no kind is left out with a warning.
pub(super) fn item_kind(fields: &mut Fields<'_>, name: &'static str, context: RowContext) -> Patch<ItemKind> {
    if !context.is_table {
        return fields.optional_with(name, str::parse::<ItemKind>);
    }
    match fields.take(name) {
        None => Patch::Keep,
        Some(Value::Text(text)) if !is_blank(&text) => match ItemKind::of_people(&text) {
            Ok(kind) => Patch::Set(kind),
            Err(unknown) => {
                fields.refuse(name, FindingCode::UnknownKind, format!("{unknown}; it was left out"))
            }
        },
        Some(_) => Patch::Clear,
    }
}

pub(super) fn contact_name(
    fields: &mut Fields<'_>,
    name: &'static str,
    context: RowContext,
) -> Patch<ContactName> {
    required_of_new(fields, name, context, Fields::line)
}

/// Reads a field that new accounts need. A row that names its account may leave it out, since the account may exist; no row
/// may clear it.
fn required_of_new<'a, T>(
    fields: &mut Fields<'a>,
    name: &'static str,
    context: RowContext,
    read: impl FnOnce(&mut Fields<'a>, &'static str) -> Patch<T>,
) -> Patch<T> {
    if fields.get(name).is_none() && context.names_account() && !fields.is_refused(name) {
        return Patch::Keep;
    }
    fields.required(name, read).map_or(Patch::Keep, Patch::Set)
}

pub(super) fn email(fields: &mut Fields<'_>, name: &'static str) -> Patch<Email> {
    let email: Patch<Email> = fields.line(name);
    if matches!(&email, Patch::Set(email) if !email.is_address()) {
        let reason = "not an e-mail address; it was kept as it is";
        fields.report(Finding::in_field(name, FindingCode::InvalidEmail, reason));
    }
    email
}

/// What reading a row depends on besides the row.
#[derive(Clone, Copy, Debug)]
pub struct RowContext {
    /// The currency of a row that clears its currency: the organization's.
    pub(super) cleared: Currency,
    /// That of a row without a currency; `None` if the row names an account, which may have another one.
    pub(super) absent: Option<Currency>,
    pub(super) dates: DateFormat,
    /// The country of phone numbers without a country code.
    pub(super) country: Option<&'static str>,
    /// Whether the row is a record of a table.
    pub(super) is_table: bool,
}

impl RowContext {
    /// Whether the row names an account, which may exist.
    fn names_account(&self) -> bool {
        self.absent.is_none()
    }
}

/// Checks the amounts against the currency of the row, if it is known before the account is read.
pub(super) fn amounts_fit(
    fields: &mut Fields<'_>,
    context: RowContext,
    total_amount: Option<&Decimal>,
    balance: Option<&Decimal>,
    currency: Patch<&Currency>,
    ambiguous: &[AmbiguousAmount],
) {
    let amounts = [(AccountField::TotalAmount, total_amount), (AccountField::Balance, balance)];
    all_fit(fields, context, amounts, currency, ambiguous);
}

/// Refuses a balance without the amount that it follows from.
pub(super) fn balance_has_amount(
    fields: &mut Fields<'_>,
    _: RowContext,
    total_amount: Option<&Decimal>,
    balance: Option<&Decimal>,
) {
    let (amount, name) = (AccountField::TotalAmount.name(), AccountField::Balance.name());
    if balance.is_some() && total_amount.is_none() && !fields.is_refused(amount) {
        let reason = "the balance follows from total_amount and from what was allocated: state total_amount if the source \
            says so, or set the balance with PUT /v1/accounts/{id}, which makes an adjustment";
        fields.report(Finding::in_field(name, FindingCode::ReadOnly, reason));
    }
}

/// The same for the original amount and the discount.
pub(super) fn terms_fit(
    fields: &mut Fields<'_>,
    context: RowContext,
    original: Option<&Decimal>,
    discount: Patch<&Decimal>,
    currency: Patch<&Currency>,
    ambiguous: &[AmbiguousAmount],
) {
    let amounts =
        [(AccountField::OriginalAmount, original), (AccountField::DiscountAmount, discount.value())];
    all_fit(fields, context, amounts, currency, ambiguous);
}

fn all_fit(
    fields: &mut Fields<'_>,
    context: RowContext,
    amounts: [(AccountField, Option<&Decimal>); 2],
    currency: Patch<&Currency>,
    ambiguous: &[AmbiguousAmount],
) {
    let currency = match currency {
        Patch::Set(currency) => Some(*currency),
        Patch::Clear => Some(context.cleared),
        Patch::Keep => context.absent,
    };
    let Some(currency) = currency else { return };
    for (field, amount) in amounts {
        // An amount that was refused is reported already.
        let Some(amount) = amount else { continue };
        let mut of_field = ambiguous.iter().filter(|ambiguous| ambiguous.field() == field.name());
        let refused = of_field.find_map(|ambiguous| ambiguous.refused_in(currency)).or_else(|| {
            (!currency.admits(*amount)).then(|| Finding::too_many_digits(field.name(), currency))
        });
        if let Some(finding) = refused {
            fields.report(finding);
        }
    }
}
