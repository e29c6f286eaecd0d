//! The columns that together are the amount of a row.

use serde::{Deserialize, Serialize};

use super::ColumnRef;

/// The texts of a sign column that make an amount negative, if the options name none: a minus, and "credit" in the
/// languages of common ledgers.
const NEGATIVE: [&str; 7] = ["-", "C", "CR", "CREDIT", "H", "HABEN", "HABER"];
/// The texts that leave it as it is.
const POSITIVE: [&str; 7] = ["+", "D", "DR", "DEBIT", "S", "SOLL", "DEBE"];

/// The most texts of a sign column that the options may name.
const SIGNS_MAX: usize = 20;

/// The columns of `total_amount`: one, or one for debits and one for credits, or one beside a column with its sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Columns", into = "Columns")]
pub enum AmountColumns {
    /// One column.
    One(ColumnRef),
    /// What is owed is the debit less the credit.
    DebitCredit {
        /// The column of debits.
        debit: ColumnRef,
        /// The column of credits.
        credit: ColumnRef,
    },
    /// A column, and one with its sign.
    Signed {
        /// The column of amounts.
        column: ColumnRef,
        /// The column of signs.
        sign: ColumnRef,
        /// The signs.
        signs: Signs,
    },
}

/// The meaning of the texts in a sign column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signs(Vec<String>);

impl Signs {
    /// Whether the text makes an amount negative; `None` if its meaning is unknown.
    #[must_use]
    pub fn is_negative(&self, text: &str) -> Option<bool> {
        let is = |sign: &str| sign.trim().to_uppercase() == text.trim().to_uppercase();
        if !self.0.is_empty() {
            return Some(self.0.iter().any(|sign| is(sign)));
        }
        match (NEGATIVE.into_iter().any(is), POSITIVE.into_iter().any(is)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }
}

/// The columns of the amount: `column` alone; `debit` and `credit`; or `column` and `sign`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = AmountColumns))]
pub struct Columns {
    /// The column of amounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    column: Option<ColumnRef>,
    /// The column of debits: what is owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    debit: Option<ColumnRef>,
    /// The column of credits, which are subtracted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    credit: Option<ColumnRef>,
    /// The column with the sign of the amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    sign: Option<ColumnRef>,
    /// The texts of the sign column that make an amount negative; by default `-`, `C`, `CR`, `credit`, `H`, `Haben` and `Haber`,
    /// and every other text but their opposites is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    negative: Vec<String>,
}

/// The columns are not one of the three forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected column; or debit and credit; or column and sign, with or without negative")]
pub struct InvalidAmountColumns;

impl TryFrom<Columns> for AmountColumns {
    type Error = InvalidAmountColumns;

    fn try_from(columns: Columns) -> Result<Self, InvalidAmountColumns> {
        match columns {
            Columns { column: Some(column), debit: None, credit: None, sign: None, negative }
                if negative.is_empty() =>
            {
                Ok(Self::One(column))
            }
            Columns { column: None, debit: Some(debit), credit: Some(credit), sign: None, negative }
                if negative.is_empty() =>
            {
                Ok(Self::DebitCredit { debit, credit })
            }
            Columns { column: Some(column), debit: None, credit: None, sign: Some(sign), negative }
                if negative.len() <= SIGNS_MAX =>
            {
                Ok(Self::Signed { column, sign, signs: Signs(negative) })
            }
            _ => Err(InvalidAmountColumns),
        }
    }
}

impl From<AmountColumns> for Columns {
    fn from(amount: AmountColumns) -> Self {
        match amount {
            AmountColumns::One(column) => Self { column: Some(column), ..Self::default() },
            AmountColumns::DebitCredit { debit, credit } => {
                Self { debit: Some(debit), credit: Some(credit), ..Self::default() }
            }
            AmountColumns::Signed { column, sign, signs } => {
                Self { column: Some(column), sign: Some(sign), negative: signs.0, ..Self::default() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amount_has_one_of_three_forms() {
        let read = |json: &str| serde_json::from_str::<AmountColumns>(json);
        assert_eq!(read(r#"{"column":2}"#).expect("a form"), AmountColumns::One(ColumnRef::Number(2)));
        assert!(read(r#"{"debit":"Soll","credit":"Haben"}"#).is_ok());
        assert!(read(r#"{"column":"Betrag","sign":"S/H","negative":["H"]}"#).is_ok());
        for bad in [
            "{}",
            r#"{"debit":"Soll"}"#,
            r#"{"column":"a","debit":"b","credit":"c"}"#,
            r#"{"column":"a","negative":["H"]}"#,
            r#"{"column":"a","sine":"b"}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn unknown_signs_have_no_meaning() {
        let known = Signs::default();
        for (text, negative) in
            [("H", Some(true)), (" s ", Some(false)), ("-", Some(true)), ("", None), ("X", None)]
        {
            assert_eq!(known.is_negative(text), negative, "{text:?}");
        }
        let named = Signs(vec!["G".to_owned()]);
        assert_eq!((named.is_negative("g"), named.is_negative("H")), (Some(true), Some(false)));
    }
}
