//! The kinds of messages in which banks report entries.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// A format of statement files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum StatementFormat {
    /// ISO 20022: camt.052, camt.053 and camt.054.
    Camt,
    /// SWIFT MT940 and MT942.
    Mt940,
    /// Open Financial Exchange 1.x (SGML) and 2.x (XML), and Quicken's QFX.
    Ofx,
    /// BAI2, the Cash Management Balance Reporting Specifications, version 2.
    Bai2,
}

/// The kind of a message.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, EnumString, Serialize, Deserialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// camt.052: a report of the day so far.
    #[strum(serialize = "camt.052")]
    #[serde(rename = "camt.052")]
    Camt052,
    /// camt.053: a statement of booked entries.
    #[strum(serialize = "camt.053")]
    #[serde(rename = "camt.053")]
    Camt053,
    /// camt.054: a notification of single entries, without balances.
    #[strum(serialize = "camt.054")]
    #[serde(rename = "camt.054")]
    Camt054,
    /// MT940: a statement of booked entries.
    Mt940,
    /// MT942: a report of the day so far, without balances.
    Mt942,
    /// OFX: entries of a period, without an opening balance.
    Ofx,
    /// BAI2: a report of a day.
    Bai2,
}

impl Message {
    /// The name in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether a message begins where the one before it has ended, so that a gap between them is a missing one.
    #[must_use]
    pub fn is_continuous(self) -> bool {
        matches!(self, Self::Camt053 | Self::Mt940 | Self::Bai2)
    }
}
