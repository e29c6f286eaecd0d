//! Accounts, balances and transactions as banks report them, independent of the interface. Amounts and dates are text,
//! as the bank wrote them: they are parsed where a finding can be recorded.

use saldo_domain::date::Date;
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReportedAccount {
    /// The interface's id of the account, which may differ the next time.
    pub(crate) resource: String,
    pub(crate) iban: Option<String>,
    /// The account number in the national format, or a masked card number.
    pub(crate) number: Option<String>,
    pub(crate) currency: String,
    pub(crate) name: Option<String>,
    pub(crate) product: Option<String>,
    pub(crate) owner_name: Option<String>,
    pub(crate) bic: Option<String>,
    /// Its type (ISO 20022, `ExternalCashAccountType1Code`).
    pub(crate) cash_account_type: Option<String>,
    /// Its balances, if the response included them.
    pub(crate) balances: Option<Vec<ReportedBalance>>,
}

/// A balance. An account has several, of several kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportedBalance {
    /// How well this kind of balance describes the account; the lowest rank is best.
    pub(crate) rank: u8,
    pub(crate) amount: String,
    pub(crate) currency: String,
    pub(crate) day: Option<Date>,
}

/// A page of an account's transactions; `None` for each that is malformed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TransactionPage {
    pub(crate) booked: Vec<Option<ReportedTransaction>>,
    pub(crate) pending: Vec<Option<ReportedTransaction>>,
    /// The link to the next page.
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
    /// Whether it has neither a booking date nor a value date.
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
