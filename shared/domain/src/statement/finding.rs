//! What is wrong with a statement, and where.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// A place in a statement file. The numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The line of the file.
    pub line: u64,
    /// The number of the entry in its statement, if the place is in an entry.
    pub entry: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry {
            Some(entry) => write!(f, "line {}, entry {entry}", self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// A finding about a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementFinding {
    /// The kind of finding.
    pub code: StatementFindingCode,
    /// Where it is, if it is at one place.
    pub place: Option<Place>,
    /// What is wrong, in a sentence. It quotes no names and no texts of payments.
    pub reason: String,
}

/// The kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, Serialize, Deserialize)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum StatementFindingCode {
    /// An entry can't be read, and is missing in what was read.
    UnreadableEntry,
    /// A balance or another statement of the statement itself can't be read.
    UnreadableField,
    /// Opening balance and booked entries don't add up to the closing balance.
    StatementDoesNotBalance,
    /// A balance or number shows that a statement is missing before this one.
    StatementMissing,
    /// A page of the statement is missing.
    PageMissing,
    /// The same statement is there twice.
    StatementRepeated,
    /// An entry or a balance is in another currency than the account.
    WrongCurrency,
    /// There are more or fewer entries, or other sums, than the bank says.
    TotalsDiffer,
    /// The bank states reversals with the direction of the original entry: the balances show it.
    ReversalDirection,
    /// A text was longer than Saldo stores, and was cut.
    TextShortened,
    /// A batch has more parts than Saldo stores. Its amount is complete.
    TooManyParts,
    /// The encoding of the file was assumed.
    AssumedEncoding,
    /// A part of the file was skipped because it has no entries of an account that Saldo reads.
    Skipped,
}

impl StatementFindingCode {
    /// The name in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether the statement is in order all the same.
    #[must_use]
    pub fn is_warning(self) -> bool {
        matches!(self, Self::AssumedEncoding | Self::TextShortened | Self::ReversalDirection)
    }
}

impl StatementFinding {
    /// A finding at a place.
    pub fn at(place: Place, code: StatementFindingCode, reason: impl Into<String>) -> Self {
        Self { code, place: Some(place), reason: reason.into() }
    }

    /// A finding about a whole statement.
    pub fn of_statement(code: StatementFindingCode, reason: impl Into<String>) -> Self {
        Self { code, place: None, reason: reason.into() }
    }
}
