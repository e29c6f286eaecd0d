//! How a file writes calendar dates. A date is read in the stated format, or refused: `01/02/2026` is never guessed.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use jiff::civil::{self, Date};
use serde::{Deserialize, Serialize};

use crate::date::{self, RefusedDate};
use crate::fields::InvalidValue;
use crate::spreadsheet;

/// The largest serial number that is read: 2199-12-31 is 109,574.
const SERIAL_MAX: i64 = 200_000;
/// Years of two digits from this one on are in the 1900s, the others in the 2000s (POSIX, `strptime`, moved by a year
/// so that no such year is before 1970).
const CENTURY_PIVOT: i16 = 70;
/// The parts of a date.
const PARTS: usize = 3;

/// The format of dates: `YYYY-MM-DD`, another order of year, month and day, or a spreadsheet's serial number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DateFormat {
    /// `YYYY-MM-DD` (ISO 8601).
    #[default]
    Iso,
    /// The serial number of a day in spreadsheets' 1900 system: 46387 is 2026-12-31.
    Serial,
    /// Year, month and day in some order.
    Pattern(Pattern),
}

/// Year, month and day, and the characters between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    parts: [Part; PARTS],
    /// The character between two parts; `None` if they follow each other.
    separators: [Option<char>; PARTS - 1],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    unit: Unit,
    /// How often the format has the unit's letter.
    letters: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Year,
    Month,
    Day,
}

impl Unit {
    fn letter(self) -> char {
        match self {
            Self::Year => 'Y',
            Self::Month => 'M',
            Self::Day => 'D',
        }
    }
}

impl Part {
    /// Takes the digits of the part. Between separators, a day or a month has one or two digits.
    fn take<'a>(&self, text: &'a str, is_separated: bool) -> Option<(i16, &'a str)> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let digits = match self.unit {
            Unit::Day | Unit::Month if is_separated => Some(digits).filter(|digits| (1..=2).contains(digits)),
            _ if is_separated => Some(digits).filter(|digits| *digits == self.letters),
            _ => Some(self.letters).filter(|letters| *letters <= digits),
        }?;
        let (part, rest) = text.split_at_checked(digits)?;
        Some((part.parse().ok()?, rest))
    }
}

impl DateFormat {
    /// Reads a date of the years 1970 to 2199.
    ///
    /// # Errors
    /// [`RefusedDate`] for any other text.
    pub fn parse(self, text: &str) -> Result<Date, RefusedDate> {
        let date = match self {
            Self::Iso => return date::parse_in_range(text),
            Self::Serial => serial(text),
            Self::Pattern(pattern) => pattern.parse(without_midnight(text)),
        };
        date::in_range(date.ok_or(RefusedDate::Unreadable)?)
    }

    /// A date in this format.
    #[must_use]
    pub fn write(self, date: Date) -> String {
        match self {
            Self::Iso => date.to_string(),
            Self::Serial => spreadsheet::day_number(date).to_string(),
            Self::Pattern(pattern) => pattern.write(date),
        }
    }

    /// An example of a date.
    #[must_use]
    pub fn example(self) -> String {
        self.write(civil::date(2026, 12, 31))
    }
}

/// The day of a serial number. A fraction is a time of day and may only be zero.
fn serial(text: &str) -> Option<Date> {
    let (day, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let is_whole = !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
    let is_number = !day.is_empty() && day.bytes().all(|byte| byte.is_ascii_digit());
    spreadsheet::day(day.parse().ok().filter(|day| is_whole && is_number && *day <= SERIAL_MAX)?)
}

/// The text without a time of midnight behind the date, as databases and spreadsheets write it.
fn without_midnight(text: &str) -> &str {
    let Some((date, time)) = text.split_once([' ', 'T']) else { return text };
    let is_midnight = matches!(time, "00:00" | "0:00" | "00:00:00" | "0:00:00" | "00:00:00.000");
    if is_midnight { date } else { text }
}

impl Pattern {
    fn parse(self, text: &str) -> Option<Date> {
        let (mut year, mut month, mut day) = (0_i16, 0_i16, 0_i16);
        let mut rest = text;
        for (at, part) in self.parts.iter().enumerate() {
            if let Some(Some(separator)) =
                at.checked_sub(1).map(|before| self.separators.get(before).copied().flatten())
            {
                rest = rest.strip_prefix(separator)?;
            }
            let (value, after) = part.take(rest, self.is_separated())?;
            rest = after;
            match (part.unit, part.letters) {
                (Unit::Year, 2) if value < CENTURY_PIVOT => year = 2000 + value,
                (Unit::Year, 2) => year = 1900 + value,
                (Unit::Year, _) => year = value,
                (Unit::Month, _) => month = value,
                (Unit::Day, _) => day = value,
            }
        }
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        rest.is_empty().then_some(date)
    }

    fn write(self, date: Date) -> String {
        let mut text = String::new();
        for (at, part) in self.parts.iter().enumerate() {
            text.extend(at.checked_sub(1).and_then(|before| self.separators.get(before).copied().flatten()));
            let value = match (part.unit, part.letters) {
                (Unit::Year, 2) => date.year() % 100,
                (Unit::Year, _) => date.year(),
                (Unit::Month, _) => date.month().into(),
                (Unit::Day, _) => date.day().into(),
            };
            // Writing to a text does not fail.
            let _written = write!(text, "{value:0width$}", width = part.letters);
        }
        text
    }

    fn is_separated(self) -> bool {
        self.separators.iter().any(Option::is_some)
    }
}

/// The text is not a format of dates.
const NOT_A_FORMAT: InvalidValue = InvalidValue(
    "expected a format such as YYYY-MM-DD, DD.MM.YYYY, MM/DD/YYYY, DD/MM/YY or YYYYMMDD, or serial",
);

impl FromStr for DateFormat {
    type Err = InvalidValue;

    fn from_str(format: &str) -> Result<Self, InvalidValue> {
        match format {
            "YYYY-MM-DD" => Ok(Self::Iso),
            "serial" => Ok(Self::Serial),
            _ => pattern(format).map(Self::Pattern).ok_or(NOT_A_FORMAT),
        }
    }
}

fn pattern(format: &str) -> Option<Pattern> {
    let (mut parts, mut separators) = (Vec::new(), Vec::new());
    let mut rest = format;
    while parts.len() < PARTS {
        let unit = match rest.chars().next()? {
            'Y' => Unit::Year,
            'M' => Unit::Month,
            'D' => Unit::Day,
            _ => return None,
        };
        let without = rest.trim_start_matches(unit.letter());
        let letters = rest.len() - without.len();
        let is_known = match unit {
            Unit::Year => matches!(letters, 2 | 4),
            Unit::Month | Unit::Day => matches!(letters, 1 | 2),
        };
        if !is_known || parts.iter().any(|part: &Part| part.unit == unit) {
            return None;
        }
        parts.push(Part { unit, letters });
        rest = without;
        if parts.len() < PARTS {
            let separator = rest.chars().next().filter(|c| matches!(c, '.' | '/' | '-' | ' '));
            rest = separator.map_or(rest, |_| rest.get(1..).unwrap_or_default());
            separators.push(separator);
        }
    }
    let parts: [Part; PARTS] = parts.try_into().ok()?;
    let separators: [Option<char>; PARTS - 1] = separators.try_into().ok()?;
    // Without separators, every part has a fixed number of digits.
    let is_fixed = parts.iter().all(|part| part.letters > 1);
    let [one, two] = separators;
    (rest.is_empty() && one.is_some() == two.is_some() && (is_fixed || one.is_some()))
        .then_some(Pattern { parts, separators })
}

impl fmt::Display for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iso => f.write_str("YYYY-MM-DD"),
            Self::Serial => f.write_str("serial"),
            Self::Pattern(Pattern { parts, separators }) => {
                for (at, part) in parts.iter().enumerate() {
                    if let Some(Some(separator)) = at.checked_sub(1).and_then(|before| separators.get(before))
                    {
                        write!(f, "{separator}")?;
                    }
                    for _ in 0..part.letters {
                        write!(f, "{}", part.unit.letter())?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl TryFrom<String> for DateFormat {
    type Error = InvalidValue;

    fn try_from(format: String) -> Result<Self, InvalidValue> {
        format.parse()
    }
}

impl From<DateFormat> for String {
    fn from(format: DateFormat) -> Self {
        format.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(format: &str, text: &str) -> Option<String> {
        let format: DateFormat = format.parse().expect(format);
        format.parse(text).ok().map(|date| date.to_string())
    }

    #[test]
    fn dates_are_read_in_the_stated_format_alone() {
        let last = Some("2026-12-31".to_owned());
        for (format, text) in [
            ("DD.MM.YYYY", "31.12.2026"),
            ("DD/MM/YYYY", "31/12/2026"),
            ("MM/DD/YYYY", "12/31/2026"),
            ("DD.MM.YY", "31.12.26"),
            ("DD/MM/YY", "31/12/26"),
            ("D.M.YYYY", "31.12.2026"),
            ("YYYY/MM/DD", "2026/12/31"),
            ("YYYYMMDD", "20261231"),
            ("DDMMYY", "311226"),
            ("DD.MM.YYYY", "31.12.2026 00:00:00"),
            ("YYYY-MM-DD", "2026-12-31"),
            ("serial", "46387"),
            ("serial", "46387.0"),
        ] {
            assert_eq!(read(format, text), last, "{format} {text}");
        }
        assert_eq!(read("DD.MM.YYYY", "1.2.2026"), Some("2026-02-01".to_owned()));
        assert_eq!(read("DD/MM/YY", "01/01/70"), Some("1970-01-01".to_owned()));
        assert_eq!(read("serial", "25569"), Some("1970-01-01".to_owned()));
        for (format, text) in [
            ("DD.MM.YYYY", "31.12.26"),
            ("DD.MM.YYYY", "31/12/2026"),
            ("DD.MM.YYYY", "31.12.2026 14:00:00"),
            ("DD.MM.YYYY", "2026-12-31"),
            ("DD.MM.YYYY", "29.02.2026"),
            ("DD.MM.YYYY", "31.12.0026"),
            ("DD.MM.YYYY", "31.12.2200"),
            ("DD.MM.YYYY", "+1.12.2026"),
            ("DD/MM/YY", "31/12/2026"),
            ("MM/DD/YYYY", "31/12/2026"),
            ("YYYYMMDD", "2026123"),
            ("serial", "46387.5"),
            ("serial", "1"),
            ("serial", "2026-12-31"),
            ("YYYY-MM-DD", "46387"),
        ] {
            assert_eq!(read(format, text), None, "{format} {text}");
        }
    }

    #[test]
    fn formats_are_checked() {
        for bad in [
            "",
            "DD",
            "DD.MM",
            "DD.MM.YYYY.",
            "DD.MMYYYY",
            "DMYYYY",
            "DD.DD.YYYY",
            "DDD.MM.YYYY",
            "dd.mm.yyyy",
            "DD_MM_YYYY",
        ] {
            assert_eq!(bad.parse::<DateFormat>(), Err(NOT_A_FORMAT), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn written_dates_are_read_back(
            format in prop::sample::select(vec![
                "YYYY-MM-DD", "DD.MM.YYYY", "D.M.YYYY", "MM/DD/YYYY", "M/D/YYYY", "DD-MM-YYYY", "YYYYMMDD", "serial",
            ]),
            days in 0_i32..80_000,
        ) {
            let date = civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).expect("a date");
            let format: DateFormat = format.parse().expect("a format");
            prop_assert_eq!(format.parse(&format.write(date)), Ok(date));
            prop_assert_eq!(String::from(format).parse(), Ok(format));
        }

        #[test]
        fn any_text_is_a_date_or_an_error(format in "[YMD./ -]{0,10}", text in "\\PC{0,12}") {
            if let Ok(format) = format.parse::<DateFormat>() {
                let _read = format.parse(&text);
            }
        }
    }
}
