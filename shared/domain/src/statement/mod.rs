//! Bank statements: what a bank reports of an account in a file, entry by entry.
//!
//! Readers turn the bytes of camt, MT940, OFX and BAI2 into [`Item`]s, one at a time, so that memory does not grow with the
//! number of entries. [`StatementCheck`] finds out whether the statements are complete and balance. Nothing here decides
//! which entries are the same booking: that needs what is stored.

mod account;
mod balance;
mod check;
mod details;
mod entry;
mod finding;
mod item;
mod message;
mod page;
mod party;
mod references;
mod texts;
mod totals;

use serde::{Deserialize, Serialize};

use crate::bounds::Bounds;
use crate::date::Date;
use crate::money::Currency;
use crate::text::{Prose, Text};

pub use account::StatementAccount;
pub use balance::Balance;
pub use check::{Checked, StatementCheck, Summary};
pub use details::{BankCode, Details, Returned};
pub use entry::{Entry, EntryStatus, Part};
pub use finding::{Place, StatementFinding, StatementFindingCode};
pub use item::Item;
pub use message::{Message, StatementFormat};
pub use page::Page;
pub use party::Party;
pub use references::PaymentReferences;
pub use texts::Texts;
pub use totals::{StatedTally, StatedTotals, Sums, Tally};

/// An id or a reference of a bank's.
pub type Label = Text<256>;
/// The text of a payment or of a statement, with the bank's line breaks: some banks break lines within words, others
/// between them, so a reader of the text has to try both.
pub type Remittance = Prose<10_000>;

/// What a bank says of a statement besides its entries: one message, or one page of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The kind of message.
    pub message: Message,
    /// Where it begins.
    pub place: Place,
    /// The bank's id of it.
    pub id: Option<Label>,
    /// The account.
    pub account: StatementAccount,
    /// The currency of the account.
    pub currency: Option<Currency>,
    /// Its number, which banks count up from statement to statement, most of them within a year. Banks that don't count
    /// write 0, which is no number.
    pub number: Option<u64>,
    /// Its page, if this is one of several.
    pub page: Option<Page>,
    /// The days that it covers.
    pub period: Bounds<Date>,
    /// The booked balance before the first entry.
    pub opening: Option<Balance>,
    /// The booked balance after the last entry.
    pub closing: Option<Balance>,
    /// How many entries the bank says there are.
    pub stated: StatedTotals,
    /// The bank's text about the whole statement.
    pub text: Option<Remittance>,
}

impl Statement {
    /// A statement of which only the kind is known.
    #[must_use]
    pub fn new(message: Message, place: Place) -> Self {
        Self {
            message,
            place,
            id: None,
            account: StatementAccount::default(),
            currency: None,
            number: None,
            page: None,
            period: Bounds::default(),
            opening: None,
            closing: None,
            stated: StatedTotals::default(),
            text: None,
        }
    }

    /// The currency of the account or, if the bank does not say it, of a balance.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        let balance = self.opening.or(self.closing);
        self.currency.or(balance.map(|balance| balance.money.currency))
    }
}
