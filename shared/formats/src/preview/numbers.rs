//! Finds the separators of the amounts in a column.

use saldo_domain::money::{AmountNotation, Decimal, DecimalSeparator, ThousandsSeparator};

use super::verdict::{Verdict, judge};

/// The separators of amounts, as the options of an import state them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Separators {
    /// The decimal separator; `None` if the amounts have none.
    pub(super) decimal: Option<DecimalSeparator>,
    /// The separator of thousands; `None` if the amounts have none.
    pub(super) thousands: Option<ThousandsSeparator>,
}

impl Separators {
    /// How amounts with these separators are read.
    #[must_use]
    pub(super) fn notation(self) -> AmountNotation {
        AmountNotation::stated(self.decimal, self.thousands)
    }
}

/// The notations that are told apart, the simplest first.
fn notations() -> Vec<AmountNotation> {
    use DecimalSeparator::{Comma, Point};
    use ThousandsSeparator as T;
    let of = |decimal, thousands| AmountNotation { decimal, thousands };
    let mut all =
        vec![of(Point, None), of(Comma, None), of(Point, Some(T::Comma)), of(Comma, Some(T::Point))];
    for thousands in [T::Apostrophe, T::Space] {
        all.extend([of(Point, Some(thousands)), of(Comma, Some(thousands))]);
    }
    all
}

/// What the values of columns of amounts say about their separators. Three digits behind the only separator of a value
/// prove nothing: `25.000` may be 25 thousand. Separators that the caller states are not doubted.
pub(super) fn judge_amounts(values: &[&str], stated: Separators) -> Verdict<Separators> {
    let mut ways = notations();
    ways.retain(|way| {
        stated.decimal.is_none_or(|decimal| way.decimal == decimal)
            && stated.thousands.is_none_or(|thousands| way.thousands == Some(thousands))
    });
    match judge(values, &ways, amount) {
        Verdict::Nothing => Verdict::Nothing,
        Verdict::Proven(notations) => Verdict::Proven(vec![simplest(&notations, values)]),
        Verdict::Ambiguous(choices) => Verdict::Ambiguous(choices.into_iter().map(in_full).collect()),
        Verdict::Unreadable { choices, at } => {
            Verdict::Unreadable { choices: choices.into_iter().map(in_full).collect(), at }
        }
    }
}

/// The amount in a notation.
fn amount(notation: AmountNotation, text: &str) -> Option<Decimal> {
    notation.parse(text).ok().map(|written| written.amount)
}

/// All separators of a notation that the caller may choose. A notation without a separator of thousands states the other
/// one, since the rows would be refused as ambiguous otherwise.
fn in_full(notation: AmountNotation) -> Separators {
    let other = match notation.decimal {
        DecimalSeparator::Point => ThousandsSeparator::Comma,
        DecimalSeparator::Comma => ThousandsSeparator::Point,
    };
    Separators { decimal: Some(notation.decimal), thousands: Some(notation.thousands.unwrap_or(other)) }
}

/// The separators to state of notations that read the same: those that the values have, and a separator of thousands if
/// the rows would be refused as ambiguous without.
fn simplest(notations: &[AmountNotation], values: &[&str]) -> Separators {
    let Some(first) = notations.first().copied() else { return Separators::default() };
    let is_open = notations.iter().any(|other| other.decimal != first.decimal);
    let decimal = (!is_open).then_some(first.decimal);
    let needs_thousands = decimal.is_some() && first.thousands.is_none() && {
        let has_group =
            |value: &&str| first.parse(value).is_ok_and(|written| first.looks_grouped(written.digits));
        values.iter().any(has_group)
    };
    let thousands = if needs_thousands { in_full(first).thousands } else { first.thousands };
    Separators { decimal, thousands }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(separators: Separators) -> String {
        let decimal = separators.decimal.map_or('_', DecimalSeparator::character);
        let thousands = separators.thousands.map_or('_', ThousandsSeparator::character);
        format!("{decimal}{thousands}")
    }

    fn judged(values: &[&str]) -> Result<String, Vec<String>> {
        match judge_amounts(values, Separators::default()) {
            Verdict::Proven(separators) => Ok(names(separators[0])),
            Verdict::Ambiguous(choices) | Verdict::Unreadable { choices, .. } => {
                Err(choices.into_iter().map(names).collect())
            }
            Verdict::Nothing => Err(vec![]),
        }
    }

    #[test]
    fn separators_are_proven_by_all_values() {
        for (values, separators) in [
            (&["1.234,56"][..], ",."),
            (&["1,234.56", "25,000"], ".,"),
            (&["25.000", "12,50"], ",."),
            (&["1250.75", "99.90"], "._"),
            (&["12,50"], ",_"),
            (&["1250", "80"], "__"),
            (&["1.234.567"], ",."),
            (&["1'234.50"], ".'"),
            (&["1'234"], "_'"),
            (&["1 234,50", "1\u{a0}000,00", "2\u{202f}500,00"], ", "),
            (&["0.500"], "._"),
            (&["1234.500", "25.000"], ".,"),
            (&["(1.234,56)", "99,00-", "-5,00 €", "0,00"], ",."),
            (&["$1,234.56", "USD 5.00"], ".,"),
            (&["-250.000", "12.5"], ".,"),
        ] {
            assert_eq!(judged(values), Ok(separators.to_owned()), "{values:?}");
        }
    }

    #[test]
    fn three_digits_behind_the_only_separator_prove_nothing() {
        for (values, choices) in [
            (&["25.000"][..], &[".,", ",."][..]),
            (&["25,000", "1,250"], &[",.", ".,"]),
            (&["25.000", "80", "1250"], &[".,", ",."]),
            (&["12.345", "7.000"], &[".,", ",."]),
        ] {
            assert_eq!(judged(values), Err(choices.iter().map(|&c| c.to_owned()).collect()), "{values:?}");
        }
    }

    #[test]
    fn columns_with_two_notations_have_choices_and_none_is_proven() {
        assert_eq!(judged(&["1.234,56", "1,234.56"]), Err(vec![".,".to_owned(), ",.".to_owned()]));
        assert_eq!(judged(&["12,50", "n/a", "7,00"]), Err(vec![",.".to_owned()]));
        assert_eq!(judged(&["n/a"]), Err(vec![]));
    }
}
