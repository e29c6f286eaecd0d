//! The checks at the end of a history.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::Request;
use futures::TryStreamExt;
use saldo_domain::client::Client;
use saldo_domain::id::{AccountId, ClientId, ImportId};
use saldo_domain::import::{Import, ImportJob, ImportStatus, RowOutcome};
use saldo_formats::report_file;
use saldo_http::service;
use saldo_store::files::ImportFiles;
use serde_json::Value;
use tower::ServiceExt;

use super::History;
use crate::model::{Fields, Model, fields, is_bad, last_of_each};

impl History<'_> {
    /// Checks that every job has ended with the counts of its rows, and that the accounts match the
    /// model.
    pub(super) async fn check(&self) {
        let seed = self.seed;
        let (mut made, mut jobs, mut lost) = (0, Vec::new(), BTreeSet::new());
        let mut modelled = Vec::new();
        for (id, rows) in &self.imports {
            self.check_job(id).await;
            let import =
                self.stack.reliable.imports.find(&self.org, id).await.expect("DynamoDB").expect("the job");
            self.check_results(&import, rows).await;
            if Some(id) == self.cancelled.as_ref() {
                self.check_cancelled(&import, rows).await;
                continue;
            }
            self.check_totals(&import).await;
            let failed_rows = self.failed_rows(&import.job, rows).await;
            assert_counts(&import, rows, &failed_rows, seed);
            lost.extend(failed_rows.into_iter().map(|row| (id.clone(), row)));
            made += import.counts().imported;
            jobs.push(import);
            modelled.push((id.clone(), rows.clone()));
        }
        let model = Model::of(&self.org, &modelled, &lost);
        let accounts = model.accounts.len() + model.anonymous.len();
        assert_eq!(made, accounts as u64, "seed {seed}: {jobs:#?}");
        for (external_id, expected) in &model.accounts {
            let id = AccountId::of_external(&self.org, &external_id.parse().expect("an external id"));
            assert_eq!(
                self.fields(&id).await.as_ref(),
                Some(expected),
                "seed {seed}: {external_id} of {:#?}",
                self.imports
            );
        }
        for (id, expected) in &model.anonymous {
            assert_eq!(
                self.fields(id).await.as_ref(),
                Some(expected),
                "seed {seed}: {id} of {:#?}",
                self.imports
            );
        }
        self.check_clients(&model, &modelled, !lost.is_empty()).await;
        self.check_by_hand().await;
    }

    /// Checks that there are the clients of the model, each with the name of the first row that names it. A worker that was
    /// killed before it wrote a row may have created the row's client: if rows were lost, or the import was cancelled, there
    /// may be others, with names of any row.
    async fn check_clients(&self, model: &Model, modelled: &[(ImportId, Vec<Value>)], some_lost: bool) {
        let seed = self.seed;
        let clients = self.stack.reliable.clients.all(&self.org).await.expect("DynamoDB");
        let number = |client: &Client| client.external_id.as_ref().expect("a number").to_string();
        let found: BTreeMap<String, String> =
            clients.iter().map(|client| (number(client), client.name.to_string())).collect();
        assert_eq!(found.len(), clients.len(), "seed {seed}: {clients:#?}");
        let is_offered = |number: &String, name: &String| {
            let rows = modelled.iter().flat_map(|(_, rows)| rows).filter(|row| !is_bad(row));
            let mut rows = rows.filter(|row| row["client_external_id"] == **number);
            some_lost && rows.any(|row| row["contact"]["name"] == **name)
        };
        for (number, expected) in &model.clients {
            let name = found.get(number);
            let is_right = name.is_some_and(|name| name == expected || is_offered(number, name));
            assert!(is_right, "seed {seed}: {number} is {name:?}: {:#?}", self.imports);
        }
        let is_of_cancelled = |number: &String| self.cancelled.is_some() && number.starts_with("own-");
        for (number, name) in found.iter().filter(|(number, _)| !model.clients.contains_key(*number)) {
            let may_be = is_of_cancelled(number) || is_offered(number, name);
            assert!(may_be, "seed {seed}: {number} is {name}: {:#?}", self.imports);
        }
    }

    /// Checks that the API returns the end of the import.
    async fn check_job(&self, id: &ImportId) {
        for path in ["", "/errors"] {
            let request = Request::get(format!("/api/v1/import/{id}{path}")).header("x-api-key", &self.key);
            let request = request.body(Body::empty()).expect("a request");
            let answer = service(status::routes((&self.stack.reliable).into()))
                .oneshot(request)
                .await
                .expect("an answer");
            assert_eq!(answer.status(), 200, "seed {}: {id}{path}", self.seed);
        }
    }

    /// Checks that the totals of a job are the sum of its chunks, and that no worker can replace a
    /// chunk's result any more.
    async fn check_totals(&self, import: &Import) {
        if let Some(totals) = &import.job.totals {
            let chunks = ImportJob { totals: None, ..import.job.clone() };
            let sum = self.stack.reliable.imports.with_progress(chunks).await.expect("DynamoDB").progress;
            assert_eq!((&sum, sum.chunks_exhausted), (totals, 0), "seed {}: {import:#?}", self.seed);
        }
    }

    /// The rows of chunks that were marked as failed, but for those that had nothing to write.
    async fn failed_rows(&self, job: &ImportJob, rows: &[Value]) -> BTreeSet<usize> {
        let parts: Vec<_> =
            self.stack.reliable.imports.chunks_from(job, 0).try_collect().await.expect("DynamoDB");
        let files = ImportFiles::of(&self.org, &job.id);
        // Divided as the planner divides them.
        let indexes: Vec<usize> = (0..rows.len()).collect();
        let chunks: Vec<_> = indexes.chunks(job.rows_per_chunk).collect();
        let mut failed = BTreeSet::new();
        for part in parts.iter().filter(|part| part.exhausted) {
            let Some(report) = part.report else { continue };
            let file = self.stack.reliable.files.get(&files.report(part.number, report)).await.expect("S3");
            let results = report_file::results(&file.expect("a report")).expect("a report");
            let refused = results.iter().filter(|row| row.outcome == RowOutcome::Failed);
            let refused: Vec<usize> = refused.filter_map(|row| row.index.try_into().ok()).collect();
            let chunk = chunks[part.number as usize];
            assert!(refused.iter().all(|row| chunk.contains(row)), "seed {}: {part:?}", self.seed);
            assert_eq!(
                refused.len() as u64 + part.counts.updated + part.counts.superseded,
                chunk.len() as u64,
                "seed {}: {part:?}",
                self.seed
            );
            failed.extend(refused);
        }
        failed
    }

    /// Checks that rows that were written stay written, and are counted as such.
    async fn check_cancelled(&self, import: &Import, rows: &[Value]) {
        let (seed, job) = (self.seed, &import.job);
        assert_eq!(job.status, ImportStatus::Cancelled, "seed {seed}: {job:#?}");
        if let Some(total) = job.total_records {
            assert_eq!(total, import.processed() + import.skipped(), "seed {seed}: {import:#?}");
        }
        let mut there = 0;
        for (index, row) in last_of_each(rows) {
            let id = match row["external_id"].as_str() {
                Some(id) => AccountId::of_external(&self.org, &id.parse().expect("an external id")),
                None => AccountId::of_row(&job.id, index as u64),
            };
            let fields = self.fields(&id).await;
            there += u64::from(fields.is_some());
            if let Some(number) = fields.as_ref().and_then(|fields| fields.get("client")) {
                let client = ClientId::of_external(&self.org, &number.parse().expect("a number"));
                let client = self.stack.reliable.clients.get(&self.org, &client).await.expect("DynamoDB");
                assert!(client.is_some(), "seed {seed}: {number}");
            }
        }
        let counts = import.counts();
        assert_eq!((counts.imported, counts.updated), (there, 0), "seed {seed}: {import:#?}");
    }

    async fn fields(&self, id: &AccountId) -> Option<Fields> {
        let account = self.stack.reliable.accounts.get(&self.org, id).await.expect("DynamoDB")?;
        self.check_balance(&account).await;
        Some(fields(&account))
    }
}

/// Checks that the job has ended with the counts of its rows.
fn assert_counts(import: &Import, rows: &[Value], failed_rows: &BTreeSet<usize>, seed: u64) {
    let (job, counts) = (&import.job, import.counts());
    let kept = last_of_each(rows);
    let failed = kept.iter().filter(|(index, row)| is_bad(row) || failed_rows.contains(index)).count();
    let status = if failed == 0 { ImportStatus::Completed } else { ImportStatus::CompletedWithErrors };
    assert_eq!(job.status, status, "seed {seed}: {import:#?}");
    assert_eq!(job.total_records, Some(rows.len() as u64), "seed {seed}");
    assert_eq!(counts.superseded, (rows.len() - kept.len()) as u64, "seed {seed}");
    assert_eq!(counts.failed, failed as u64, "seed {seed}: {import:#?}");
    let counted = rows.len() as u64 - counts.superseded - counts.failed;
    assert_eq!(counts.imported + counts.updated, counted, "seed {seed}: {import:#?}");
}
