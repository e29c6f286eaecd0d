//! Reported transactions as ours.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use saldo::account::Account;
use saldo::date::Date;
use saldo::fields::{Finding, FindingCode};
use saldo::id::{OrgId, TransactionId};
use saldo::money::{Currency, parse_plain};
use saldo::sync::SyncJob;
use saldo::transaction::{
    Booked, Direction, ExternalTransactionId, Sequence, Transaction, TransactionDetails,
};

use super::account::{clean, electronic};
use super::fetch::unreadable;
use crate::connector::{Party, ReportedTransaction};

/// The characters that are kept of what a transaction is for.
const TEXT_CHARS_MAX: usize = 10_000;
/// The place of the transaction that is reported first, the last there is in a millisecond.
/// Behind ten thousand the order within a day is lost, and nothing else.
const NEWEST: u16 = 9_999;
/// The characters that are kept of everything else.
const WORD_CHARS_MAX: usize = 256;

/// Reads the transactions of one account in the order in which its bank reports them.
pub(super) struct Reader {
    org: OrgId,
    account: Account,
    /// When the synchronization was accepted: the same when it is taken up again.
    at: Timestamp,
    today: Date,
    pending: bool,
    read: u16,
    /// How many of the same were reported before, of those that have no id.
    occurrences: HashMap<TransactionId, u64>,
}

impl Reader {
    /// A reader of what was booked.
    pub(super) fn new(job: &SyncJob, account: &Account) -> Self {
        Self {
            org: job.org.clone(),
            account: account.clone(),
            at: job.created_at,
            today: job.created_at.to_zoned(TimeZone::UTC).date(),
            pending: false,
            read: 0,
            occurrences: HashMap::new(),
        }
    }

    /// A reader of what is pending.
    pub(super) fn of_pending(job: &SyncJob, account: &Account) -> Self {
        Self { pending: true, ..Self::new(job, account) }
    }

    /// Reads the next transaction.
    pub(super) fn read(&mut self, report: &ReportedTransaction) -> Result<Transaction, Finding> {
        // Banks report the newest first, and what is read later counts as newer.
        let sequence = Sequence::new(self.at, NEWEST.saturating_sub(self.read));
        self.read = self.read.saturating_add(1);
        let money = money(report)?;
        let account_identifier = self.account.transactions_identifier();
        let external_id = report.id.as_deref().map(str::trim).filter(|id| !id.is_empty());
        let external_id: Option<ExternalTransactionId> =
            external_id.map(str::parse).transpose().map_err(|error| {
                unreadable("transactionId", FindingCode::InvalidText, format!("the id is {error}"))
            })?;
        let id = match &external_id {
            Some(id) => TransactionId::of_external(&self.org, &account_identifier, id),
            None => self.next_occurrence(report),
        };
        let text = report.text.as_deref().and_then(|text| clean(text, TEXT_CHARS_MAX));
        Ok(Transaction {
            id,
            account_identifier,
            external_id,
            text: text.and_then(|text| text.parse().ok()),
            money,
            original_amount: None,
            original_currency: None,
            purchased_on: None,
            valued_on: report.valued_on.or(report.booked_on).unwrap_or(self.today),
            booked_on: report.booked_on.filter(|_| !self.pending),
            sequence,
            created_at: self.at,
            details: Some(Box::new(self.details(report, money.direction))),
        })
    }

    fn details(&self, report: &ReportedTransaction, direction: Direction) -> TransactionDetails {
        let word = |text: &Option<String>| text.as_deref().and_then(|text| clean(text, WORD_CHARS_MAX));
        let Party { name, iban, number, bic } = match direction {
            Direction::Debit => &report.creditor,
            Direction::Credit => &report.debtor,
        };
        TransactionDetails {
            account_id: self.account.id.clone(),
            counterparty: word(name),
            iban: iban.as_deref().map(electronic),
            account_number: word(number),
            bic: word(bic),
            booking_text: word(&report.booking_text),
            code: word(&report.code),
            end_to_end_reference: word(&report.end_to_end_reference),
            mandate_reference: word(&report.mandate_reference),
            creditor_id: word(&report.creditor_id),
        }
    }

    /// The id of a transaction that has none of its bank's: by everything that it says, and by
    /// how many of the same were reported before.
    fn next_occurrence(&mut self, report: &ReportedTransaction) -> TransactionId {
        let day = |day: Option<Date>| day.map(|day| day.to_string());
        let said = [
            Some(self.account.id.to_string()),
            self.pending.then(|| "pending".to_owned()),
            Some(report.amount.clone()),
            Some(report.currency.clone()),
            day(report.booked_on),
            day(report.valued_on),
            report.text.clone(),
            report.creditor.name.clone(),
            report.creditor.iban.clone(),
            report.debtor.name.clone(),
            report.debtor.iban.clone(),
            report.end_to_end_reference.clone(),
            report.mandate_reference.clone(),
        ];
        let id = |nth| TransactionId::of_fields(&self.org, said.iter().map(Option::as_deref), nth);
        let before = self.occurrences.entry(id(0)).or_default();
        *before += 1;
        id(*before - 1)
    }
}

/// How much was booked, and in which direction: the sign says it.
fn money(report: &ReportedTransaction) -> Result<Booked, Finding> {
    let unknown = |_| unreadable("currency", FindingCode::UnknownCurrency, "the currency is unknown");
    let currency: Currency = report.currency.parse().map_err(unknown)?;
    let amount = parse_plain(&report.amount)
        .map_err(|error| unreadable("transactionAmount", error.into(), error.to_string()))?
        .normalize();
    let direction = if amount.is_sign_negative() { Direction::Debit } else { Direction::Credit };
    match currency.admits(amount) {
        true => Ok(Booked { direction, amount: amount.abs(), currency }),
        false => Err(Finding::too_many_digits("transactionAmount", currency)),
    }
}
