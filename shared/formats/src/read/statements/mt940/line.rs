//! The statement line, field 61: days, direction, amount, type and references of an entry.

use std::iter::Peekable;
use std::str::Chars;

use saldo_domain::date::Date;
use saldo_domain::money::{Currency, Decimal, Money};

use super::super::amount::{amount, day_near, short_day, shown};

/// A statement line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatementLine {
    pub(super) valued_on: Date,
    pub(super) booked_on: Option<Date>,
    /// Negative if it is taken from the account.
    pub(super) amount: Decimal,
    pub(super) is_reversal: bool,
    /// Whether it is expected only (`EC`, `ED`).
    pub(super) is_expected: bool,
    /// The type, such as `NTRF`.
    pub(super) kind: String,
    /// The reference for the account owner.
    pub(super) reference: String,
    /// The bank's reference.
    pub(super) bank_reference: String,
    /// The lines with further details.
    pub(super) further: Vec<String>,
}

impl StatementLine {
    /// Reads the lines of the field.
    pub(super) fn of(lines: &[String]) -> Result<Self, String> {
        let (first, further) = lines.split_first().ok_or("the statement line is empty")?;
        // One bank breaks the line behind the mark.
        let (first, further) = match further.split_first() {
            Some((next, rest)) if ends_in_mark(first) => (format!("{}{next}", first.trim()), rest),
            _ => (first.trim().to_owned(), further),
        };
        let (day, rest) =
            first.split_at_checked(6).ok_or_else(|| format!("{} is not a statement line", shown(&first)))?;
        let valued_on = short_day(day)?;
        let (day, rest) = match rest.split_at_checked(4) {
            Some((day, after)) if day.bytes().all(|byte| byte.is_ascii_digit()) => (Some(day), after),
            _ => (None, rest),
        };
        let booked_on = day.map(|day| day_near(day, valued_on)).transpose()?;
        let mut rest = rest.trim_start().chars().peekable();
        let direction = Direction::of(&mut rest)?;
        // The third character of the currency.
        rest.next_if(char::is_ascii_alphabetic);
        let digits = take_while(&mut rest, |c| c.is_ascii_digit() || matches!(c, ',' | '.' | ' '));
        let amount = amount(&digits)?;
        let kind: String = rest.by_ref().take(4).collect();
        let rest: String = rest.collect();
        let (reference, bank_reference) = rest.split_once("//").unwrap_or((&rest, ""));
        Ok(Self {
            valued_on,
            booked_on,
            amount: if direction.adds { amount } else { -amount },
            is_reversal: direction.is_reversal,
            is_expected: direction.is_expected,
            kind: kind.trim().to_owned(),
            reference: reference.to_owned(),
            bank_reference: bank_reference.to_owned(),
            further: further.to_vec(),
        })
    }

    /// The amount between a word and the next slash in the further details: `/OCMT/EUR11,85//CHGS/EUR0,50/`.
    pub(super) fn further_amount(&self, word: &str) -> Option<Money> {
        let text = self.further.concat();
        let (_, value) = text.split_once(word)?;
        let (currency, digits) = value.split('/').next()?.split_at_checked(3)?;
        let currency: Currency = currency.parse().ok()?;
        Some(Money { amount: amount(digits).ok()?, currency })
    }
}

/// Whether a line has nothing but days and a mark.
fn ends_in_mark(line: &str) -> bool {
    let mark = line.trim().trim_start_matches(|c: char| c.is_ascii_digit());
    !mark.is_empty() && mark.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The mark of direction: C or D, with R if the entry reverses one, or E if it is expected. The reversal of a credit takes from
/// the account.
struct Direction {
    adds: bool,
    is_reversal: bool,
    is_expected: bool,
}

impl Direction {
    fn of(rest: &mut Peekable<Chars<'_>>) -> Result<Self, String> {
        let before = rest.next_if(|c| matches!(c, 'R' | 'E'));
        let (is_reversal, is_expected) = (before == Some('R'), before == Some('E'));
        match rest.next() {
            Some('C') => Ok(Self { adds: !is_reversal, is_reversal, is_expected }),
            Some('D') => Ok(Self { adds: is_reversal, is_reversal, is_expected }),
            _ => Err("the statement line has no mark C, D, RC or RD".to_owned()),
        }
    }
}

fn take_while(rest: &mut Peekable<Chars<'_>>, mut is_part: impl FnMut(char) -> bool) -> String {
    std::iter::from_fn(|| rest.next_if(|c| is_part(*c))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> StatementLine {
        StatementLine::of(&text.lines().map(str::to_owned).collect::<Vec<_>>()).expect(text)
    }

    #[test]
    fn marks_say_direction_and_reversal() {
        for (mark, amount, is_reversal, is_expected) in [
            ("C", "10.50", false, false),
            ("D", "-10.50", false, false),
            ("RC", "-10.50", true, false),
            ("RD", "10.50", true, false),
            ("CR", "10.50", false, false),
            ("DR", "-10.50", false, false),
            ("RCR", "-10.50", true, false),
            ("RDR", "10.50", true, false),
            ("EC", "10.50", false, true),
            ("ED", "-10.50", false, true),
        ] {
            let read = line(&format!("2607010630{mark}10,50NTRFNONREF"));
            assert_eq!(read.amount.to_string(), amount, "{mark}");
            assert_eq!((read.is_reversal, read.is_expected), (is_reversal, is_expected), "{mark}");
            assert_eq!(read.kind, "NTRF");
        }
    }

    #[test]
    fn parts_are_told_apart() {
        let read = line("2606080608D12,35NRTIKREF+//2016021783252833\n/OCMT/EUR11,85//CHGS/EUR0,50/");
        assert_eq!((read.reference.as_str(), read.bank_reference.as_str()), ("KREF+", "2016021783252833"));
        let amount = |word| read.further_amount(word).map(|money| money.to_string());
        assert_eq!(amount("/OCMT/").as_deref(), Some("11.85 EUR"));
        assert_eq!(amount("/CHGS/").as_deref(), Some("0.50 EUR"));
        assert_eq!(amount("/XCHG/"), None);
        let day = |text: &str| text.parse::<Date>().ok();
        let read = line("270102    D65,00NOVBNL47");
        assert_eq!((Some(read.valued_on), read.booked_on), (day("2027-01-02"), None));
        assert_eq!((read.kind.as_str(), read.reference.as_str()), ("NOVB", "NL47"));
        assert_eq!(line("1811261126CR\n30,00N062NONREF").amount, Decimal::new(3_000, 2));
        let read = line("2701021231C9,N192NONREF");
        assert_eq!((read.booked_on, read.amount), (day("2026-12-31"), Decimal::from(9)));
    }

    #[test]
    fn unreadable_lines_are_refused() {
        for text in
            ["", "26070", "2607010630", "2607010630X5,00NTRF", "2613010630C5,00NTRF", "2607010630C,NTRF"]
        {
            assert!(StatementLine::of(&[text.to_owned()]).is_err(), "{text}");
        }
    }
}
