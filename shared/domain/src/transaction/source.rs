//! Where a transaction comes from.

use std::str::FromStr;

/// Who reported a transaction.
///
/// The transactions of each source lie in partitions of their own and are deduplicated among themselves:
/// what an application posts neither replaces nor hides what a bank reports, whatever ids it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = TransactionSource, rename_all = "snake_case"))]
pub enum Source {
    /// An application posted it with a key of the scope `transactions:write`.
    Api,
    /// A synchronization read it from the bank.
    Sync,
}

/// The text names no source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither api nor sync")]
pub struct UnknownSource;

impl Source {
    /// Every source.
    pub const ALL: [Self; 2] = [Self::Api, Self::Sync];

    /// The source's name in answers, exports and records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Sync => "sync",
        }
    }
}

impl FromStr for Source {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, UnknownSource> {
        Self::ALL.into_iter().find(|known| known.name() == text).ok_or(UnknownSource)
    }
}
