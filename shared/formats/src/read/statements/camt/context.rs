//! What a payment takes from the entry that it is a part of.

use saldo_domain::money::Decimal;

use super::node::Node;
use super::statement::sign;

/// What the parts of an entry need to know of it.
pub(super) struct Context<'a> {
    /// The entry's own elements so far, which precede the parts.
    pub(super) entry: &'a Node,
    /// The IBAN or number of the account.
    pub(super) own_account: Option<&'a str>,
}

impl Context<'_> {
    /// The direction of a payment: its own or that of the entry.
    pub(super) fn sign_of(&self, payment: &Node) -> Option<Decimal> {
        let direction = payment.text("CdtDbtInd").or_else(|| self.entry.text("CdtDbtInd"));
        sign(direction).ok()
    }
}
