//! Calendar dates and moments in time.
//!
//! A due date is a day on the calendar, the same day wherever it is read: it never
//! becomes a moment. Moments are [`jiff::Timestamp`]s, in UTC.

use std::str::FromStr;

use jiff::{RoundMode, TimestampRound, Unit};

pub use jiff::Timestamp;
pub use jiff::civil::Date;

/// The text is not a calendar date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a calendar date such as 2026-01-15")]
pub struct InvalidDate;

/// Reads a calendar date in ISO 8601's extended form, `YYYY-MM-DD`. Times and offsets
/// are refused, not cut off: cutting would move the day for half the world.
///
/// # Errors
/// [`InvalidDate`] for any other text or a day that does not exist.
pub fn parse(text: &str) -> Result<Date, InvalidDate> {
    const LENGTH: usize = "YYYY-MM-DD".len();
    if text.len() != LENGTH || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(InvalidDate);
    }
    Date::from_str(text).map_err(|_| InvalidDate)
}

/// The text is not a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a moment in RFC 3339's form before 9999-12-30T22:00:00Z, such as 2027-01-31T12:00:00Z")]
pub struct InvalidMoment;

/// Reads a moment in RFC 3339's form, with its offset from UTC.
///
/// # Errors
/// [`InvalidMoment`] for any other text or a moment outside the calendar.
pub fn parse_moment(text: &str) -> Result<Timestamp, InvalidMoment> {
    text.parse().map_err(|_| InvalidMoment)
}

/// The moment itself or, if it lies between two milliseconds, the one after it: moments are
/// kept in milliseconds.
#[must_use]
pub fn next_millisecond(moment: Timestamp) -> Timestamp {
    let up = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Ceil);
    // There is no next one at the end of the calendar.
    moment.round(up).unwrap_or(moment)
}

/// A moment in RFC 3339's form, in UTC and milliseconds, always three digits of them: such
/// times sort as text.
#[must_use]
pub fn in_milliseconds(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_in_the_extended_form_are_dates() {
        assert_eq!(parse("2026-01-15").map(|d| d.to_string()), Ok("2026-01-15".into()));
        assert!(parse("2024-02-29").is_ok());
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-15",
            "15/01/2026",
            "20260115",
            "2026-01-15T00:00:00Z",
            "2026-W03-4",
            "",
            "2026-01-1é",
        ] {
            assert_eq!(parse(bad), Err(InvalidDate), "{bad:?}");
        }
    }

    #[test]
    fn moments_between_two_milliseconds_are_the_next_one() {
        for (moment, next) in [
            ("2026-01-15T12:00:00.123Z", "2026-01-15T12:00:00.123Z"),
            ("2026-01-15T12:00:00.123000001Z", "2026-01-15T12:00:00.124Z"),
            ("1969-12-31T23:59:59.999999+00:00", "1970-01-01T00:00:00.000Z"),
            ("2026-01-15T14:00:00.1+02:00", "2026-01-15T12:00:00.100Z"),
        ] {
            let moment = parse_moment(moment).expect(moment);
            assert_eq!(in_milliseconds(next_millisecond(moment)), next);
        }
        for bad in ["2026-01-15", "2026-01-15T12:00:00", "yesterday", ""] {
            assert_eq!(parse_moment(bad), Err(InvalidMoment), "{bad}");
        }
    }
}
