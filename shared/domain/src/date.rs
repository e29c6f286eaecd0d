//! Calendar dates and timestamps.
//!
//! A due date is a calendar date, independent of time zones, and is never converted to a timestamp. Timestamps
//! ([`jiff::Timestamp`]) are in UTC.

use std::ops::RangeInclusive;

use jiff::{RoundMode, TimestampRound, Unit};

pub use jiff::Timestamp;
pub use jiff::civil::Date;

use crate::text::are_digits;

/// The text is not a calendar date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a calendar date such as 2026-01-15")]
pub struct InvalidDate;

/// Parses a calendar date in the extended format of ISO 8601, `YYYY-MM-DD`. A time is refused rather than dropped: in
/// another time zone it may be another day.
///
/// # Errors
/// [`InvalidDate`] for any other text and for days that do not exist.
pub fn parse(text: &str) -> Result<Date, InvalidDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return Err(InvalidDate) };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2];
    if !are_digits(&digits) {
        return Err(InvalidDate);
    }
    let [y1, y2, y3, y4, m1, m2, d1, d2] = digits.map(|digit| (digit - b'0').cast_signed());
    let year = i16::from(10 * y1 + y2) * 100 + i16::from(10 * y3 + y4);
    Date::new(year, 10 * m1 + m2, 10 * d1 + d2).map_err(|_| InvalidDate)
}

/// The years of a debt or a booking. Earlier ones are misread years, such as 0026, or a spreadsheet's day 0, 1899-12-30;
/// later ones are typing errors, or stand for "never".
const YEARS: RangeInclusive<i16> = 1970..=2199;

/// The text is not a calendar date, or its year is not one of a debt or a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedDate {
    /// It is not a calendar date.
    #[error(transparent)]
    Invalid(#[from] InvalidDate),
    /// It is not a calendar date in the stated format.
    #[error("not a date in the stated format")]
    Unreadable,
    /// Its year is before 1970 or after 2199.
    #[error("the year {year:04} is not from {} to {}; write the year in full, as in 2026-01-15", YEARS.start(), YEARS.end())]
    OutOfRange {
        /// The year.
        year: i16,
    },
}

/// Parses the date of a debt or a booking: as [`parse`], of the years 1970 to 2199.
///
/// # Errors
/// [`RefusedDate`] for any other text.
pub fn parse_in_range(text: &str) -> Result<Date, RefusedDate> {
    in_range(parse(text)?)
}

/// Refuses dates outside of the years 1970 to 2199.
pub(crate) fn in_range(date: Date) -> Result<Date, RefusedDate> {
    match YEARS.contains(&date.year()) {
        true => Ok(date),
        false => Err(RefusedDate::OutOfRange { year: date.year() }),
    }
}

/// The text is not a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a moment in RFC 3339's form before 9999-12-30T22:00:00Z, such as 2027-01-31T12:00:00Z")]
pub struct InvalidMoment;

/// Parses a timestamp in the format of RFC 3339, with an offset from UTC.
///
/// # Errors
/// [`InvalidMoment`] for any other text and for timestamps out of range.
pub fn parse_moment(text: &str) -> Result<Timestamp, InvalidMoment> {
    text.parse().map_err(|_| InvalidMoment)
}

/// The timestamp, rounded up to a millisecond: timestamps are stored in milliseconds.
#[must_use]
pub fn next_millisecond(moment: Timestamp) -> Timestamp {
    let up = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Ceil);
    // At the end of the range there is no next one.
    moment.round(up).unwrap_or(moment)
}

/// The timestamp in the format of RFC 3339, in UTC, always with three decimals, so that the texts sort by time.
#[must_use]
pub fn in_milliseconds(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_existing_days_in_the_extended_format_are_dates() {
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

    proptest! {
        #[test]
        fn dates_are_those_of_jiff(text in "[0-9]{3,4}[0-9-][01][0-9][0-9-][0-3][0-9]{1,2}") {
            let expected = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
            prop_assert_eq!(parse(&text).ok(), expected);
        }
    }

    #[test]
    fn years_outside_1970_to_2199_are_refused() {
        assert!(parse_in_range("1970-01-01").is_ok());
        assert!(parse_in_range("2199-12-31").is_ok());
        for (text, year) in [
            ("0026-01-15", 26),
            ("1899-12-30", 1899),
            ("1969-12-31", 1969),
            ("2200-01-01", 2200),
            ("9999-12-31", 9999),
        ] {
            assert_eq!(parse_in_range(text), Err(RefusedDate::OutOfRange { year }));
        }
        assert_eq!(parse_in_range("15.01.2026"), Err(RefusedDate::Invalid(InvalidDate)));
    }

    #[test]
    fn timestamps_are_rounded_up_to_milliseconds() {
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
