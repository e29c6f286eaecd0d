//! The values of a sheet's cells as texts of its table, which are read by the same rules as those of a CSV file: amounts and
//! dates are written as the options of the import say.
//!
//! A number is read with its exact decimal digits, without the noise of binary fractions behind the fifteenth, which
//! spreadsheets don't show either. If its format shows cents, it is rounded to the decimals that are shown.

use std::borrow::Cow;

use jiff::civil::{DateTime, Time};
use saldo_domain::import::{AccountField, CellMark, DateFormat, RowRules};
use saldo_domain::money::{AmountNotation, Decimal, RoundingStrategy, parse_json_number};
use saldo_domain::spreadsheet::{self, DIGITS_KEPT};

use super::number_format::{Kind, NumberFormat};
use super::sheet::Value;
use super::styles::Styles;
use crate::formula::restored;

/// The digits in front of the decimal point up to which what is behind the fifteenth digit is below a hundredth of a cent.
const WHOLE_DIGITS_MAX: u32 = 11;
/// The days from day 0 of the 1900 system to that of the 1904 system (ISO/IEC 29500-1, section 18.17.4.1).
const DAYS_TO_1904: i64 = 1_462;
const SECONDS_A_DAY: i64 = 86_400;
/// What stands for the result of a formula that was never calculated. As text, no field takes it for a value.
const NO_RESULT: &str = "#CALC!";

/// How the values of cells become texts.
pub(super) struct Values<'a> {
    pub(super) styles: &'a Styles,
    pub(super) is_from_1904: bool,
    pub(super) amounts: AmountNotation,
    pub(super) dates: DateFormat,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Amount,
    Date,
    Other,
}

impl Purpose {
    /// The purpose of a column that fills a field.
    pub(super) fn of(field: Option<AccountField>) -> Self {
        match field {
            Some(field) if field.is_amount() => Self::Amount,
            Some(field) if field.is_day() => Self::Date,
            _ => Self::Other,
        }
    }
}

impl<'a> Values<'a> {
    /// By the rules of an import.
    pub(super) fn of(styles: &'a Styles, is_from_1904: bool, rules: &RowRules<'_>) -> Self {
        Self { styles, is_from_1904, amounts: rules.amounts(), dates: rules.dates() }
    }

    /// The text of a cell, and what the cell is if it is not a text.
    pub(super) fn text<'v>(&self, value: &'v Value, purpose: Purpose) -> (Cow<'v, str>, Option<CellMark>) {
        match value {
            Value::Text(text) => (restored(text), None),
            Value::Boolean(true) => (Cow::Borrowed("TRUE"), None),
            Value::Boolean(false) => (Cow::Borrowed("FALSE"), None),
            Value::Error(error) => (Cow::Borrowed(error), Some(CellMark::Error)),
            Value::NoResult => (Cow::Borrowed(NO_RESULT), Some(CellMark::NoResult)),
            Value::Date(text) => match moment(text) {
                Some(moment) => (self.moment(moment, true).into(), Some(CellMark::Date)),
                None => (Cow::Borrowed(text), Some(CellMark::Date)),
            },
            Value::Number { digits, style } => match parsed(digits, purpose) {
                Some(number) => {
                    let (text, mark) = self.number(number, self.styles.format(*style), purpose);
                    (text.into(), Some(mark))
                }
                None => (Cow::Borrowed(digits), Some(CellMark::LongNumber)),
            },
        }
    }

    /// The text of a cell whose column is not assigned to a field: a number with the currency that its format shows.
    pub(super) fn shown<'v>(&self, value: &'v Value) -> (Cow<'v, str>, Option<CellMark>) {
        let has_currency =
            matches!(value, Value::Number { style, .. } if self.styles.format(*style).mark.is_some());
        self.text(value, if has_currency { Purpose::Amount } else { Purpose::Other })
    }

    fn number(&self, number: Decimal, format: &NumberFormat, purpose: Purpose) -> (String, CellMark) {
        if let Kind::Date { has_time } = format.kind
            && let Some(moment) = self.moment_of(number)
        {
            return (self.moment(moment, has_time), CellMark::Date);
        }
        let number = without_noise(number);
        let text = match (purpose, format.kind) {
            (_, Kind::Percent) => match number.checked_mul(Decimal::ONE_HUNDRED) {
                Some(percent) => format!("{}%", self.amounts.plain(percent)),
                None => number.to_string(),
            },
            (Purpose::Amount, _) => {
                let shown = format.decimals.map_or(number, |decimals| {
                    number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
                });
                let amount = self.amounts.plain(shown);
                match &format.mark {
                    Some(mark) => format!("{amount} {mark}"),
                    None => amount,
                }
            }
            (Purpose::Date, _) => match self.moment_of(number).filter(|_| self.dates == DateFormat::Serial) {
                // A serial number of the 1904 system becomes one of the 1900 system, which fields of dates read.
                Some(moment) => return (self.moment(moment, true), CellMark::Date),
                None => number.normalize().to_string(),
            },
            (Purpose::Other, _) => {
                let digits = number.normalize().to_string();
                let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
                let shown = format.shown(&digits).filter(|_| is_whole);
                shown.unwrap_or_else(|| self.amounts.decimal.of_point(&digits).into_owned())
            }
        };
        let mark = if whole_digits(number) > DIGITS_KEPT { CellMark::LongNumber } else { CellMark::Number };
        (text, mark)
    }

    /// The day and the time of a number; `None` if it is not one.
    fn moment_of(&self, number: Decimal) -> Option<DateTime> {
        let seconds = (number.fract() * Decimal::from(SECONDS_A_DAY)).round();
        let seconds: i64 = seconds.try_into().ok()?;
        let day: i64 = number.trunc().try_into().ok()?;
        let day = if self.is_from_1904 { day.checked_add(DAYS_TO_1904)? } else { day };
        // A fraction that rounds up to midnight is the next day.
        let (day, seconds) = if seconds == SECONDS_A_DAY { (day + 1, 0) } else { (day, seconds) };
        let date = spreadsheet::day(day).filter(|_| seconds >= 0)?;
        let time = Time::midnight().checked_add(jiff::Span::new().try_seconds(seconds).ok()?).ok()?;
        Some(date.to_datetime(time))
    }

    /// A day in the file's format. A time that is shown stays, so that no field takes the value for a day.
    fn moment(&self, moment: DateTime, has_time: bool) -> String {
        let date = moment.date();
        // A year of two digits may be read as one of another century.
        let in_format = Some(self.dates.write(date)).filter(|text| self.dates.parse(text) == Ok(date));
        let text = in_format.unwrap_or_else(|| date.to_string());
        match has_time && moment.time() != Time::midnight() {
            true => format!("{text} {}", moment.time().strftime("%H:%M:%S")),
            false => text,
        }
    }
}

/// The number with these digits. What a computed zero leaves, such as `5.6843418860808015E-14`, may have more decimals than a
/// [`Decimal`] has: an amount is rounded to those.
fn parsed(digits: &str, purpose: Purpose) -> Option<Decimal> {
    if let Ok(number) = parse_json_number(digits) {
        return Some(number);
    }
    let (mantissa, exponent) =
        digits.split_once(['e', 'E']).filter(|_| matches!(purpose, Purpose::Amount))?;
    let places: u32 = exponent.strip_prefix('-')?.parse().ok()?;
    let mantissa: Decimal = mantissa.parse().ok()?;
    (0..places.min(2 * Decimal::MAX_SCALE)).try_fold(mantissa, |number, _| number.checked_div(Decimal::TEN))
}

/// A number without the digits behind the fifteenth, if they are below a hundredth of a cent: the number nearest to
/// 1180.32 that a spreadsheet can store is 1180.3199999999999.
fn without_noise(number: Decimal) -> Decimal {
    let whole = whole_digits(number);
    let rounded = number.round_sf_with_strategy(DIGITS_KEPT, RoundingStrategy::MidpointAwayFromZero);
    rounded.filter(|_| whole <= WHOLE_DIGITS_MAX).unwrap_or(number).normalize()
}

/// The digits in front of the decimal point.
fn whole_digits(number: Decimal) -> u32 {
    let whole = number.trunc().abs();
    if whole.is_zero() { 0 } else { whole.mantissa().unsigned_abs().ilog10() + 1 - whole.scale() }
}

/// A moment in the form of ISO 8601: a date, perhaps with a time.
fn moment(text: &str) -> Option<DateTime> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    text.parse::<DateTime>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(digits: &str, code: &str, purpose: Purpose) -> (String, CellMark) {
        let styles = Styles::default();
        let dates = "DD.MM.YYYY".parse().expect("a format");
        let amounts = AmountNotation { decimal: ",".parse().expect("a separator"), thousands: None };
        let values = Values { styles: &styles, is_from_1904: false, amounts, dates };
        let number = parsed(digits, purpose).expect(digits);
        values.number(number, &NumberFormat::of(code), purpose)
    }

    #[test]
    fn amounts_are_those_that_are_shown() {
        for (digits, code, expected) in [
            ("1234.56", "#,##0.00", "1234,56"),
            ("1234.5", "General", "1234,5"),
            ("1180.3199999999999", "General", "1180,32"),
            ("0.30000000000000004", "General", "0,3"),
            ("45000.000000000007", "#,##0.00", "45000"),
            ("1234.5678", "#,##0.00", "1234,57"),
            ("2.675", "0.00", "2,68"),
            ("-2.675", "0.00", "-2,68"),
            // Nobody rounds cents away by not showing them.
            ("1234.56", "#,##0", "1234,56"),
            ("1234567", "#,##0,", "1234567"),
            ("1234.5678", "General", "1234,5678"),
            ("1.234", "0.000", "1,2340"),
            // All digits of a file by another program, and those that hold cents.
            ("12345678901234.56", "#,##0.00", "12345678901234,56"),
            ("12345678901234567890.12", "General", "12345678901234567890,12"),
            ("1.5E3", "General", "1500"),
            ("1E-2", "General", "0,01"),
            ("25", "0.000", "25"),
            // What a sum of cents leaves of zero.
            ("5.6843418860808015E-14", "#,##0.00", "0"),
            ("-5.6843418860808015E-14", "#,##0.00", "0"),
            ("-2.2250738585072014E-308", "0.00", "0"),
            ("1234.56", "#,##0.00\\ [$€-407]", "1234,56 €"),
            ("0.5", "0%", "50%"),
        ] {
            assert_eq!(text(digits, code, Purpose::Amount).0, expected, "{digits} {code}");
        }
    }

    #[test]
    fn days_are_written_in_the_format_of_the_file() {
        for (digits, code, expected) in [
            ("46387", "dd.mm.yyyy", "31.12.2026"),
            ("46387", "m/d/yy", "31.12.2026"),
            ("46387.25", "m/d/yy", "31.12.2026"),
            ("46387.25", "m/d/yy h:mm", "31.12.2026 06:00:00"),
            ("46386.999999999", "m/d/yy h:mm", "31.12.2026"),
            ("46387", "General", "46387"),
            ("0.25", "dd.mm.yyyy", "0.25"),
            ("-5", "dd.mm.yyyy", "-5"),
            ("9999999", "dd.mm.yyyy", "9999999"),
        ] {
            assert_eq!(text(digits, code, Purpose::Date).0, expected, "{digits} {code}");
        }
        let styles = Styles::default();
        let (amounts, dates) = (AmountNotation::default(), "DD/MM/YY".parse().expect("a format"));
        let values = Values { styles: &styles, is_from_1904: true, amounts, dates };
        let day = NumberFormat::of("dd.mm.yyyy");
        assert_eq!(values.number(Decimal::from(44925), &day, Purpose::Date).0, "31/12/26");
        // Not 1975.
        assert_eq!(values.number(Decimal::from(62823), &day, Purpose::Date).0, "2076-01-01");
    }

    #[test]
    fn ids_are_those_that_are_shown() {
        for (digits, code, expected, mark) in [
            ("42", "General", "42", CellMark::Number),
            ("42", "00000", "00042", CellMark::Number),
            ("1234567890123", "General", "1234567890123", CellMark::Number),
            ("1.23456789012345E+17", "General", "123456789012345000", CellMark::LongNumber),
            ("46387", "dd.mm.yyyy", "31.12.2026", CellMark::Date),
            ("1.5", "General", "1,5", CellMark::Number),
        ] {
            assert_eq!(text(digits, code, Purpose::Other), (expected.to_owned(), mark), "{digits} {code}");
        }
    }
}
