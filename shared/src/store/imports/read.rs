//! Reading the import jobs.

use super::{ChunkPart, ImportStore};
use crate::failure::Failure;
use crate::id::{ImportId, OrgId};
use crate::import::ImportJob;
use crate::store::item::text;
use crate::store::jobs::from_item;
use crate::store::table_keys::{self, CHUNK_PARTS};

impl ImportStore {
    /// The job, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &ImportId) -> Result<Option<ImportJob>, Failure> {
        self.0.get(org, id).await
    }

    /// The organization's imports, newest first: at most `limit` of those older than
    /// `after`, and whether there are more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn list(
        &self,
        org: &OrgId,
        after: Option<&ImportId>,
        limit: usize,
    ) -> Result<(Vec<ImportJob>, bool), Failure> {
        self.0.list(org, after, limit).await
    }

    /// Whether the chunk was committed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn is_committed(&self, job: &ImportJob, chunk: u32) -> Result<bool, Failure> {
        let answer = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .key("job", text(table_keys::job(&job.org, &job.id)))
            .key("part", text(table_keys::chunk_part(chunk)))
            .projection_expression("part")
            .send()
            .await
            .map_err(Failure::of("GetItem on jobs"))?;
        Ok(answer.item.is_some())
    }

    /// The committed chunks from number `from` on, in order: one page of them, and
    /// whether there are more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn committed_chunks(
        &self,
        job: &ImportJob,
        from: u32,
    ) -> Result<(Vec<ChunkPart>, bool), Failure> {
        let page = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("job = :job AND part BETWEEN :from AND :to")
            .expression_attribute_values(":job", text(table_keys::job(&job.org, &job.id)))
            .expression_attribute_values(":from", text(table_keys::chunk_part(from)))
            .expression_attribute_values(":to", text(format!("{CHUNK_PARTS}~")))
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("Query on jobs"))?;
        let more = page.last_evaluated_key.is_some();
        let parts = page.items.unwrap_or_default().into_iter().map(from_item).collect::<Result<_, _>>()?;
        Ok((parts, more))
    }

    /// Every job that has not ended, of all organizations. Reads the whole table: it is
    /// for a start after the queue was lost, not for a request.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn unfinished(&self) -> Result<Vec<ImportJob>, Failure> {
        self.0.unfinished().await
    }
}
