//! Observe keys: the events that an endpoint is notified of. Those of the finX API are paths, which synchronizations
//! update; the others are Saldo's own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fields::InvalidValue;
use crate::id::{AccessId, AccountId};

/// The events that an endpoint is notified of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ObserveKey {
    /// Accounts were read.
    Accounts,
    /// Transactions were read.
    Transactions,
    /// This account was read.
    Account(AccountId),
    /// This account's balance was read.
    Balance(AccountId),
    /// This account's transactions were read.
    TransactionsOf(AccountId),
    /// A synchronization of this access ended.
    SyncsOf(AccessId),
    /// An import ended.
    ImportCompleted,
    /// An import of a complete file waits for a confirmation.
    ImportAwaitingConfirmation,
    /// An export ended.
    ExportCompleted,
    /// A synchronization ended.
    SyncCompleted,
}

const UNKNOWN: InvalidValue = InvalidValue(
    "no observe key; the keys are /rest/accounts, /rest/transactions, /rest/accounts/{account_id}, \
     /rest/accounts/{account_id}/balance, /rest/accounts/{account_id}/transactions, \
     /rest/accesses/{access_id}/syncs, saldo:import.completed, saldo:import.awaiting_confirmation, \
     saldo:export.completed, saldo:sync.completed",
);

impl ObserveKey {
    /// Whether notifications with this key have the id of the job that ended or waits.
    #[must_use]
    pub fn names_its_job(&self) -> bool {
        matches!(
            self,
            Self::ImportCompleted
                | Self::ImportAwaitingConfirmation
                | Self::ExportCompleted
                | Self::SyncCompleted
        )
    }
}

impl FromStr for ObserveKey {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "saldo:import.completed" => return Ok(Self::ImportCompleted),
            "saldo:import.awaiting_confirmation" => return Ok(Self::ImportAwaitingConfirmation),
            "saldo:export.completed" => return Ok(Self::ExportCompleted),
            "saldo:sync.completed" => return Ok(Self::SyncCompleted),
            _ => {}
        }
        let path: Vec<&str> = text.strip_prefix("/rest/").ok_or(UNKNOWN)?.split('/').collect();
        let account = |id: &str| id.parse().map_err(|_| UNKNOWN);
        match path.as_slice() {
            ["accounts"] => Ok(Self::Accounts),
            ["transactions"] => Ok(Self::Transactions),
            ["accounts", id] => account(id).map(Self::Account),
            ["accounts", id, "balance"] => account(id).map(Self::Balance),
            ["accounts", id, "transactions"] => account(id).map(Self::TransactionsOf),
            ["accesses", id, "syncs"] => id.parse().map(Self::SyncsOf).map_err(|_| UNKNOWN),
            _ => Err(UNKNOWN),
        }
    }
}

impl fmt::Display for ObserveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accounts => f.write_str("/rest/accounts"),
            Self::Transactions => f.write_str("/rest/transactions"),
            Self::Account(id) => write!(f, "/rest/accounts/{id}"),
            Self::Balance(id) => write!(f, "/rest/accounts/{id}/balance"),
            Self::TransactionsOf(id) => write!(f, "/rest/accounts/{id}/transactions"),
            Self::SyncsOf(id) => write!(f, "/rest/accesses/{id}/syncs"),
            Self::ImportCompleted => f.write_str("saldo:import.completed"),
            Self::ImportAwaitingConfirmation => f.write_str("saldo:import.awaiting_confirmation"),
            Self::ExportCompleted => f.write_str("saldo:export.completed"),
            Self::SyncCompleted => f.write_str("saldo:sync.completed"),
        }
    }
}

impl TryFrom<String> for ObserveKey {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl From<ObserveKey> for String {
    fn from(key: ObserveKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_parse_back() {
        for key in [
            "/rest/accounts",
            "/rest/transactions",
            "/rest/accounts/acc_aaaaaaaaaaaaaaaa",
            "/rest/accounts/acc_aaaaaaaaaaaaaaaa/balance",
            "/rest/accounts/acc_aaaaaaaaaaaaaaaa/transactions",
            "/rest/accesses/acs_aaaaaaaaaaaaaaaa/syncs",
            "saldo:import.completed",
            "saldo:import.awaiting_confirmation",
            "saldo:export.completed",
            "saldo:sync.completed",
        ] {
            assert_eq!(key.parse::<ObserveKey>().map(String::from), Ok(key.to_owned()));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "accounts",
            "/rest",
            "/rest/",
            "/rest/accounts/",
            "/rest/accounts/acs_aaaaaaaaaaaaaaaa",
            "/rest/accounts/acc_aaaaaaaaaaaaaaaa/",
            "/rest/accounts/acc_aaaaaaaaaaaaaaaa/balances",
            "/rest/accesses/acs_aaaaaaaaaaaaaaaa",
            "/rest/accesses/acs_aaaaaaaaaaaaaaaa/syncs/x",
            "saldo:import",
            "SALDO:IMPORT.COMPLETED",
        ] {
            assert_eq!(text.parse::<ObserveKey>(), Err(UNKNOWN), "{text}");
        }
    }
}
