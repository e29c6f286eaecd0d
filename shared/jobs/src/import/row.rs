//! A row of a chunk: checked, written into its account, and its result.

use jiff::Timestamp;
use saldo_domain::fields::Finding;
use saldo_domain::id::AccountId;
use saldo_domain::import::{
    AccountUpsert, Checked, Chunk, ImportJob, RawRow, Refused, RowDefaults, RowDone, RowOutcome, RowWrite,
    Stale,
};
use saldo_store::Seen;

use super::commit::Processed;

/// A row that is to be written alone, into the account that was found, or else as it is read again.
pub(super) type RowAlone = Box<(Row, Option<Seen>)>;
/// The result of a row, or the row, if it has no account that it could change, and lacks what a new one needs.
pub(super) type Tried = Result<Processed, Box<Row>>;

/// A checked row.
pub(super) struct Row {
    /// Its index in the payload, counting from 0.
    pub(super) index: u64,
    /// The account that the row creates or changes; `None` if the row is refused.
    pub(super) id: Option<AccountId>,
    pub(super) checked: Checked,
    /// Whether it waits for the complete file of an older import.
    pub(super) waits: bool,
}

impl Row {
    pub(super) fn of(job: &ImportJob, chunk: &Chunk, row: &RawRow, defaults: RowDefaults) -> Self {
        let mut checked = row.check(&chunk.shape, &job.rules(), defaults.currency);
        let named = checked.resolve(&job.org);
        let new = || AccountId::of_row(&job.id, row.index);
        let id = checked.upsert.as_ref().map(|_| named.unwrap_or_else(new));
        Self { index: row.index, id, checked, waits: false }
    }

    /// Whether the row is refused before its account is read.
    pub(super) fn is_refused(&self) -> bool {
        self.id.is_none() || self.checked.upsert.is_none()
    }

    /// The result of a refused row.
    pub(super) fn refused(self) -> Processed {
        let findings = self.checked.findings;
        Processed { outcome: RowOutcome::Failed, findings, stated: None, account: None, revision: None }
    }

    /// The result of a row that was written or refused so.
    pub(super) fn result(self, defaults: RowDefaults, done: Result<RowDone, Finding>) -> Processed {
        let of_account = done.as_ref().ok().and_then(|done| done.currency);
        let upsert = self.checked.upsert.as_ref();
        let stated = upsert.and_then(|upsert| upsert.stated_amount(of_account, defaults.currency));
        let (mut findings, account) = (self.checked.findings, self.id);
        match done {
            Ok(RowDone { written, revision, stale, .. }) => {
                findings.extend(stale.map(Stale::finding));
                Processed { outcome: written.into(), findings, stated, account, revision }
            }
            Err(finding) => {
                findings.push(finding);
                // The amount of a refused row is read by the rules of refused rows: one that is ambiguous counts as unreadable.
                Processed {
                    outcome: RowOutcome::Failed,
                    findings,
                    stated: None,
                    account: None,
                    revision: None,
                }
            }
        }
    }

    /// The result of a row for which the store returned this; the error is the row, if it is incomplete.
    pub(super) fn tried(self, defaults: RowDefaults, done: Result<RowDone, Refused>) -> Tried {
        match done {
            Ok(done) => Ok(self.result(defaults, Ok(done))),
            Err(Refused::Invalid(finding)) => Ok(self.result(defaults, Err(finding))),
            Err(Refused::Incomplete) => Err(Box::new(Self { waits: false, ..self })),
            Err(Refused::Waits) => Err(Box::new(Self { waits: true, ..self })),
        }
    }

    /// The result of an incomplete row whose account does not exist.
    pub(super) fn incomplete(mut self, defaults: RowDefaults) -> Processed {
        let upsert = self.checked.upsert.take();
        let stated = upsert.as_ref().and_then(|upsert| upsert.stated_amount(None, defaults.currency));
        self.checked.findings.extend(upsert.iter().flat_map(AccountUpsert::missing));
        Processed { stated, ..self.refused() }
    }

    /// The row as it is written into its account; `None` if it is refused.
    pub(super) fn write<'a>(
        &'a self,
        job: &'a ImportJob,
        defaults: RowDefaults,
        now: Timestamp,
    ) -> Option<RowWrite<'a>> {
        let (id, upsert) = self.id.as_ref().zip(self.checked.upsert.as_ref())?;
        let (import, marks, scopes) = (&job.place, job.marks_unchanged, job.scopes.as_slice());
        let (lists, skips_days) = (job.is_complete_file(), job.skips_days());
        Some(RowWrite { import, marks, id, upsert, defaults, scopes, lists, skips_days, now })
    }
}
