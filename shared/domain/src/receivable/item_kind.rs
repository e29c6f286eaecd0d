//! The kinds of open items.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fields::{FindingCode, InvalidValue, shown_value};
use crate::money::Decimal;

/// What people and programs write for each kind, without case, blanks and punctuation.
const WORDS: [(ItemKind, &[&str]); 3] = [
    (
        ItemKind::Invoice,
        &[
            "invoice", "inv", "bill", "rechnung", "re", "factura", "facture", "fattura", "fatura", "factuur",
            "faktura",
        ],
    ),
    (
        ItemKind::CreditNote,
        &[
            "creditnote",
            "creditmemo",
            "creditinvoice",
            "cn",
            "gutschrift",
            "gs",
            "rechnungskorrektur",
            "stornorechnung",
            "notadecredito",
            "notadecrédito",
            "nc",
            "abono",
            "facturarectificativa",
            "avoir",
            "factureavoir",
            "notadicredito",
            "creditnota",
            "kreditnota",
        ],
    ),
    (
        ItemKind::Payment,
        &[
            "payment",
            "pmt",
            "prepayment",
            "unappliedpayment",
            "zahlung",
            "zahlungseingang",
            "anzahlung",
            "pago",
            "cobro",
            "anticipo",
            "paiement",
            "règlement",
            "reglement",
            "acompte",
            "pagamento",
            "betaling",
        ],
    ),
];

/// The kind of an open item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = OpenItemKind))]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// An invoice: its figures are positive, and negative if it is overpaid.
    #[default]
    Invoice,
    /// A credit note: its figures are negative.
    CreditNote,
    /// A payment that the ERP lists as an open item, because it is not applied to an invoice: its figures are negative.
    Payment,
}

/// The text is not a kind of open items.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a kind: expected invoice, credit_note or payment")]
pub struct UnknownKind(String);

impl From<UnknownKind> for FindingCode {
    fn from(_: UnknownKind) -> Self {
        Self::InvalidValue
    }
}

impl ItemKind {
    /// The name in requests, files and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
            Self::Payment => "payment",
        }
    }

    /// The kind of a new item whose source states none: a negative figure is a credit note.
    #[must_use]
    pub fn of_new(figure: Decimal) -> Self {
        if figure < Decimal::ZERO { Self::CreditNote } else { Self::Invoice }
    }

    /// Whether it reduces what is owed, so that its figures are negative.
    #[must_use]
    pub fn is_credit(self) -> bool {
        !matches!(self, Self::Invoice)
    }

    /// Reads a kind as people and ERPs write it: `Credit note` or `Gutschrift`.
    ///
    /// # Errors
    /// [`UnknownKind`] for any other text.
    pub fn of_people(text: &str) -> Result<Self, UnknownKind> {
        let folded: String =
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let known = WORDS.into_iter().find(|(_, words)| words.contains(&folded.as_str()));
        known.map(|(kind, _)| kind).ok_or_else(|| UnknownKind(shown_value(text.trim())))
    }
}

impl FromStr for ItemKind {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let known =
            [Self::Invoice, Self::CreditNote, Self::Payment].into_iter().find(|kind| kind.name() == text);
        known.ok_or(InvalidValue("expected invoice, credit_note or payment"))
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_as_people_write_them() {
        for (text, kind) in [
            ("invoice", ItemKind::Invoice),
            ("Credit note", ItemKind::CreditNote),
            ("credit_note", ItemKind::CreditNote),
            (" GUTSCHRIFT ", ItemKind::CreditNote),
            ("Nota de Crédito", ItemKind::CreditNote),
            ("Avoir", ItemKind::CreditNote),
            ("Zahlung", ItemKind::Payment),
            ("payment", ItemKind::Payment),
        ] {
            assert_eq!(ItemKind::of_people(text), Ok(kind), "{text}");
        }
        for unknown in ["", "-", "Journal"] {
            assert!(ItemKind::of_people(unknown).is_err(), "{unknown}");
        }
        for kind in [ItemKind::Invoice, ItemKind::CreditNote, ItemKind::Payment] {
            assert_eq!((kind.name().parse(), ItemKind::of_people(kind.name())), (Ok(kind), Ok(kind)));
        }
    }
}
