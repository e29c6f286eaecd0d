//! Names and values of a sender as findings show them, and the findings about unknown fields.

use std::borrow::Cow;

use super::{Finding, FindingCode};

/// The unknown fields that are reported one by one. The answer to a thousand transactions with nothing but unknown
/// fields must fit in a Lambda response.
pub const UNKNOWN_FIELDS_NAMED_MAX: usize = 10;
/// The characters of such a field's name that are shown.
const UNKNOWN_NAME_CHARS_MAX: usize = 40;
/// The characters of a value that a finding shows.
const SHOWN_VALUE_CHARS_MAX: usize = 24;

/// A value as a finding shows it, cut if it is long. Findings show no values of personal fields.
#[must_use]
pub fn shown_value(value: &str) -> String {
    let mut shown: String = value.chars().take(SHOWN_VALUE_CHARS_MAX).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}

/// The findings about unknown fields: one for each of the first ten, and one that counts the others. `hint` ends the
/// reason for a field.
pub fn unknown_fields<'a>(
    names: impl Iterator<Item = &'a str>,
    reason: &'static str,
    hint: impl Fn(&str) -> String,
) -> Vec<Finding> {
    let mut names = names.fuse();
    let found = |name| {
        let reason = match hint(name) {
            hint if hint.is_empty() => Cow::Borrowed(reason),
            hint => format!("{reason}{hint}").into(),
        };
        Finding::in_field(shown_name(name), FindingCode::UnknownField, reason)
    };
    let mut findings: Vec<Finding> = names.by_ref().take(UNKNOWN_FIELDS_NAMED_MAX).map(found).collect();
    if let more @ 1.. = names.count() {
        findings.push(Finding::in_row(FindingCode::UnknownField, format!("{more} more fields: {reason}")));
    }
    findings
}

/// A sender's name for a field as a finding shows it, cut if it is long.
#[must_use]
pub fn shown_name(name: &str) -> String {
    name.chars().take(UNKNOWN_NAME_CHARS_MAX).collect()
}
