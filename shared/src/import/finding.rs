//! What is wrong with a row, or odd about it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One thing found in a row. The reason never quotes the row: rows hold personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The path of the field it was found in; absent when it concerns the whole row.
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

    /// Something that concerns the whole row.
    #[must_use]
    pub fn in_row(code: FindingCode, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { field: None, code, reason: reason.into() }
    }
}

/// Whether a finding keeps its row from being imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The row is refused.
    Error,
    /// The row is imported all the same.
    Warning,
}

/// The kinds of finding. Names are stable: callers compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// A required field is absent, null or empty.
    Required,
    /// The value is of another JSON type than the field.
    InvalidType,
    /// The text is no decimal number.
    InvalidAmount,
    /// An amount below zero.
    NegativeAmount,
    /// More decimal places than the currency has, or more than 28 digits.
    TooManyDigits,
    /// No currency of ISO 4217.
    UnknownCurrency,
    /// No phone number in E.164 form.
    InvalidPhone,
    /// No calendar date.
    InvalidDate,
    /// More characters than the field holds.
    TooLong,
    /// Nothing but blanks, or a control character.
    InvalidText,
    /// The same field twice in one row.
    DuplicateField,
    /// The row is no JSON object.
    InvalidRow,
    /// The line is no JSON.
    InvalidJson,
    /// A CSV row with more or fewer cells than the header.
    ColumnCount,
    /// The row could not be processed, however often it was tried.
    ProcessingFailed,
    /// A field no account has; it was left out. A warning.
    UnknownField,
    /// Text that is no e-mail address; it was kept. A warning.
    InvalidEmail,
}

impl FindingCode {
    /// Whether this kind of finding keeps a row from being imported.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::UnknownField | Self::InvalidEmail => Severity::Warning,
            _ => Severity::Error,
        }
    }
}
