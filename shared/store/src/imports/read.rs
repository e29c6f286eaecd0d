//! Reading imports and their chunks, with consistent reads.

use futures::{Stream, TryStreamExt, stream};
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{Import, ImportJob, Progress};

use super::bucket::{Bucket, Entry};
use super::{ChunkPart, ImportStore};
use crate::failure::Failure;
use crate::item::{Item, text};
use crate::table_keys;

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
        let progress = match job.totals {
            Some(totals) => totals,
            None => self.progress(&job).await?,
        };
        Ok(Import { job, progress })
    }

    /// The sum of the job's chunks.
    pub(super) async fn progress(&self, job: &ImportJob) -> Result<Progress, Failure> {
        let add = |mut progress: Progress, part: ChunkPart| async move {
            progress.add(&part.counts, part.exhausted);
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

    /// The committed chunks from number `from` on, in order, without those that are open again
    /// since the job was redriven. Of a job whose chunks are counted there are none beyond.
    pub fn chunks_from(&self, job: &ImportJob, from: u32) -> impl Stream<Item = Result<ChunkPart, Failure>> {
        let pages = stream::try_unfold(Some((from, None)), async move |next| {
            let Some((from, start)) = next else { return Ok::<_, Failure>(None) };
            let (items, start) = self.page_of_buckets(job, from, start).await?;
            let mut parts = Vec::new();
            for item in &items {
                let chunks = Bucket::of_item(item)?.0.into_iter().filter(|(chunk, _)| *chunk >= from);
                parts.extend(chunks.filter_map(|(chunk, entry)| part(job, chunk, &entry)));
            }
            Ok(Some((stream::iter(parts.into_iter().map(Ok)), start.map(|start| (from, Some(start))))))
        });
        pages.try_flatten()
    }

    /// The buckets from that of the chunk `from` on, in order, and where the next page starts.
    async fn page_of_buckets(
        &self,
        job: &ImportJob,
        from: u32,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), Failure> {
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("job = :job AND part BETWEEN :first AND :last")
            .expression_attribute_values(":job", text(table_keys::job(&job.org, &job.id)))
            .expression_attribute_values(":first", text(table_keys::bucket_part(Bucket::number_of(from))))
            .expression_attribute_values(":last", text(table_keys::bucket_part(u32::MAX)))
            .set_exclusive_start_key(start)
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("Query on jobs"))?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }
}

/// The chunk of an entry, unless it is open, or no chunk of the job.
fn part(job: &ImportJob, number: u32, entry: &Entry) -> Option<ChunkPart> {
    let Entry { counts, report, exhausted_in } = *entry;
    let counts_for_job = !entry.is_open(job.round) && job.chunks.is_none_or(|chunks| number < chunks);
    counts_for_job.then_some(ChunkPart { number, counts, exhausted: exhausted_in.is_some(), report })
}
