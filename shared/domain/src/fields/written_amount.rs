//! Amounts in files and forms, as people and programs write them.

use super::{AmbiguousAmount, Fields, Finding, FindingCode, Patch, WrittenIn, shown_value};
use crate::money::{AmountError, Decimal, parse_plain};

impl Fields<'_> {
    /// Makes [`Fields::amount`] read text as in files and forms. What is wrong with an amount in some currencies only is
    /// kept until [`Fields::take_ambiguous`].
    pub(crate) fn read_amounts_as(&mut self, written: WrittenIn) {
        self.written = Some(written);
    }

    pub(super) fn text_amount(&mut self, name: &'static str, text: &str) -> Patch<Decimal> {
        match self.written {
            None => self.accept(name, parse_plain(text)),
            Some(written) => match self.written_amount(name, text, written) {
                Some(amount) => Patch::Set(amount),
                None => Patch::Keep,
            },
        }
    }

    /// Reads an amount of a file or a form, and reports what is wrong with it.
    pub(crate) fn written_amount(
        &mut self,
        name: &'static str,
        text: &str,
        written: WrittenIn,
    ) -> Option<Decimal> {
        let notation = written.notation();
        let read = match notation.parse(text) {
            Ok(read) => read,
            Err(AmountError::Malformed) => {
                self.report(Finding::in_field(name, FindingCode::InvalidAmount, malformed(text, written)));
                return None;
            }
            Err(error) => {
                self.report(Finding::in_field(name, error.into(), error.to_string()));
                return None;
            }
        };
        if notation.thousands.is_none() {
            self.ambiguous.extend(AmbiguousAmount::of_separator(name, text, read.digits, written));
        }
        self.ambiguous.extend(read.mark.map(|mark| AmbiguousAmount::of_mark(name, text, mark)));
        Some(read.amount)
    }
}

/// Why a text is not an amount, with examples as the file writes them.
fn malformed(text: &str, written: WrittenIn) -> String {
    let notation = written.notation();
    let (shown, example) = (shown_value(text.trim()), notation.example());
    let is_of_digits =
        |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | ' ' | '\u{a0}' | '\u{202f}');
    let may_have_thousands =
        text.chars().any(|c| c.is_ascii_digit()) && text.chars().filter(|c| !is_of_digits(*c)).count() <= 4;
    let advice = match written {
        WrittenIn::File(_) if may_have_thousands => {
            "; state the file's separators with `decimal_separator` and `thousands_separator`"
        }
        _ => "",
    };
    format!("{shown} is not a decimal number such as 1250 or {example}{advice}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::{Names, Value};
    use crate::money::{AmountNotation, Currency};

    fn read(text: &str, decimal: &str, thousands: Option<&str>, currency: &str) -> Result<String, String> {
        let thousands = thousands.map(|thousands| thousands.parse().expect("a separator"));
        let notation = AmountNotation { decimal: decimal.parse().expect("a separator"), thousands };
        let mut fields = Fields::new(const { &Names::new(&["total_amount"]) });
        fields.read_amounts_as(WrittenIn::File(notation));
        fields.put("total_amount", Value::Text(text.into()));
        let amount = fields.amount("total_amount");
        let currency: Currency = currency.parse().expect("a currency");
        let refused = fields.take_ambiguous().iter().find_map(|amount| amount.refused_in(currency));
        match fields.findings().first().cloned().or(refused) {
            Some(found) => Err(format!("{}: {}", found.code.name(), found.reason)),
            None => Ok(amount.value().map(|amount| amount.to_string()).unwrap_or_default()),
        }
    }

    #[test]
    fn amounts_are_exact_or_refused_with_advice_in_the_style_of_the_file() {
        assert_eq!(read("1.234,56 €", ",", Some("."), "EUR"), Ok("1234.56".to_owned()));
        assert_eq!(read("25.000", ",", Some("."), "EUR"), Ok("25000".to_owned()));
        assert_eq!(read("25,000", ",", Some("."), "EUR"), Ok("25".to_owned()));
        for (text, decimal, thousands, currency, expected) in [
            ("25.000", ".", None, "EUR", "ambiguous_amount: 25.000 is ambiguous"),
            ("25.000 €", ".", None, "EUR", "ambiguous_amount: 25.000 € is ambiguous"),
            ("(25,000)", ",", None, "USD", "ambiguous_amount: (25,000) is ambiguous"),
            (
                "5 $",
                ".",
                None,
                "EUR",
                "currency_mismatch: 5 $ is marked with $, but the currency of the row is EUR",
            ),
            (
                "1250.75",
                ",",
                None,
                "EUR",
                "invalid_amount: 1250.75 is not a decimal number such as 1250 or 1250,75",
            ),
            (
                "1,5x",
                ",",
                Some("."),
                "EUR",
                "invalid_amount: 1,5x is not a decimal number such as 1250 or 1.250,75",
            ),
        ] {
            let refused = read(text, decimal, thousands, currency).expect_err(text);
            assert!(refused.starts_with(expected), "{refused}");
        }
        assert!(
            read("25.000", ".", None, "EUR").is_err_and(|reason| reason.ends_with("`thousands_separator`"))
        );
    }
}
