//! Reads the accounts one by one and their transactions page by page. The state is saved after each account and, when
//! time is up, after a page.

use std::collections::HashMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use saldo_domain::account::Account;
use saldo_domain::date::Date;
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::TransactionId;
use saldo_domain::sync::{Conflict, Step, SyncScope};
use saldo_domain::transaction::{Booking, Source, Transaction};
use saldo_store::Reported;
use saldo_store::failure::Failure;

use super::account::{Identity, account_of};
use super::reading::{PENDING_MAX, Reading};
use super::transaction::{BookingStatus, Reader};
use super::{After, Run, Stopped};
use crate::bank::{BankError, ReportedAccount, ReportedTransaction, TransactionPage};

/// The most pages of one account's transactions: with ten transactions a page, years of a busy account.
const PAGES_MAX: usize = 10_000;

impl Run {
    /// Reads the accounts that were not read yet.
    pub(super) async fn fetch(&mut self) -> Result<After, Stopped> {
        let consent = self.job.consent.clone();
        let consent = consent.ok_or_else(|| Failure::missing("a synchronization's consent"))?.id;
        self.ensure_client().await?;
        let reports = self.connector.accounts(self.psu(), &consent).await?;
        for report in reports {
            let Some(report) = report else {
                let reason = "an account does not follow the standard";
                self.report_conflict(None, Finding::in_row(FindingCode::InvalidRow, reason));
                self.job.unidentified = true;
                continue;
            };
            let identity = match Identity::of(&self.access, &report) {
                Ok(identity) => identity,
                Err(finding) => {
                    self.report_conflict(None, finding);
                    self.job.unidentified = true;
                    continue;
                }
            };
            if !self.job.reported.contains(&identity.id) {
                self.job.reported.push(identity.id.clone());
            }
            if self.job.fetched.contains(&identity.id) {
                continue;
            }
            if self.is_out_of_time()
                || self.fetch_account(&consent, report, identity).await? == After::Continue
            {
                self.release().await?;
                return Ok(After::Wait(Duration::ZERO));
            }
        }
        self.job.step = Step::End;
        Ok(After::Continue)
    }

    /// Creates the client that owns the accounts again if it was deleted.
    async fn ensure_client(&self) -> Result<(), Failure> {
        if self.worker.clients.get(&self.job.org, &self.access.client_id).await?.is_none() {
            let client = self.access.client().map_err(Failure::corrupt("the bank's name"))?;
            self.worker.clients.create(&self.job.org, client, &self.changed_by()).await?;
        }
        Ok(())
    }

    /// Reads an account. Returns [`After::Continue`] if time was up first.
    async fn fetch_account(
        &mut self,
        consent: &str,
        mut report: ReportedAccount,
        identity: Identity,
    ) -> Result<After, Stopped> {
        let id = identity.id.clone();
        if report.balances.is_none() {
            report.balances = Some(self.connector.balances(self.psu(), consent, &report).await?);
        }
        let account = match account_of(&self.access, identity, &report, Timestamp::now()) {
            Ok(account) => account,
            Err(finding) => {
                self.report_conflict(Some(&id), finding);
                self.job.fetched.push(id);
                self.save().await?;
                return Ok(After::Done);
            }
        };
        let scope = self.job.request.scope;
        let revive = scope == SyncScope::Accounts;
        let kept = self
            .worker
            .stores
            .accounts
            .put_reported(&self.job.org, &account, revive, Timestamp::now(), &self.changed_by())
            .await?;
        let transactions = scope == SyncScope::Transactions && self.wanted().covers_transactions();
        if kept == Reported::Kept {
            if transactions && self.fetch_transactions(consent, &report, &account).await? == After::Continue {
                return Ok(After::Continue);
            }
            self.job.brought.accounts += 1;
        }
        self.has_read = true;
        self.job.fetched.push(id);
        self.job.reading = None;
        self.save().await?;
        Ok(After::Done)
    }

    /// Reads an account's transactions. Returns [`After::Continue`] if time was up first.
    async fn fetch_transactions(
        &mut self,
        consent: &str,
        report: &ReportedAccount,
        account: &Account,
    ) -> Result<After, Stopped> {
        let from = self.since(Timestamp::now());
        let mut reading = Reading::of(&account.id, self.job.reading.as_deref())?;
        loop {
            let asked = reading.page.as_deref();
            let page = self.connector.transactions(self.psu(), consent, report, from, asked).await?;
            // A page that links to itself would be read without end.
            let circles = page.next.is_some() && page.next == reading.page;
            if circles || reading.pages >= PAGES_MAX {
                return Err(BankError::unintelligible().into());
            }
            let TransactionPage { booked, pending, next } = page;
            let room = PENDING_MAX.saturating_sub(reading.pending.len());
            if pending.len() > room {
                let reason = format!("only the first {PENDING_MAX} pending transactions are kept");
                let finding = Finding::in_field("pending", FindingCode::TooMany, reason);
                reading.conflicts.push(conflict(account, None, finding));
            }
            reading.pending.extend(pending.into_iter().take(room));
            self.store_booked(&mut reading, account, &booked).await?;
            reading.pages += 1;
            self.has_read = true;
            reading.page = next;
            if reading.page.is_none() {
                self.store_pending(&mut reading, account).await?;
                self.job.brought.new_transactions += reading.new;
                self.job.conflicts.extend(reading.conflicts);
                return Ok(After::Done);
            }
            if self.is_out_of_time() {
                let left = reading.serialized()?.ok_or_else(BankError::unintelligible)?;
                self.job.reading = Some(left);
                return Ok(After::Continue);
            }
        }
    }

    /// Stores booked transactions, deduplicated, and records conflicts with stored ones.
    async fn store_booked(
        &self,
        reading: &mut Reading,
        account: &Account,
        booked: &[Option<crate::bank::ReportedTransaction>],
    ) -> Result<(), Stopped> {
        let reader = Reader::new(&self.job, account);
        let mut read = Vec::new();
        for report in booked {
            match reader.read(reading, report.as_ref(), BookingStatus::Booked) {
                Ok(transaction) => read.push((transaction, report.as_ref())),
                Err(finding) => reading.conflicts.push(conflict(account, None, finding)),
            }
        }
        let mut first: HashMap<&TransactionId, &Transaction> = HashMap::new();
        for (transaction, _) in &read {
            first.entry(&transaction.id).or_insert(transaction);
        }
        let distinct: Vec<_> = first.into_values().collect();
        let request = self.job.id.as_uuid();
        let store = &self.worker.stores.transactions;
        let kept = store.keep(&self.job.org, &distinct, request, &self.changed_by()).await?;
        for (transaction, report) in &read {
            let stored = kept.get(&transaction.id).map(|kept| kept.stored);
            let conflicts = |stored: Booking| {
                let mut reported = transaction.booking();
                if report.is_some_and(ReportedTransaction::is_undated) {
                    // A bank that reports no date: the stored one is that of the first synchronization.
                    (reported.valued_on, reported.booked_on) = (stored.valued_on, stored.booked_on);
                }
                reported.conflict_with(&stored, Source::Sync)
            };
            if let Some(found) = stored.and_then(conflicts) {
                reading.conflicts.push(conflict(account, Some(&transaction.id), found));
            }
        }
        reading.new += kept.values().filter(|kept| kept.new).count() as u64;
        Ok(())
    }

    /// Replaces the account's pending transactions.
    async fn store_pending(&self, reading: &mut Reading, account: &Account) -> Result<(), Stopped> {
        let reader = Reader::new(&self.job, account);
        let mut pending = Vec::new();
        for report in std::mem::take(&mut reading.pending) {
            match reader.read(reading, report.as_ref(), BookingStatus::Pending) {
                Ok(transaction) => pending.push(transaction),
                Err(finding) => reading.conflicts.push(conflict(account, None, finding)),
            }
        }
        let identifier = account.transactions_identifier();
        let request = self.job.id.as_uuid();
        let store = &self.worker.stores.transactions;
        let by = self.changed_by();
        store.replace_pending(&self.job.org, &account.id, &identifier, pending, request, &by).await?;
        Ok(())
    }

    /// Records a conflict once, although each delivery finds it again.
    fn report_conflict(&mut self, account: Option<&saldo_domain::id::AccountId>, finding: Finding) {
        let conflict = Conflict { account_id: account.cloned(), transaction_id: None, finding };
        if !self.job.conflicts.first.contains(&conflict) {
            self.job.conflicts.push(conflict);
        }
    }

    /// The first day whose transactions are read.
    fn since(&self, now: Timestamp) -> Date {
        let today = now.to_zoned(TimeZone::UTC).date();
        today.checked_sub(Span::new().days(self.job.request.sync_period)).unwrap_or(Date::MIN)
    }
}

/// A conflict about a transaction of an account.
fn conflict(account: &Account, transaction: Option<&TransactionId>, finding: Finding) -> Conflict {
    Conflict { account_id: Some(account.id.clone()), transaction_id: transaction.cloned(), finding }
}
