//! What is exported, and how.

use serde::{Deserialize, Serialize};

use super::{AccountColumn, Format, Profile, TransactionColumn};
use crate::account::AccountFilter;
use crate::date::Date;
use crate::transaction::TransactionFilter;

/// What is exported, and how. The same specification of the same records is the same file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportSpec {
    /// The notation.
    pub format: Format,
    /// Who it is for.
    pub profile: Profile,
    /// The organization's day when the export was asked for: what days past due count to,
    /// however late the file is written.
    pub as_of: Date,
    /// The records.
    pub subject: Subject,
}

/// The records that are exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Accounts.
    Accounts {
        /// Which.
        filter: Box<AccountFilter>,
        /// What is told of each, in order.
        columns: Vec<AccountColumn>,
    },
    /// Transactions.
    Transactions {
        /// Which.
        filter: TransactionFilter,
        /// What is told of each, in order.
        columns: Vec<TransactionColumn>,
    },
}

impl ExportSpec {
    /// The file's name for whoever saves it.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-{}.{}", self.subject.name(), self.as_of, self.format.name())
    }

    /// The same as a `Content-Disposition` (RFC 6266).
    #[must_use]
    pub fn disposition(&self) -> String {
        format!(r#"attachment; filename="{}""#, self.file_name())
    }
}

impl Subject {
    /// What the records are.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accounts { .. } => "accounts",
            Self::Transactions { .. } => "transactions",
        }
    }
}
