//! Reading the chunks of imports.

use super::{ChunkPart, ImportStore};
use crate::failure::Failure;
use crate::import::ImportJob;
use crate::store::item::text;
use crate::store::jobs::from_item;
use crate::store::table_keys::{self, CHUNK_PARTS};

impl ImportStore {
    /// Whether the chunk was committed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn is_committed(&self, job: &ImportJob, chunk: u32) -> Result<bool, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
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
            .client
            .query()
            .table_name(&self.table)
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
}
