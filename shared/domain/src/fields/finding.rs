//! What is wrong with what was sent, or odd about it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::contact::InvalidPhone;
use crate::date::{InvalidDate, InvalidMoment, RefusedDate};
use crate::id::InvalidId;
use crate::money::{AmountError, Currency, UnknownCurrency, UnknownSeparator};
use crate::text::TextError;

/// One thing found in a row or a body. The reason quotes no personal field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// The path of the field it was found in; absent when it concerns the whole row.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Cow<'static, str>>,
    /// What it is, for machines.
    pub code: FindingCode,
    /// What it is, for people.
    pub reason: Cow<'static, str>,
}

impl Finding {
    /// Something found in `field`.
    #[must_use]
    pub fn in_field(
        field: impl Into<Cow<'static, str>>,
        code: FindingCode,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { field: Some(field.into()), code, reason: reason.into() }
    }

    /// An amount with digits below its currency's smallest unit.
    #[must_use]
    pub fn too_many_digits(field: impl Into<Cow<'static, str>>, currency: Currency) -> Self {
        let places = currency.decimal_places().unwrap_or_default();
        let reason = format!("amounts in {currency} have at most {places} decimal places");
        Self::in_field(field, FindingCode::TooManyDigits, reason)
    }

    /// Something that concerns the whole row.
    #[must_use]
    pub fn in_row(code: FindingCode, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { field: None, code, reason: reason.into() }
    }
}

/// Whether a finding about a row keeps it from being imported. In a body everything found
/// does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The row is refused.
    Error,
    /// The row is imported all the same.
    Warning,
}

/// The kinds of finding. Names are stable: callers compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FindingCode {
    /// A required field is absent, null or empty.
    Required,
    /// The value is of another JSON type than the field.
    InvalidType,
    /// The text is no decimal number.
    InvalidAmount,
    /// An amount whose separator may be one of thousands or of decimals.
    AmbiguousAmount,
    /// An amount that is marked with another currency than the row's.
    CurrencyMismatch,
    /// An amount of zero or below.
    NotPositive,
    /// More decimal places than the currency has, or more than 28 digits.
    TooManyDigits,
    /// No currency of ISO 4217.
    UnknownCurrency,
    /// No phone number in E.164 form.
    InvalidPhone,
    /// No calendar date.
    InvalidDate,
    /// No moment in RFC 3339's form, or one in the past where the future is meant.
    InvalidTime,
    /// A moment after the latest that is allowed.
    TooLate,
    /// None of the values the field may have.
    InvalidValue,
    /// More characters than the field holds.
    TooLong,
    /// Nothing but blanks, a control character, or an invisible character in an id.
    InvalidText,
    /// The same field twice.
    DuplicateField,
    /// More elements than a list may have.
    TooMany,
    /// The same value twice in a list.
    DuplicateValue,
    /// A field that can't be set.
    ReadOnly,
    /// Another amount, sign or currency than the transaction with this id has.
    Conflict,
    /// An `external_id` that is there and blank, in a row without `id`.
    BlankExternalId,
    /// A row of totals below a list, which is not a debt.
    TotalsRow,
    /// An id that a spreadsheet has turned into a number or an error, such as 1.23457E+12.
    MangledId,
    /// An id that is a number in a workbook: zeros in front of it are lost. A warning.
    NumericId,
    /// A cell of a workbook with an error such as #N/A, or with a formula that was never calculated.
    ErrorValue,
    /// No account that an import made.
    UnknownAccount,
    /// The row is no JSON object.
    InvalidRow,
    /// The line is no JSON.
    InvalidJson,
    /// A CSV row with a mistake in its quotation marks.
    Misquoted,
    /// A CSV row with more or fewer cells than the header.
    ColumnCount,
    /// The row could not be processed, however often it was tried.
    ProcessingFailed,
    /// A field of an account, with its name spelled differently than in the contract: `dueDate`.
    MisspelledField,
    /// A field there is not. In an import it was left out: a warning.
    UnknownField,
    /// Text that is no e-mail address; it was kept. A warning.
    InvalidEmail,
    /// Text in a file that is no phone number; it was kept. A warning.
    UnreadablePhone,
    /// Line breaks, control characters or invisible characters that were replaced or removed. A warning.
    ReplacedCharacters,
    /// A file without a currency: the organization's was assumed. A warning.
    AssumedCurrency,
    /// A file that is not UTF-8: its encoding was assumed. A warning.
    AssumedEncoding,
    /// Visible sheets of a workbook that have cells and are not read, because the options name no sheet. A warning.
    UnreadSheets,
    /// The last row about an account lacks values of the rows that it supersedes. A warning.
    SupersededValues,
    /// A table without a column of external ids: each import of it makes new accounts. A warning of previews.
    NoExternalId,
    /// Rows that lack a field that new accounts need: they change accounts that exist, and are refused without one. A
    /// warning of previews.
    IncompleteRows,
    /// An id with characters that depend on an encoding that was assumed.
    UncertainId,
    /// Text in a file that is no kind of open item; it was left out. A warning.
    UnknownKind,
    /// An amount of an earlier day than the account's: it did not replace the account's. A warning.
    StaleAsOf,
    /// A row that states another source system, currency or campaign than the scope of its import.
    OutOfScope,
    /// Rows that are not as many, or not of the sum, that the options state. A warning.
    ControlTotalsDiffer,
}

impl FindingCode {
    /// The code's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether this kind of finding keeps a row from being imported.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::UnknownField
            | Self::InvalidEmail
            | Self::UnreadablePhone
            | Self::NumericId
            | Self::ReplacedCharacters
            | Self::AssumedCurrency
            | Self::AssumedEncoding
            | Self::UnreadSheets
            | Self::SupersededValues
            | Self::NoExternalId
            | Self::IncompleteRows
            | Self::UnknownKind
            | Self::StaleAsOf
            | Self::ControlTotalsDiffer => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl From<TextError> for FindingCode {
    fn from(error: TextError) -> Self {
        match error {
            TextError::TooLong { .. } => Self::TooLong,
            TextError::Empty | TextError::ControlCharacter | TextError::InvisibleCharacter(_) => {
                Self::InvalidText
            }
        }
    }
}

impl From<AmountError> for FindingCode {
    fn from(error: AmountError) -> Self {
        match error {
            AmountError::Malformed => Self::InvalidAmount,
            AmountError::TooManyDigits => Self::TooManyDigits,
        }
    }
}

impl From<UnknownCurrency> for FindingCode {
    fn from(_: UnknownCurrency) -> Self {
        Self::UnknownCurrency
    }
}

impl From<UnknownSeparator> for FindingCode {
    fn from(_: UnknownSeparator) -> Self {
        Self::InvalidValue
    }
}

impl From<InvalidPhone> for FindingCode {
    fn from(_: InvalidPhone) -> Self {
        Self::InvalidPhone
    }
}

impl From<InvalidDate> for FindingCode {
    fn from(_: InvalidDate) -> Self {
        Self::InvalidDate
    }
}

impl From<RefusedDate> for FindingCode {
    fn from(_: RefusedDate) -> Self {
        Self::InvalidDate
    }
}

impl From<InvalidMoment> for FindingCode {
    fn from(_: InvalidMoment) -> Self {
        Self::InvalidTime
    }
}

impl From<InvalidId> for FindingCode {
    fn from(_: InvalidId) -> Self {
        Self::InvalidValue
    }
}

/// The text is none of the values a field may have: why, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(pub &'static str);

impl From<InvalidValue> for FindingCode {
    fn from(_: InvalidValue) -> Self {
        Self::InvalidValue
    }
}
