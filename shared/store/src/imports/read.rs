//! Reading imports and their chunks, with consistent reads.

use futures::{Stream, TryStreamExt, stream};
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{Import, ImportJob, Progress};

use super::bucket::{Bucket, Entry};
use super::{ChunkPart, ImportStore};
use crate::dynamodb::between;
use crate::dynamodb::item::{Item, text};
use crate::failure::Failure;
use crate::table_keys::JobKey;

impl ImportStore {
    /// The import, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn find(&self, org: &OrgId, id: &ImportId) -> Result<Option<Import>, Failure> {
        match self.get(org, id).await? {
            Some(job) => self.with_progress(job).await.map(Some),
            None => Ok(None),
        }
    }

    /// The job together with its progress: its totals, or the sum of its chunks.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn with_progress(&self, job: ImportJob) -> Result<Import, Failure> {
        let progress = match &job.totals {
            Some(totals) => totals.clone(),
            None => self.progress(&job).await?,
        };
        Ok(Import { job, progress })
    }

    /// The sum of the job's chunks.
    pub(super) async fn progress(&self, job: &ImportJob) -> Result<Progress, Failure> {
        let add = |mut progress: Progress, part: ChunkPart| async move {
            progress.add(&part.counts, &part.sums, part.exhausted);
            Ok(progress)
        };
        self.chunks_from(job, 0).try_fold(Progress::default(), add).await
    }

    /// The committed chunk, unless it is open again since the job was redriven.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn part(&self, job: &ImportJob, chunk: u32) -> Result<Option<ChunkPart>, Failure> {
        let bucket = self.bucket(job, Bucket::number_of(chunk)).await?;
        Ok(bucket.0.get(&chunk).and_then(|entry| part(job, chunk, entry)))
    }

    /// The committed chunks from number `from` on, in order, without those that a redrive opened again. If the number
    /// of the job's chunks is known, there are none beyond it.
    pub fn chunks_from(&self, job: &ImportJob, from: u32) -> impl Stream<Item = Result<ChunkPart, Failure>> {
        let first = text(JobKey::bucket_part(Bucket::number_of(from)));
        let buckets = self
            .table
            .query(JobKey::partition(&job.org, &job.id))
            .sort_key(between("part", first, text(JobKey::bucket_part(u32::MAX))))
            .consistent();
        let pages = stream::try_unfold(Some(None), move |start: Option<Option<Item>>| {
            let buckets = buckets.clone();
            async move {
                let Some(start) = start else { return Ok::<_, Failure>(None) };
                let page = buckets.page(start, None).await?;
                let mut parts = Vec::new();
                for item in &page.items {
                    let chunks = Bucket::of_item(item)?.0.into_iter().filter(|(chunk, _)| *chunk >= from);
                    parts.extend(chunks.filter_map(|(chunk, entry)| part(job, chunk, &entry)));
                }
                Ok(Some((stream::iter(parts.into_iter().map(Ok)), page.next.map(Some))))
            }
        });
        pages.try_flatten()
    }
}

/// The chunk of an entry, unless it is open, or no chunk of the job.
fn part(job: &ImportJob, number: u32, entry: &Entry) -> Option<ChunkPart> {
    let counts_for_job = !entry.is_open(job.round) && job.chunks.is_none_or(|chunks| number < chunks);
    let Entry { counts, sums, report, exhausted_in } = entry.clone();
    counts_for_job.then_some(ChunkPart { number, counts, sums, exhausted: exhausted_in.is_some(), report })
}
