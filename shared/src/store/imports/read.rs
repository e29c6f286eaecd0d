//! Reading the chunks of imports.

use futures::{Stream, TryStreamExt, stream};

use super::{ChunkPart, ImportStore};
use crate::failure::Failure;
use crate::import::ImportJob;
use crate::store::item::text;
use crate::store::jobs::from_item;
use crate::store::table_keys::{self, CHUNK_PARTS};

impl ImportStore {
    /// What was committed of a chunk.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn part(&self, job: &ImportJob, chunk: u32) -> Result<Option<ChunkPart>, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("job", text(table_keys::job(&job.org, &job.id)))
            .key("part", text(table_keys::chunk_part(chunk)))
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("GetItem on jobs"))?;
        answer.item.map(from_item).transpose()
    }

    /// The committed chunks from number `from` on, in order.
    pub fn chunks_from(&self, job: &ImportJob, from: u32) -> impl Stream<Item = Result<ChunkPart, Failure>> {
        stream::try_unfold(Some(from), async move |next| {
            let Some(from) = next else {
                return Ok::<_, Failure>(None);
            };
            let (parts, more) = self.page_of_chunks(job, from).await?;
            let next = parts.last().filter(|_| more).map(|last| last.number + 1);
            Ok(Some((stream::iter(parts.into_iter().map(Ok)), next)))
        })
        .try_flatten()
    }

    async fn page_of_chunks(&self, job: &ImportJob, from: u32) -> Result<(Vec<ChunkPart>, bool), Failure> {
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
