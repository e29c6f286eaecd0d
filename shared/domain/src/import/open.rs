//! Which imports are open: those of which a worker or a redrive may still write a row.
//!
//! Rows of a newer import that change nothing leave a mark in their accounts as long as an older import is open
//! (`docs/decisions/unchanged-rows.md`).

use jiff::{SignedDuration, Timestamp};

use super::{Closing, ImportJob, ImportStatus};

/// How long after its acceptance an import can be redriven at all. Accounts that were deleted since have tombstones for 30
/// days, which keep rows of the import from bringing them back; the redriven rows are all written 6 days later, after at most
/// 4 days in a queue and a day of rests.
pub const REDRIVABLE_AT_ALL: SignedDuration = SignedDuration::from_hours(24 * 24);
/// How long after the beginning of a redrive a row may be written.
pub const REDRIVE_MAX: SignedDuration = SignedDuration::from_hours(6 * 24);
/// How long after its end an import can be redriven for certain, whatever was imported since: as long as SQS keeps a dead
/// letter.
pub const REDRIVABLE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Longer than any request, worker or command runs (at most 15 minutes). What it was doing this long ago, it is not doing
/// any more.
pub const LONGEST_RUN: SignedDuration = SignedDuration::from_hours(1);

impl ImportJob {
    /// Whether the import was accepted too long ago to be redriven: see [`REDRIVABLE_AT_ALL`].
    #[must_use]
    pub fn is_too_old_to_redrive(&self, now: Timestamp) -> bool {
        now >= self.created_at + REDRIVABLE_AT_ALL
    }

    /// Whether the import has ended and nothing is left to do: every chunk was processed to its end, or none was queued
    /// because the payload can't be read.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        match self.status {
            ImportStatus::Processing | ImportStatus::AwaitingConfirmation => false,
            ImportStatus::Completed | ImportStatus::CompletedWithErrors | ImportStatus::Cancelled => {
                self.totals.is_some() && !self.closing.as_ref().is_some_and(Closing::has_failed)
            }
            ImportStatus::Failed => self.unreadable && self.planned_at.is_none(),
        }
    }

    /// Whether a worker or a redrive may still write a row of this import, which was entered among the open imports at
    /// `entered_at`: when it was accepted, or when its last redrive began.
    #[must_use]
    pub fn is_open(&self, entered_at: Timestamp, now: Timestamp) -> bool {
        let Some(ended) = self.completed_at else { return true };
        if entered_at > ended {
            // A redrive is about to begin, or the clocks of two machines differ.
            return now < entered_at + LONGEST_RUN;
        }
        let left = match self.status {
            ImportStatus::Processing | ImportStatus::AwaitingConfirmation => return true,
            _ if self.is_settled() => return false,
            // A slow worker may finish a chunk that was skipped.
            ImportStatus::Cancelled => LONGEST_RUN,
            ImportStatus::Completed | ImportStatus::CompletedWithErrors | ImportStatus::Failed => {
                REDRIVABLE + LONGEST_RUN
            }
        };
        now < ended + left
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::{ImportId, OrgId};
    use crate::import::{Accepted, Format, Notation, PayloadFile, Progress};

    fn ended(status: ImportStatus, totals: Option<Progress>) -> ImportJob {
        let accepted = Accepted {
            payload: PayloadFile { name: "payload".to_owned(), bytes: 1, etag: None },
            notation: Notation::of(Format::Json),
            profile: None,
            total_records: None,
            dry_run: false,
            rows_per_chunk: 500,
            chunks_at_once: 40,
        };
        let id = ImportId::of_seed(Uuid::now_v7());
        let job = ImportJob::accepted(id, OrgId::placeholder(), accepted, Timestamp::UNIX_EPOCH);
        let completed_at = Some(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(10));
        ImportJob { status, totals, completed_at, planned_at: completed_at, ..job }
    }

    /// The hours after the end for which the import is open.
    fn hours_open(job: &ImportJob) -> usize {
        let ended = job.completed_at.expect("an end");
        let is_open = |hours: i64| job.is_open(job.created_at, ended + SignedDuration::from_hours(hours));
        (0..1_000).take_while(|hours| is_open(*hours)).count()
    }

    #[test]
    fn import_is_open_as_long_as_something_of_it_may_be_processed() {
        use ImportStatus::{Cancelled, Completed, CompletedWithErrors, Failed, Processing};
        let all = || Some(Progress::default());
        assert_eq!(hours_open(&ended(Processing, None)), 1_000);
        for status in [Completed, CompletedWithErrors, Cancelled] {
            assert_eq!(hours_open(&ended(status, all())), 0, "{status:?}");
        }
        assert_eq!(hours_open(&ended(Cancelled, None)), 1, "a chunk was skipped");
        assert_eq!(hours_open(&ended(CompletedWithErrors, None)), 14 * 24 + 1, "a chunk is exhausted");
        let failed = ended(Failed, all());
        assert_eq!(hours_open(&failed), 14 * 24 + 1);
        let unreadable = ImportJob { unreadable: true, ..failed };
        assert_eq!(hours_open(&unreadable), 14 * 24 + 1, "chunks may have been queued");
        assert_eq!(hours_open(&ImportJob { planned_at: None, ..unreadable }), 0);
    }

    #[test]
    fn import_is_too_old_to_redrive_after_24_days() {
        let job = ended(ImportStatus::Failed, None);
        let after = |hours| job.created_at + SignedDuration::from_hours(hours);
        assert!(!job.is_too_old_to_redrive(after(24 * 24 - 1)));
        assert!(job.is_too_old_to_redrive(after(24 * 24)));
    }

    #[test]
    fn import_that_is_about_to_be_redriven_is_open() {
        let job = ended(ImportStatus::CompletedWithErrors, None);
        let later = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(60 * 24);
        assert!(!job.is_open(job.created_at, later));
        assert!(job.is_open(later, later));
    }
}
