//! What banks report, in no bank's own form. Amounts and days are as the bank wrote them: they
//! are read where a finding can be recorded.

use saldo_domain::date::Date;
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReportedAccount {
    /// What the bank's interface calls it; it may be another the next time.
    pub(crate) resource: String,
    pub(crate) iban: Option<String>,
    /// Its number in the country's form, or a masked card number.
    pub(crate) number: Option<String>,
    pub(crate) currency: String,
    pub(crate) name: Option<String>,
    pub(crate) product: Option<String>,
    pub(crate) owner_name: Option<String>,
    pub(crate) bic: Option<String>,
    /// Its type (ISO 20022, `ExternalCashAccountType1Code`).
    pub(crate) cash_account_type: Option<String>,
    /// Its balances, if they came with it.
    pub(crate) balances: Option<Vec<ReportedBalance>>,
}

/// A balance. An account has several, of several kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportedBalance {
    /// How well it says what is on the account; the lowest says it best.
    pub(crate) rank: u8,
    pub(crate) amount: String,
    pub(crate) currency: String,
    pub(crate) day: Option<Date>,
}

/// A page of an account's transactions; nothing for each that can't be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TransactionPage {
    pub(crate) booked: Vec<Option<ReportedTransaction>>,
    pub(crate) pending: Vec<Option<ReportedTransaction>>,
    /// What the next page is asked for with.
    pub(crate) next: Option<String>,
}

/// A transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReportedTransaction {
    /// The bank's id of it.
    pub(crate) id: Option<String>,
    pub(crate) amount: String,
    pub(crate) currency: String,
    pub(crate) booked_on: Option<String>,
    pub(crate) valued_on: Option<String>,
    pub(crate) text: Option<String>,
    /// Who was paid.
    pub(crate) creditor: Party,
    /// Who paid.
    pub(crate) debtor: Party,
    pub(crate) booking_text: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) end_to_end_reference: Option<String>,
    pub(crate) mandate_reference: Option<String>,
    pub(crate) creditor_id: Option<String>,
}

impl ReportedTransaction {
    /// Whether the bank tells neither the booking day nor the value date.
    pub(crate) fn is_undated(&self) -> bool {
        self.booked_on.is_none() && self.valued_on.is_none()
    }
}

/// One side of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Party {
    pub(crate) name: Option<String>,
    pub(crate) iban: Option<String>,
    pub(crate) number: Option<String>,
    pub(crate) bic: Option<String>,
}
