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

/// The first year that a debt or a booking can be of. What is earlier is a misread year, such
/// as 0026, or a spreadsheet's day 0, 1899-12-30.
const YEAR_MIN: i16 = 1970;

/// The text is not a calendar date, or one of a year before 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedDate {
    /// It is no calendar date.
    #[error(transparent)]
    Invalid(#[from] InvalidDate),
    /// Its year is before 1970.
    #[error("the year {year:04} is before {YEAR_MIN}; write the year in full, as in 2026-01-15")]
    TooEarly {
        /// The year.
        year: i16,
    },
}

/// Reads the date of a debt or a booking: as [`parse`], from 1970 on.
///
/// # Errors
/// [`RefusedDate`] for any other text.
pub fn parse_since_1970(text: &str) -> Result<Date, RefusedDate> {
    let date = parse(text)?;
    match date.year() {
        ..YEAR_MIN => Err(RefusedDate::TooEarly { year: date.year() }),
        _ => Ok(date),
    }
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
    fn years_before_1970_are_refused() {
        assert!(parse_since_1970("1970-01-01").is_ok());
        assert!(parse_since_1970("9999-12-31").is_ok());
        for (text, year) in [("0026-01-15", 26), ("1899-12-30", 1899), ("1969-12-31", 1969)] {
            assert_eq!(parse_since_1970(text), Err(RefusedDate::TooEarly { year }));
        }
        assert_eq!(parse_since_1970("15.01.2026"), Err(RefusedDate::Invalid(InvalidDate)));
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
