//! The request body that acknowledges adjustments: the source has posted them.

use serde_json::value::RawValue;

use crate::date::Date;
use crate::fields::{Body, Fields, Finding, FindingCode};
use crate::id::{AccountId, AllocationId};

/// The field of the request that holds the lines.
pub const LINES: &str = "lines";
/// The lines that a request may have.
pub const LINES_MAX: usize = 1_000;

// The description below names the bound.
const _: () = assert!(LINES_MAX == 1_000);

/// That the source has posted an adjustment.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = Acknowledgement), context = Date, rule = is_not_later(posted_at))]
pub struct Acknowledgement {
    /// The account.
    #[body(read = Fields::parse)]
    pub account_id: AccountId,
    /// The adjustment.
    #[body(read = Fields::parse)]
    pub allocation_id: AllocationId,
    /// The day on which the source posted it: its figures of this day and later ones have it. Tomorrow at the latest.
    #[body(read = Fields::day_in_range)]
    pub posted_at: Date,
}

impl Acknowledgement {
    /// Reads a line. `latest` is the latest day that it may state: a mistyped year would keep the adjustment from ever being
    /// taken for posted.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn of(line: &RawValue, latest: Date) -> Result<Self, Vec<Finding>> {
        let mut fields = Fields::new(Self::FIELDS);
        fields.read_row(line.get());
        match fields.are_of_a_row() {
            true => Self::read(fields, latest),
            false => fields.finish(None),
        }
    }
}

fn is_not_later(fields: &mut Fields<'_>, latest: Date, posted_at: Option<&Date>) {
    if let Some(posted_at) = posted_at.filter(|posted_at| **posted_at > latest) {
        let reason = format!("{posted_at} is in the future; it may be {latest} at the latest");
        fields.report(Finding::in_field("posted_at", FindingCode::TooLate, reason));
    }
}

/// Adjustments that the source has posted.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({ "lines": [{
    "account_id": "acc_mfrggzdfmztwq2lk", "allocation_id": "all_01990000-0000-7000-8000-000000000000",
    "posted_at": "2026-03-16"
}] }))]
#[serde(deny_unknown_fields)]
pub struct Acknowledgements {
    /// The adjustments, each read on its own: a line that fails does not keep the others from being acknowledged.
    #[schema(min_items = 1, max_items = 1_000)]
    pub lines: Vec<Sent>,
}

#[cfg(feature = "openapi")]
type Sent = crate::openapi::Lenient<Acknowledgement>;

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<(String, FindingCode)> {
        let line: Box<RawValue> = serde_json::from_str(line).expect("JSON");
        let findings = Acknowledgement::of(&line, jiff::civil::date(2026, 3, 17)).err().unwrap_or_default();
        findings.into_iter().map(|found| (found.field.unwrap_or_default().into_owned(), found.code)).collect()
    }

    #[test]
    fn all_errors_of_a_line_are_found() {
        let ids = r#""account_id":"acc_mfrggzdfmztwq2lk","allocation_id":"all_01990000-0000-7000-8000-000000000000""#;
        assert_eq!(found(&format!(r#"{{{ids},"posted_at":"2026-03-17"}}"#)), []);
        let in_field = |field: &str, code| vec![(field.to_owned(), code)];
        let late = found(&format!(r#"{{{ids},"posted_at":"2026-03-18"}}"#));
        assert_eq!(late, in_field("posted_at", FindingCode::TooLate));
        let fields = ["account_id", "allocation_id", "posted_at"].map(str::to_owned);
        assert_eq!(found("{}"), fields.map(|field| (field, FindingCode::Required)));
        assert_eq!(found("7"), in_field("", FindingCode::InvalidRow));
    }
}
