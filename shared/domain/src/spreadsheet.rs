//! What spreadsheets keep of numbers, and how they count days: in the 1900 system (ISO/IEC 29500-1, section 18.17.4.1).

use jiff::civil::Date;

/// The significant digits that spreadsheets keep of a number (IEEE 754, 64 bits: 15.95).
pub const DIGITS_KEPT: u32 = 15;
/// The number of the first day that the system counts right, 1900-03-01: it has a day 1900-02-29, which did not exist.
pub const FIRST_DAY: i64 = 61;
/// The number of the last day, 9999-12-31.
pub const LAST_DAY: i64 = 2_958_465;

/// Day 0, as the system counts from [`FIRST_DAY`] on.
const DAY_0: Date = Date::constant(1899, 12, 30);

/// The day with a number from [`FIRST_DAY`] to [`LAST_DAY`]; `None` for any other number.
#[must_use]
pub fn day(number: i64) -> Option<Date> {
    let days = Some(number).filter(|number| (FIRST_DAY..=LAST_DAY).contains(number))?;
    DAY_0.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// The number of a day; below [`FIRST_DAY`] for days that the system counts otherwise.
#[must_use]
pub fn day_number(day: Date) -> i64 {
    day.duration_since(DAY_0).as_hours().div_euclid(24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_numbered_as_in_spreadsheets() {
        for (number, text) in [
            (FIRST_DAY, "1900-03-01"),
            (25_569, "1970-01-01"),
            (46_387, "2026-12-31"),
            (LAST_DAY, "9999-12-31"),
        ] {
            assert_eq!(day(number).map(|day| day.to_string()).as_deref(), Some(text));
            assert_eq!(day_number(text.parse().expect("a date")), number);
        }
        assert_eq!((day(FIRST_DAY - 1), day(LAST_DAY + 1), day(i64::MAX)), (None, None, None));
        assert!(day_number(Date::constant(1899, 12, 29)) < 0);
    }
}
