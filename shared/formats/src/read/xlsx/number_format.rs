//! How a spreadsheet shows a number: the parts of a format code that change what a person reads (ISO/IEC 29500-1, sections
//! 18.8.30 and 18.8.31).

use saldo_domain::money::is_currency_mark;

/// The decimals from which on a format shows whole cents. A format of fewer hides some, so that nobody has seen them rounded.
const DECIMALS_OF_CENTS: u32 = 2;

/// The characters of a code, of which spreadsheets allow 255.
const CODE_CHARS_MAX: usize = 255;
/// What follows the first letter of the code `General`, which stands for no format.
const GENERAL_REST: &str = "eneral";

/// A format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NumberFormat {
    pub(super) kind: Kind,
    /// The decimals to which an amount is rounded when it is shown.
    pub(super) decimals: Option<u32>,
    /// The code or the sign of a currency that is shown beside the number.
    pub(super) mark: Option<String>,
    /// How a whole number is shown, if it has zeros in front or other characters in it.
    pub(super) digits: Option<Vec<Shown>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Number,
    Percent,
    /// A day, perhaps with a time.
    Date {
        has_time: bool,
    },
}

/// A part of a shown number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// A digit, or a zero if there is none.
    Zero,
    /// A digit, if there is one.
    Digit,
    Character(char),
}

/// A part of a format code that says what a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Day,
    /// A month, or minutes.
    Month,
    Time,
    Elapsed,
    Percent,
    /// Groups of thousands.
    Groups,
    /// The number is scaled, a fraction, or in scientific notation, so that what is shown is another one.
    Other,
}

/// What a format code has, up to its first semicolon: what follows is for negative numbers and zero.
#[derive(Default)]
struct Found {
    parts: Vec<Part>,
    /// The zeros and digits behind the decimal point.
    decimals: Option<u32>,
    digits: Vec<Shown>,
    text: String,
}

impl NumberFormat {
    /// The format with one of the numbers that every spreadsheet knows. The dates of East Asian locales depend on the
    /// locale; those that may be times are dates if they are whole days.
    pub(super) fn built_in(number: u32) -> Self {
        match number {
            2 | 4 | 7 | 8 | 39 | 40 | 43 | 44 => {
                Self { decimals: Some(DECIMALS_OF_CENTS), ..Self::default() }
            }
            9 | 10 => Self { kind: Kind::Percent, ..Self::default() },
            14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Self::date(false),
            22 | 32..=35 | 55 | 56 => Self::date(true),
            _ => Self::default(),
        }
    }

    /// The format of a code. A number with a code that is longer than spreadsheets allow counts as it is stored.
    pub(super) fn of(code: &str) -> Self {
        if code.chars().nth(CODE_CHARS_MAX).is_some() {
            return Self::default();
        }
        let found = Found::of(code);
        let has = |part: Part| found.parts.contains(&part);
        if has(Part::Elapsed) {
            return Self::default();
        }
        if has(Part::Day) || (has(Part::Month) && !has(Part::Time)) {
            return Self::date(has(Part::Time));
        }
        if has(Part::Time) {
            return Self::default();
        }
        if has(Part::Percent) {
            return Self { kind: Kind::Percent, ..Self::default() };
        }
        let is_around = |c: char| c.is_whitespace() || matches!(c, '-' | '+' | '(' | ')');
        let mark = found.text.trim_matches(is_around);
        let mark = is_currency_mark(mark).then(|| mark.to_owned());
        let zeros = found.digits.iter().filter(|shown| **shown == Shown::Zero).count();
        let has_text = found.digits.iter().any(|shown| matches!(shown, Shown::Character(_)));
        let is_whole = found.decimals.is_none() && !has(Part::Groups) && !has(Part::Other) && zeros > 0;
        Self {
            kind: Kind::Number,
            decimals: found.decimals.filter(|decimals| *decimals >= DECIMALS_OF_CENTS && !has(Part::Other)),
            digits: (is_whole && mark.is_none() && (zeros > 1 || has_text)).then(|| found.digits.clone()),
            mark,
        }
    }

    fn date(has_time: bool) -> Self {
        Self { kind: Kind::Date { has_time }, ..Self::default() }
    }

    /// How the format shows the digits of a whole number, if in another way than as they are.
    pub(super) fn shown(&self, digits: &str) -> Option<String> {
        let shown = self.digits.as_ref()?;
        let first = shown.iter().position(|shown| !matches!(shown, Shown::Character(_)))?;
        let mut left: Vec<char> = digits.trim_start_matches('0').chars().collect();
        let mut reversed: Vec<char> = Vec::new();
        for (at, part) in shown.iter().enumerate().rev() {
            match part {
                Shown::Character(character) => reversed.push(*character),
                Shown::Zero => reversed.push(left.pop().unwrap_or('0')),
                Shown::Digit => reversed.extend(left.pop()),
            }
            if at == first {
                // The first place takes all digits that are left.
                reversed.extend(left.drain(..).rev());
            }
        }
        Some(reversed.into_iter().rev().collect::<String>().trim().to_owned())
    }
}

impl Found {
    fn of(code: &str) -> Self {
        let mut found = Self::default();
        let mut characters = code.chars().peekable();
        let is_general = |rest: String| rest.eq_ignore_ascii_case(GENERAL_REST);
        while let Some(character) = characters.next() {
            match character {
                ';' => break,
                '"' => {
                    let quoted: Vec<char> = characters.by_ref().take_while(|c| *c != '"').collect();
                    for character in quoted {
                        found.add_text(character);
                    }
                }
                '\\' => {
                    if let Some(character) = characters.next() {
                        found.add_text(character);
                    }
                }
                // A blank as wide as the next character, or the next character as often as it fits.
                '_' | '*' => drop(characters.next()),
                '[' => {
                    let inner: String = characters.by_ref().take_while(|c| *c != ']').collect();
                    found.add_brackets(&inner);
                }
                'G' | 'g' if is_general(characters.clone().take(GENERAL_REST.len()).collect()) => {
                    characters.by_ref().take(GENERAL_REST.len()).for_each(drop);
                }
                'E' | 'e' if matches!(characters.peek(), Some('+' | '-')) => found.parts.push(Part::Other),
                'y' | 'Y' | 'd' | 'D' | 'e' | 'E' | 'b' | 'B' => found.parts.push(Part::Day),
                'm' | 'M' => found.parts.push(Part::Month),
                'h' | 'H' | 's' | 'S' => found.parts.push(Part::Time),
                // AM/PM
                'A' | 'a' | 'P' | 'p' | '@' => {}
                other => found.add_number(other, characters.peek().copied()),
            }
        }
        found
    }

    fn add_number(&mut self, character: char, next: Option<char>) {
        match character {
            '0' | '#' | '?' => {
                let shown = if character == '0' { Shown::Zero } else { Shown::Digit };
                match &mut self.decimals {
                    Some(decimals) => *decimals += 1,
                    None => self.digits.push(shown),
                }
            }
            '.' => {
                self.decimals = Some(self.decimals.unwrap_or_default());
            }
            // Behind the last digit, it divides by a thousand.
            ',' if matches!(next, Some('0' | '#' | '?')) && self.decimals.is_none() => {
                self.parts.push(Part::Groups);
            }
            ',' | '/' => self.parts.push(Part::Other),
            '%' => self.parts.push(Part::Percent),
            other => self.add_text(other),
        }
    }

    fn add_text(&mut self, character: char) {
        self.text.push(character);
        self.digits.push(Shown::Character(character));
    }

    /// What is in brackets: a currency and a locale (`$€-407`), an elapsed time (`h`), a color or a condition.
    fn add_brackets(&mut self, inner: &str) {
        if let Some(currency) = inner.strip_prefix('$') {
            let currency = currency.split('-').next().unwrap_or_default();
            currency.chars().for_each(|c| self.add_text(c));
        } else if !inner.is_empty() && inner.chars().all(|c| matches!(c, 'h' | 'H' | 'm' | 'M' | 's' | 'S')) {
            self.parts.push(Part::Elapsed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_numbers_and_times() {
        for code in [
            "dd.mm.yyyy",
            "m/d/yy",
            "yyyy\\-mm\\-dd",
            "[$-407]d/\\ mmmm\\ yyyy;@",
            "mmm\\-yy",
            "mmmm",
            "d\"T\"",
            "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy",
            "yyyy\"年\"m\"月\"d\"日\"",
        ] {
            assert_eq!(NumberFormat::of(code).kind, Kind::Date { has_time: false }, "{code}");
        }
        for code in ["dd.mm.yyyy hh:mm", "m/d/yy h:mm AM/PM", "yyyy-mm-dd\\ hh:mm:ss.000"] {
            assert_eq!(NumberFormat::of(code).kind, Kind::Date { has_time: true }, "{code}");
        }
        for code in [
            "General",
            "GENERAL",
            "0",
            "0.00",
            "#,##0.00 \"Std\"",
            "h:mm",
            "[h]:mm:ss",
            "mm:ss.0",
            "@",
            "[Red]0",
            "[>100]0",
            "\"yd\"0",
            "0\\m",
            "_-* #,##0.00\\ \"€\"_-",
            "",
        ] {
            assert_eq!(NumberFormat::of(code).kind, Kind::Number, "{code}");
        }
        assert_eq!(NumberFormat::of("0.0%").kind, Kind::Percent);
    }

    #[test]
    fn decimals_are_those_that_show_cents() {
        for (code, decimals) in [
            ("0.00", Some(2)),
            ("#,##0.00;[Red]-#,##0.00", Some(2)),
            ("#,##0.000", Some(3)),
            ("0.0#", Some(2)),
            ("0", None),
            ("#,##0", None),
            ("0.0", None),
            ("General", None),
            ("0.00E+00", None),
            ("# ??/??", None),
            ("#,##0.00,", None),
            ("#,##0,", None),
        ] {
            assert_eq!(NumberFormat::of(code).decimals, decimals, "{code}");
        }
    }

    #[test]
    fn marks_of_currencies_are_found() {
        for (code, mark) in [
            ("#,##0.00\\ [$€-407]", Some("€")),
            ("_-* #,##0.00\\ \"€\"_-;\\-* #,##0.00\\ \"€\"_-;_-* \"-\"??\\ \"€\"_-;_-@_-", Some("€")),
            ("[$$-409]#,##0.00", Some("$")),
            ("\"$\"#,##0.00_);(\"$\"#,##0.00)", Some("$")),
            ("$#,##0.00", Some("$")),
            ("[$EUR]\\ #,##0.00", Some("EUR")),
            ("#,##0.00\\ \"CHF\"", Some("CHF")),
            ("#,##0.00", None),
            ("0\\ \"Stück\"", None),
        ] {
            assert_eq!(NumberFormat::of(code).mark.as_deref(), mark, "{code}");
        }
    }

    #[test]
    fn whole_numbers_are_shown_with_their_zeros_and_characters() {
        for (code, digits, shown) in [
            ("00000", "42", Some("00042")),
            ("00000", "1234567", Some("1234567")),
            ("00000", "0", Some("00000")),
            ("\"INV-\"0000", "42", Some("INV-0042")),
            ("000\\-00\\-0000", "123456789", Some("123-45-6789")),
            ("000-00", "1234567", Some("12345-67")),
            ("0", "42", None),
            ("General", "42", None),
            ("#,##0", "4200", None),
            ("0.00", "42", None),
            ("0000\\ [$€-407]", "42", None),
        ] {
            assert_eq!(NumberFormat::of(code).shown(digits).as_deref(), shown, "{code}");
        }
    }
}
