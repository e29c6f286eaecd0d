//! Where an amount is written: a file has options for its separators, a form has none.

use crate::money::AmountNotation;

/// Where amounts are written as people write them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WrittenIn {
    /// A file, whose import has options for its separators.
    File(AmountNotation),
    /// A form.
    Form,
}

impl WrittenIn {
    pub(super) fn notation(self) -> AmountNotation {
        match self {
            Self::File(notation) => notation,
            Self::Form => AmountNotation::default(),
        }
    }

    /// The advice to state separators, where that is possible.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::File(_) => ", or name the separator of thousands with `thousands_separator`",
            Self::Form => "",
        }
    }
}
