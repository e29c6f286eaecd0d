//! Converts reported transactions to transactions.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use saldo_domain::account::Account;
use saldo_domain::date::{self, Date};
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::{OrgId, TransactionId};
use saldo_domain::money::{Currency, parse_plain};
use saldo_domain::sync::SyncJob;
use saldo_domain::transaction::{
    Booked, Direction, ExternalTransactionId, Sequence, Source, Transaction, TransactionDetails,
};

use super::account::{clean, electronic, unreadable};
use super::reading::Reading;
use crate::bank::{Party, ReportedTransaction};

/// The characters that are kept of remittance information, which has 140, several times at most. A page of a thousand
/// transactions stays below the limit of a response.
const TEXT_CHARS_MAX: usize = 2_000;
/// The characters that are kept of other texts.
const WORD_CHARS_MAX: usize = 256;
/// The sequence number of the transaction that is reported first: the highest one. Beyond ten thousand transactions, only
/// their order within a day is lost.
const NEWEST: u16 = 9_999;

/// Converts the transactions of one account.
pub(super) struct Reader<'a> {
    org: OrgId,
    account: &'a Account,
    /// When the synchronization was accepted: the same for every delivery.
    at: Timestamp,
    today: Date,
}

/// Whether a transaction is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BookingStatus {
    Booked,
    Pending,
}

impl<'a> Reader<'a> {
    pub(super) fn new(job: &SyncJob, account: &'a Account) -> Self {
        let today = job.created_at.to_zoned(TimeZone::UTC).date();
        Self { org: job.org.clone(), account, at: job.created_at, today }
    }

    /// Converts the next transaction, in the order in which the bank reports them.
    ///
    /// # Errors
    /// The finding, if the report is malformed.
    pub(super) fn read(
        &self,
        reading: &mut Reading,
        report: Option<&ReportedTransaction>,
        status: BookingStatus,
    ) -> Result<Transaction, Finding> {
        // Banks report the newest transaction first, and a higher sequence number counts as newer.
        let sequence = Sequence::new(self.at, NEWEST.saturating_sub(reading.read));
        reading.read = reading.read.saturating_add(1);
        let broken =
            || Finding::in_row(FindingCode::InvalidRow, "the transaction does not follow the standard");
        let report = report.ok_or_else(broken)?;
        let money = money(report)?;
        let booked_on = day("bookingDate", report.booked_on.as_deref())?;
        let valued_on = day("valueDate", report.valued_on.as_deref())?;
        let account_identifier = self.account.transactions_identifier();
        let external_id = external_id(report)?;
        let id = match &external_id {
            Some(id) => TransactionId::of_external(&self.org, Source::Sync, &account_identifier, id),
            None => self.next_occurrence(reading, report, status),
        };
        let text = report.text.as_deref().and_then(|text| clean(text, TEXT_CHARS_MAX));
        Ok(Transaction {
            id,
            source: Source::Sync,
            account_identifier,
            external_id,
            text: text.and_then(|text| text.parse().ok()),
            money,
            original_amount: None,
            original_currency: None,
            purchased_on: None,
            valued_on: valued_on.or(booked_on).unwrap_or(self.today),
            booked_on: booked_on.filter(|_| status == BookingStatus::Booked),
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
        let iban = iban.as_deref().map(electronic);
        TransactionDetails {
            account_id: self.account.id.clone(),
            counterparty: word(name),
            iban: word(&iban),
            account_number: word(number),
            bic: word(bic),
            booking_text: word(&report.booking_text),
            code: word(&report.code),
            end_to_end_reference: word(&report.end_to_end_reference),
            mandate_reference: word(&report.mandate_reference),
            creditor_id: word(&report.creditor_id),
        }
    }

    /// The id of a transaction to which the bank gives none: derived from its content and the number of equal
    /// transactions before it. It does not depend on the access by which the account is read.
    fn next_occurrence(
        &self,
        reading: &mut Reading,
        report: &ReportedTransaction,
        status: BookingStatus,
    ) -> TransactionId {
        let fields = [
            Some(self.account.transactions_identifier().to_string()),
            Some(self.account.currency.code().to_owned()),
            (status == BookingStatus::Pending).then(|| "pending".to_owned()),
            Some(report.amount.clone()),
            Some(report.currency.clone()),
            report.booked_on.clone(),
            report.valued_on.clone(),
            report.text.clone(),
            report.creditor.name.clone(),
            report.creditor.iban.clone(),
            report.debtor.name.clone(),
            report.debtor.iban.clone(),
            report.end_to_end_reference.clone(),
            report.mandate_reference.clone(),
        ];
        let fields = || fields.iter().map(Option::as_deref);
        let id = |nth| TransactionId::of_fields(&self.org, Source::Sync, fields(), nth);
        let day = report.booked_on.as_deref().or(report.valued_on.as_deref());
        id(reading.occurrence(&id(0), day))
    }
}

/// The bank's id of the transaction, if there is one.
fn external_id(report: &ReportedTransaction) -> Result<Option<ExternalTransactionId>, Finding> {
    let id = report.id.as_deref().map(str::trim).filter(|id| !id.is_empty());
    id.map(str::parse)
        .transpose()
        .map_err(|error| unreadable("transactionId", FindingCode::InvalidText, format!("the id is {error}")))
}

fn day(field: &'static str, text: Option<&str>) -> Result<Option<Date>, Finding> {
    let invalid = |error: date::InvalidDate| unreadable(field, FindingCode::InvalidDate, error.to_string());
    text.map(date::parse).transpose().map_err(invalid)
}

/// The amount, with the direction that its sign says.
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
