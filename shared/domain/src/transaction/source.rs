//! The sources of transactions.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// The source of a transaction.
///
/// Each source has its own partitions, and its transactions are deduplicated among themselves. What an application
/// posts neither replaces nor hides what a bank reports, even with the same ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = TransactionSource, rename_all = "snake_case"))]
pub enum Source {
    /// An application posted it with a key of the scope `transactions:write`.
    Api,
    /// A synchronization read it from the bank.
    Sync,
}

impl Source {
    /// All sources.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The source's name in answers, exports and records.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}
