//! Reading the import jobs.

use super::{ChunkPart, ImportStore, from_item, from_living_item, status_value};
use crate::failure::Failure;
use crate::id::{ImportId, OrgId};
use crate::import::{ImportJob, ImportStatus};
use crate::store::batch_get::batch_get;
use crate::store::item::{Item, text};
use crate::store::table_keys::{self, CHUNK_PARTS, JOB_PART};

impl ImportStore {
    /// The job, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &ImportId) -> Result<Option<ImportJob>, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("job", text(table_keys::job(org, id)))
            .key("part", text(JOB_PART))
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("GetItem on jobs"))?;
        answer.item.map_or(Ok(None), from_living_item)
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
        let listed = text(table_keys::listed_imports(org));
        let start = after.map(|after| {
            Item::from([
                ("listed".to_owned(), listed.clone()),
                ("job".to_owned(), text(table_keys::job(org, after))),
                ("part".to_owned(), text(JOB_PART)),
            ])
        });
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_org")
            .key_condition_expression("listed = :listed")
            .expression_attribute_values(":listed", listed)
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(Failure::of("Query on jobs by_org"))?;
        let mut keys = page.items.unwrap_or_default();
        let more = keys.len() > limit;
        keys.truncate(limit);
        for key in &mut keys {
            key.retain(|name, _| name == "job" || name == "part");
        }
        let found = batch_get(&self.client, &self.table, keys).await?;
        let jobs: Result<Vec<_>, _> =
            found.into_iter().filter_map(|item| from_living_item(item).transpose()).collect();
        let mut jobs: Vec<ImportJob> = jobs?;
        jobs.sort_by(|a, b| b.id.cmp(&a.id));
        Ok((jobs, more))
    }

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

    /// Every job that has not ended, of all organizations. Reads the whole table: it is
    /// for a start after the queue was lost, not for a request.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn unfinished(&self) -> Result<Vec<ImportJob>, Failure> {
        let mut pages = self
            .client
            .scan()
            .table_name(&self.table)
            .filter_expression("part = :job AND #status = :processing")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":job", text(JOB_PART))
            .expression_attribute_values(":processing", status_value(ImportStatus::Processing)?)
            .into_paginator()
            .items()
            .send();
        let mut jobs = Vec::new();
        while let Some(item) = pages.next().await {
            jobs.push(from_item(item.map_err(Failure::of("Scan on jobs"))?)?);
        }
        Ok(jobs)
    }
}
