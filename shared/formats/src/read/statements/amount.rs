//! Amounts and days as the formats write them.

use saldo_domain::date::{self, Date};
use saldo_domain::money::{Decimal, parse_plain};

/// The longest amount that a reason quotes.
const SHOWN_CHARS_MAX: usize = 40;

/// An amount without a sign, with a decimal comma or point, such as `1234,` or `,50`. Both in one amount are a separator of
/// thousands and, last, a decimal one.
pub(super) fn amount(text: &str) -> Result<Decimal, String> {
    let text = text.trim();
    let refused = || format!("the amount {} is not a number", shown(text));
    let (whole, decimals) = match text.rfind([',', '.']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => (text, ""),
    };
    let separator = text.chars().nth(whole.chars().count());
    let grouped = whole.split(|c| matches!(c, ',' | '.') && Some(c) != separator);
    let groups: Vec<&str> = grouped.collect();
    let are_groups = groups.iter().skip(1).all(|group| group.len() == 3);
    if !are_groups || whole.is_empty() && decimals.is_empty() {
        return Err(refused());
    }
    let whole = groups.concat();
    let whole = if whole.is_empty() { "0" } else { &whole };
    let plain = if decimals.is_empty() { whole.to_owned() } else { format!("{whole}.{decimals}") };
    // A sign belongs to the format, not to the digits.
    match plain.starts_with(|c: char| c.is_ascii_digit()) {
        true => parse_plain(&plain).map_err(|_| refused()),
        false => Err(refused()),
    }
}

/// A day of two digits each for year, month and day. Years from 70 on are of the 20th century. 30 February, the last day of a
/// month of 30 days by which some banks count interest, is the last day of February.
pub(super) fn short_day(digits: &str) -> Result<Date, String> {
    let numbers = pairs(digits).ok_or_else(|| format!("the day {} is not YYMMDD", shown(digits)))?;
    let [year, month, day] = numbers;
    let year = if year < 70 { 2000 + year } else { 1900 + year };
    calendar_day(year, month, day).ok_or_else(|| format!("the day {digits} is not in the calendar"))
}

/// A month and a day, in the year in which the day is nearest to another day: banks write no year there.
pub(super) fn day_near(digits: &str, other: Date) -> Result<Date, String> {
    let [month, day] =
        pairs(digits).ok_or_else(|| format!("the booking day {} is not MMDD", shown(digits)))?;
    let in_year = |year| calendar_day(year, month, day);
    let years = [other.year() - 1, other.year(), other.year() + 1];
    let days = years.into_iter().filter_map(in_year);
    let distance = |day: &Date| (*day - other).get_days().abs();
    days.min_by_key(distance).ok_or_else(|| format!("the booking day {digits} is not in the calendar"))
}

/// A day of eight digits, YYYYMMDD, and whatever follows them.
pub(super) fn long_day(text: &str) -> Result<Date, String> {
    let day = text.get(..8).filter(|day| day.bytes().all(|byte| byte.is_ascii_digit()));
    let parts = day.and_then(|day| Some((day.get(..4)?, day.get(4..6)?, day.get(6..)?)));
    let day =
        parts.and_then(|(year, month, day)| date::parse_in_range(&format!("{year}-{month}-{day}")).ok());
    day.ok_or_else(|| format!("{} is not a day", shown(text)))
}

fn calendar_day(year: i16, month: i16, day: i16) -> Option<Date> {
    let day = if month == 2 && day == 30 { 29 } else { day };
    let date = |day: i16| Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok();
    date(day).or_else(|| if month == 2 && day == 29 { date(28) } else { None })
}

/// Numbers of two digits each.
fn pairs<const N: usize>(digits: &str) -> Option<[i16; N]> {
    if digits.len() != 2 * N || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut numbers = [0; N];
    for (number, pair) in numbers.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *number = str::from_utf8(pair).ok()?.parse().ok()?;
    }
    Some(numbers)
}

/// A value as a reason quotes it: not all of it if it is long.
pub(super) fn shown(text: &str) -> String {
    let short: String = text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect();
    format!("`{short}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_a_comma_or_a_point() {
        for (text, expected) in [
            ("1234,56", "1234.56"),
            ("9,", "9"),
            ("100", "100"),
            (",50", "0.50"),
            ("000000001213,28", "1213.28"),
            ("1234.5", "1234.5"),
            ("1.234.567,89", "1234567.89"),
            ("1,234.50", "1234.50"),
        ] {
            assert_eq!(amount(text).map(|amount| amount.to_string()).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", ",", "1,2,3", "12,34.5", "-5", "1e3", "5 5", "1.23.456,7"] {
            assert!(amount(text).is_err(), "{text}");
        }
    }

    #[test]
    fn booking_day_is_in_the_year_nearest_to_the_value_date() {
        let day = |text: &str| text.parse::<Date>().expect("a day");
        for (digits, valued_on, booked_on) in [
            ("1231", "2027-01-02", "2026-12-31"),
            ("0102", "2026-12-31", "2027-01-02"),
            ("0630", "2026-07-01", "2026-06-30"),
            ("0229", "2027-03-01", "2027-02-28"),
        ] {
            assert_eq!(day_near(digits, day(valued_on)), Ok(day(booked_on)), "{digits}");
        }
        assert!(day_near("1301", day("2026-01-01")).is_err());
    }

    #[test]
    fn february_has_thirty_days_in_interest() {
        for (digits, expected) in
            [("260230", "2026-02-28"), ("280230", "2028-02-29"), ("991231", "1999-12-31")]
        {
            assert_eq!(short_day(digits).map(|day| day.to_string()).as_deref(), Ok(expected));
        }
        for digits in ["260231", "261301", "26010", "26010a"] {
            assert!(short_day(digits).is_err(), "{digits}");
        }
    }
}
