//! The figures that a source has stated of an open item.

use super::ItemKind;
use crate::date::Date;
use crate::money::Decimal;

/// A figure of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The figure.
    pub amount: Decimal,
    /// The last day whose bank payments the source had fully posted; `None` stands for the beginning.
    pub as_of: Option<Date>,
}

/// The highest and the lowest figure that a source has stated of an open item, each with the earliest day of which it was
/// stated. They are the same in whatever order the figures arrive.
///
/// The original amount is the highest figure of an invoice, and the lowest one of a credit note or a payment. Both are kept,
/// since a later file may correct the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    highest: Figure,
    lowest: Figure,
}

impl Figures {
    /// The figures of a source that has stated one.
    #[must_use]
    pub fn of(figure: Figure) -> Self {
        Self { highest: figure, lowest: figure }
    }

    /// These, the highest and the lowest one.
    #[must_use]
    pub fn of_extremes(highest: Figure, lowest: Figure) -> Self {
        Self { highest, lowest }
    }

    /// The highest and the lowest one.
    #[must_use]
    pub fn extremes(&self) -> [Figure; 2] {
        [self.highest, self.lowest]
    }

    /// Adds a figure.
    pub fn add(&mut self, figure: Figure) {
        let is_earlier = |than: Figure| figure.amount == than.amount && figure.as_of < than.as_of;
        if figure.amount > self.highest.amount || is_earlier(self.highest) {
            self.highest = figure;
        }
        if figure.amount < self.lowest.amount || is_earlier(self.lowest) {
            self.lowest = figure;
        }
    }

    /// The original amount of an item of this kind, and the earliest day of which it was stated.
    #[must_use]
    pub fn original(&self, kind: ItemKind) -> Figure {
        if kind.is_credit() { self.lowest } else { self.highest }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn figures() -> impl Strategy<Value = Vec<Figure>> {
        let day = prop::option::of((1_i8..6).prop_map(|day| date(2026, 1, day)));
        let figure =
            (-300_i64..300, day).prop_map(|(cents, as_of)| Figure { amount: Decimal::new(cents, 2), as_of });
        prop::collection::vec(figure, 1..6)
    }

    fn all(figures: impl IntoIterator<Item = Figure>) -> Option<Figures> {
        figures.into_iter().fold(None, |all: Option<Figures>, figure| {
            let mut all = all.unwrap_or(Figures::of(figure));
            all.add(figure);
            Some(all)
        })
    }

    proptest! {
        #[test]
        fn order_of_figures_makes_no_difference(figures in figures()) {
            let forward = all(figures.clone()).expect("figures");
            prop_assert_eq!(all(figures.iter().rev().copied()), Some(forward));
            let original = forward.original(ItemKind::Invoice);
            let highest = figures.iter().map(|figure| figure.amount).max().expect("figures");
            let earliest = figures.iter().filter(|figure| figure.amount == highest).map(|figure| figure.as_of).min();
            prop_assert_eq!((original.amount, Some(original.as_of)), (highest, earliest));
        }
    }
}
