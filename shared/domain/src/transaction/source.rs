//! Where a transaction comes from.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// Who reported a transaction.
///
/// The transactions of each source lie in partitions of their own and are deduplicated among themselves:
/// what an application posts neither replaces nor hides what a bank reports, whatever ids it uses.
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
