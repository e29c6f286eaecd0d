//! Committing chunks: each counts once, however often it is delivered and however many workers commit it.

use jiff::Timestamp;
use saldo_domain::import::{ImportJob, ImportStatus};

use super::bucket::{Bucket, Entry};
use super::end::End;
use super::{ATTEMPTS_MAX, ChunkPart, ImportStore};
use crate::failure::Failure;

impl ImportStore {
    /// Commits a chunk, unless it was committed before, and ends the job if it was the last one. A chunk that was given
    /// up and then processed after all counts as processed, even after the job's end. Returns what has ended now.
    ///
    /// `job` must be as the caller read it before it began the chunk.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the chunk may be committed or not.
    pub async fn commit(
        &self,
        job: &ImportJob,
        part: &ChunkPart,
        now: Timestamp,
    ) -> Result<Option<End>, Failure> {
        let entry = Entry::of(part, job.round);
        let mut before = None;
        for _ in 0..ATTEMPTS_MAX {
            let (swapped, bucket) = self.swap(job, part.number, before.as_ref(), &entry).await?;
            before = bucket.0.get(&part.number).cloned();
            let settled = before.as_ref().is_some_and(|found| !entry.replaces(found));
            if swapped || settled {
                // Boxed: few chunks are the last one, and the call's state would enlarge the future of every worker.
                return Box::pin(self.end_after(job, Bucket::number_of(part.number), &bucket, now)).await;
            }
        }
        Err(Failure::Throttled { operation: "UpdateItem on a bucket that others change" })
    }

    /// Ends the job if the bucket, and every other one, is complete.
    async fn end_after(
        &self,
        job: &ImportJob,
        number: u32,
        bucket: &Bucket,
        now: Timestamp,
    ) -> Result<Option<End>, Failure> {
        // The number of chunks may have become known since the caller read the job.
        let Some(job) = self.get(&job.org, &job.id).await? else { return Ok(None) };
        let chunks = job.chunks.filter(|_| job.status == ImportStatus::Processing);
        match chunks {
            Some(chunks) if !bucket.is_complete(number, chunks, job.round) => Ok(None),
            _ => self.end_as_read(job, now).await,
        }
    }
}
