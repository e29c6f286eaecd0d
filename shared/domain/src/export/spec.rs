//! The records and the format of an export.

use serde::{Deserialize, Serialize};

use super::{CsvForm, Format, Profile, TransactionColumn};
use crate::account::{AccountField, AccountFilter};
use crate::date::Date;
use crate::transaction::TransactionFilter;

/// The records and the format of an export. The same specification and the same records give the same file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportSpec {
    /// The format.
    pub format: Format,
    /// The program that reads it.
    pub profile: Profile,
    /// The form of a CSV file.
    #[serde(default)]
    pub csv: CsvForm,
    /// The organization's day when the export was requested. Days past due are counted up to it, however late the file is
    /// written.
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
        /// Which records.
        filter: Box<AccountFilter>,
        /// Their columns, in order.
        columns: Vec<AccountField>,
    },
    /// Transactions.
    Transactions {
        /// Which records.
        filter: TransactionFilter,
        /// Their columns, in order.
        columns: Vec<TransactionColumn>,
    },
}

impl ExportSpec {
    /// The name under which a browser saves the file.
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
    /// The kind of records.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accounts { .. } => "accounts",
            Self::Transactions { .. } => "transactions",
        }
    }
}
