//! The balance of an open item: an account that an import has made.
//!
//! It is never set. It follows from what the source has stated and from what was allocated, so it is the same in whatever order
//! these arrive. Whatever changes one of them derives the balance anew, as its last step.

use super::Account;
use crate::date::Date;
use crate::money::Decimal;
use crate::receivable::{Allocation, Allocations, Figure, OpenItem, TooLarge};

impl Account {
    /// The account as an open item, if an import has made it.
    #[must_use]
    pub fn open_item(&self) -> Option<OpenItem> {
        let total = self.total_amount?;
        let original = self.original().unwrap_or(Figure { amount: total, as_of: self.as_of });
        let as_of = self.as_of.unwrap_or(Date::MIN);
        Some(OpenItem { kind: self.item_kind, amounts: self.amounts, original, total, as_of })
    }

    /// What is still owed, if an import has made the account; negative if it is overpaid, and for a credit.
    #[must_use]
    pub fn open_amount(&self) -> Option<Decimal> {
        self.is_imported().then(|| -self.balance)
    }

    /// Makes the balance of an open item minus what is still owed. Other accounts keep theirs.
    ///
    /// # Errors
    /// [`TooLarge`]; the balance is as before.
    pub fn derive_balance(&mut self, allocations: &[Allocation]) -> Result<(), TooLarge> {
        if let Some(item) = self.open_item() {
            let open_amount = item.open_amount(&Allocations::of(allocations, self.currency))?;
            self.balance = (-open_amount).normalize();
        }
        Ok(())
    }
}
