//! What a key may do.

use std::str::FromStr;

use crate::fields::FindingCode;
use serde::{Deserialize, Serialize};

/// What a key may do. A route asks for exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Import accounts and follow the imports.
    #[serde(rename = "import")]
    Import,
    /// Export accounts and transactions.
    #[serde(rename = "export")]
    Export,
    /// Read clients and their balances.
    #[serde(rename = "clients:read")]
    ClientsRead,
    /// Create, change and delete clients.
    #[serde(rename = "clients:write")]
    ClientsWrite,
    /// Read accounts.
    #[serde(rename = "accounts:read")]
    AccountsRead,
    /// Create, change and delete accounts.
    #[serde(rename = "accounts:write")]
    AccountsWrite,
    /// Read transactions.
    #[serde(rename = "transactions:read")]
    TransactionsRead,
    /// Import transactions.
    #[serde(rename = "transactions:write")]
    TransactionsWrite,
    /// Connect banks and synchronize with them.
    #[serde(rename = "sync")]
    Sync,
    /// Manage notification endpoints.
    #[serde(rename = "notifications")]
    Notifications,
    /// Make, list and revoke keys.
    #[serde(rename = "keys")]
    Keys,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 11] = [
        Self::Import,
        Self::Export,
        Self::ClientsRead,
        Self::ClientsWrite,
        Self::AccountsRead,
        Self::AccountsWrite,
        Self::TransactionsRead,
        Self::TransactionsWrite,
        Self::Sync,
        Self::Notifications,
        Self::Keys,
    ];

    /// The scope's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
            Self::ClientsRead => "clients:read",
            Self::ClientsWrite => "clients:write",
            Self::AccountsRead => "accounts:read",
            Self::AccountsWrite => "accounts:write",
            Self::TransactionsRead => "transactions:read",
            Self::TransactionsWrite => "transactions:write",
            Self::Sync => "sync",
            Self::Notifications => "notifications",
            Self::Keys => "keys",
        }
    }
}

/// The text names no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no scope; the scopes are {}", Scope::ALL.map(Scope::name).join(", "))]
pub struct UnknownScope;

impl From<UnknownScope> for FindingCode {
    fn from(_: UnknownScope) -> Self {
        Self::InvalidValue
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(name: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.name() == name).ok_or(UnknownScope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_by_their_names() {
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).expect("a scope"), scope.name());
        }
    }
}
