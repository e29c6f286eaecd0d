//! Reading the accounts, one after the other, each remembered when it has been read.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use saldo::account::Account;
use saldo::date::Date;
use saldo::failure::Failure;
use saldo::fields::{Finding, FindingCode};
use saldo::id::TransactionId;
use saldo::store::Reported;
use saldo::sync::{Conflict, Step, SyncScope};
use saldo::transaction::Transaction;

use super::account::account_of;
use super::transaction::Reader;
use super::{After, Stopped, Work};
use crate::connector::{BankError, ReportedAccount, ReportedTransaction};

/// The pages of one account's transactions: at ten a page, ten years of a busy one.
const PAGES_MAX: usize = 10_000;

impl Work {
    /// Reads what has not been read yet.
    pub(super) async fn fetch(&mut self) -> Result<After, Stopped> {
        let consent =
            self.job.consent.clone().ok_or_else(|| Failure::missing("a synchronization's consent"))?;
        let reports = self.connector.accounts(self.psu(), &consent.id).await?;
        for mut report in reports {
            if report.balances.is_none() {
                let balances = self.connector.balances(self.psu(), &consent.id, &report).await?;
                report.balances = Some(balances);
            }
            let account = match account_of(&self.access, &report, Timestamp::now()) {
                Ok(account) => account,
                Err(finding) => {
                    self.find(None, None, finding);
                    continue;
                }
            };
            if self.job.fetched.contains(&account.id) {
                continue;
            }
            if self.is_out_of_time() {
                self.release().await?;
                return Ok(After::Wait(std::time::Duration::ZERO));
            }
            self.fetch_account(&consent.id, &report, &account).await?;
        }
        self.job.step = Step::End;
        Ok(After::Step)
    }

    async fn fetch_account(
        &mut self,
        consent: &str,
        report: &ReportedAccount,
        account: &Account,
    ) -> Result<(), Stopped> {
        let revive = self.job.request.scope == SyncScope::Accounts;
        let kept = self.app.accounts.put_reported(&self.job.org, account, revive, Timestamp::now()).await?;
        let mut new = 0;
        let covered = self.wanted().covers_transactions();
        if kept == Reported::Kept && covered && self.job.request.scope == SyncScope::Transactions {
            new = self.fetch_transactions(consent, report, account).await?;
        }
        if kept == Reported::Kept {
            self.job.brought.accounts += 1;
            self.job.brought.new_transactions += new;
        }
        self.job.fetched.push(account.id.clone());
        self.save().await
    }

    /// Reads an account's transactions page by page. Says how many of them are new: also those
    /// that an earlier attempt of this synchronization has stored.
    async fn fetch_transactions(
        &mut self,
        consent: &str,
        report: &ReportedAccount,
        account: &Account,
    ) -> Result<u64, Stopped> {
        let from = self.since(Timestamp::now());
        let mut reader = Reader::new(&self.job, account);
        let (mut pending, mut new, mut page) = (Vec::new(), 0, None);
        for _ in 0..PAGES_MAX {
            let found =
                self.connector.transactions(self.psu(), consent, report, from, page.as_deref()).await?;
            pending.extend(found.pending);
            let mut booked = Vec::new();
            for reported in &found.booked {
                match reader.read(reported) {
                    Ok(transaction) => booked.push(transaction),
                    Err(finding) => self.find(Some(account), None, finding),
                }
            }
            new += self.keep(account, &booked).await?;
            page = found.next;
            if page.is_none() {
                self.keep_pending(account, &pending).await?;
                return Ok(new);
            }
            self.save().await?;
        }
        Err(BankError::unintelligible().into())
    }

    /// Stores what was booked, by the deduplication of imports. Says how much of it is new.
    async fn keep(&mut self, account: &Account, booked: &[Transaction]) -> Result<u64, Stopped> {
        let mut first: HashMap<&TransactionId, &Transaction> = HashMap::new();
        for transaction in booked {
            first.entry(&transaction.id).or_insert(transaction);
        }
        let distinct: Vec<_> = first.into_values().collect();
        let request = self.job.id.as_uuid();
        let in_flight = self.app.limits.writes_in_flight;
        let kept = self.app.transactions.keep(&self.job.org, &distinct, request, in_flight).await?;
        for transaction in booked {
            let stored = kept.get(&transaction.id);
            if let Some(conflict) = stored.and_then(|stored| transaction.money.conflict_with(&stored.money)) {
                self.find(Some(account), Some(&transaction.id), conflict);
            }
        }
        Ok(kept.values().filter(|kept| kept.new).count() as u64)
    }

    async fn keep_pending(
        &mut self,
        account: &Account,
        reported: &[ReportedTransaction],
    ) -> Result<(), Stopped> {
        let mut reader = Reader::of_pending(&self.job, account);
        let mut pending = Vec::new();
        for reported in reported {
            match reader.read(reported) {
                Ok(transaction) => pending.push(transaction),
                Err(finding) => self.find(Some(account), None, finding),
            }
        }
        let identifier = account.transactions_identifier();
        let request = self.job.id.as_uuid();
        let store = &self.app.transactions;
        store.replace_pending(&self.job.org, &account.id, &identifier, pending, request).await?;
        Ok(())
    }

    /// Records what could not be taken. An attempt that is repeated finds it again.
    fn find(&mut self, account: Option<&Account>, transaction: Option<&TransactionId>, finding: Finding) {
        let conflict = Conflict {
            account_id: account.map(|account| account.id.clone()),
            transaction_id: transaction.cloned(),
            finding,
        };
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

/// Something in a report that can't be read.
pub(super) fn unreadable(field: &'static str, code: FindingCode, reason: impl Into<String>) -> Finding {
    Finding::in_field(field, code, reason.into())
}
