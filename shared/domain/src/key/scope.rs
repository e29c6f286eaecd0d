//! The scopes of keys.

use serde_with::{DeserializeFromStr, SerializeDisplay};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::fields::FindingCode;

/// A permission of a key. A route requires exactly one.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
    SerializeDisplay,
    DeserializeFromStr,
)]
#[strum(parse_err_ty = UnknownScope, parse_err_fn = UnknownScope::of)]
pub enum Scope {
    /// Import accounts and follow the imports.
    #[strum(serialize = "import")]
    Import,
    /// Export accounts and transactions.
    #[strum(serialize = "export")]
    Export,
    /// Read clients and their balances.
    #[strum(serialize = "clients:read")]
    ClientsRead,
    /// Create, change and delete clients.
    #[strum(serialize = "clients:write")]
    ClientsWrite,
    /// Read accounts.
    #[strum(serialize = "accounts:read")]
    AccountsRead,
    /// Create, change and delete accounts.
    #[strum(serialize = "accounts:write")]
    AccountsWrite,
    /// Read transactions.
    #[strum(serialize = "transactions:read")]
    TransactionsRead,
    /// Import transactions.
    #[strum(serialize = "transactions:write")]
    TransactionsWrite,
    /// Connect banks and synchronize with them.
    #[strum(serialize = "sync")]
    Sync,
    /// Manage notification endpoints.
    #[strum(serialize = "notifications")]
    Notifications,
    /// Create, list and revoke keys.
    #[strum(serialize = "keys")]
    Keys,
}

impl Scope {
    /// All scopes.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The scope's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The text is not the name of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such scope; the scopes are {}", Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownScope;

impl From<UnknownScope> for FindingCode {
    fn from(_: UnknownScope) -> Self {
        Self::InvalidValue
    }
}

impl UnknownScope {
    fn of(_: &str) -> Self {
        Self
    }
}
