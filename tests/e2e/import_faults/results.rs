//! The checks of an import's report and control totals.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use saldo_domain::id::AccountId;
use saldo_domain::import::Import;
use saldo_domain::money::Total;
use saldo_http::service;
use serde_json::Value;
use tower::ServiceExt;

use super::History;
use crate::model::{is_bad, last_of_each};

impl History<'_> {
    /// Checks that the report has each row once with the outcome that was counted, that the control totals are the sums of
    /// these rows, and, if no other import writes the accounts, that the accounts have these sums and revisions.
    pub(super) async fn check_results(&self, import: &Import, rows: &[Value]) {
        let (seed, id, counts) = (self.seed, &import.job.id, import.counts());
        let report = self.read(&format!("/api/v1/import/{id}/report"), "application/x-ndjson").await;
        let report: Vec<Value> =
            report.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let job: Value =
            serde_json::from_str(&self.read(&format!("/api/v1/import/{id}"), "").await).expect("JSON");
        let unprocessed = if import.job.total_records.is_some() { import.unprocessed() } else { 0 };
        assert_eq!(
            report.len() as u64,
            import.processed() + unprocessed,
            "seed {seed}: {import:#?} {report:#?}"
        );
        let indexes: Vec<_> = report.iter().filter_map(|row| row["index"].as_u64()).collect();
        assert!(indexes.is_sorted_by(|a, b| a < b), "seed {seed}: {indexes:?}");

        let (skipped, report): (Vec<Value>, Vec<Value>) =
            report.into_iter().partition(|row| row["outcome"] == "skipped");
        assert_eq!(skipped.len() as u64, unprocessed, "seed {seed}: {import:#?} {skipped:#?}");
        let mut outcomes: BTreeMap<&str, (u64, Total, u64)> = BTreeMap::new();
        let last = last_of_each(rows);
        for row in &report {
            let index = usize::try_from(row["index"].as_u64().expect("an index")).expect("an index");
            let (outcome, sent) = (row["outcome"].as_str().expect("an outcome"), &rows[index]);
            let counts_itself = last.iter().any(|(last, _)| *last == index);
            assert_eq!(counts_itself, outcome != "superseded", "seed {seed}: {row}");
            if let Some(by) = row["superseded_by"].as_u64() {
                let by = usize::try_from(by).expect("an index");
                assert_eq!(rows[by]["external_id"], sent["external_id"], "seed {seed}: {row}");
                assert!(last.iter().any(|(last, _)| *last == by), "seed {seed}: {row}");
            }
            let has_account = ["imported", "updated", "unchanged"].contains(&outcome);
            assert_eq!(row["account_id"].is_string(), has_account, "seed {seed}: {row}");
            for name in [outcome, if outcome == "unchanged" { "updated" } else { "" }, "read"] {
                let (rows, sum, without) = outcomes.entry(name).or_default();
                *rows += 1;
                match is_bad(sent) {
                    true => *without += 1,
                    false => {
                        sum.add(sent["total_amount"].as_str().expect("text").parse().expect("an amount"));
                    }
                }
            }
        }
        outcomes.remove("");
        let (rows_of, zero) = (|name| outcomes.get(name).map_or(0, |(rows, ..)| *rows), Total::default());
        let counted = [counts.imported, counts.updated, counts.unchanged, counts.superseded, counts.failed];
        let names = ["imported", "updated", "unchanged", "superseded", "failed"];
        assert_eq!(names.map(rows_of), counted, "seed {seed}: {import:#?} {report:#?}");
        for name in names.into_iter().chain(["read"]) {
            let total = &job["control_totals"][name];
            let mut sum = Total::default();
            for amount in total["amounts"].as_object().expect("amounts").values() {
                sum += &amount.as_str().and_then(|amount| amount.parse().ok()).expect("a sum");
            }
            let (rows, expected, without) = outcomes.get(name).map_or((0, &zero, 0), |(r, s, w)| (*r, s, *w));
            assert_eq!(&sum, expected, "seed {seed}: {name} of {job:#}");
            let stated = (total["rows"].as_u64(), total["without_amount"].as_u64());
            assert_eq!(
                stated,
                (Some(rows), Some(without).filter(|w| *w > 0)),
                "seed {seed}: {name} of {job:#}"
            );
        }
        if rows.iter().all(|row| row["external_id"].as_str().is_none_or(|id| id.starts_with("own-"))) {
            self.check_table(&report, &job["control_totals"]).await;
        }
    }

    /// Checks that the accounts of the report have the amounts of the control totals and the revisions of the report.
    async fn check_table(&self, report: &[Value], totals: &Value) {
        let seed = self.seed;
        let mut sums: BTreeMap<String, Total> = BTreeMap::new();
        for row in report.iter().filter(|row| row["account_id"].is_string()) {
            let id: AccountId = row["account_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
            let account = self.stack.reliable.accounts.get(&self.org, &id).await.expect("DynamoDB");
            let account = account.unwrap_or_else(|| panic!("seed {seed}: {row}"));
            let revision = account.revision.to_string();
            assert_eq!(row["revision"], revision, "seed {seed}: {row}");
            let sum = sums.entry(account.currency.to_string()).or_default();
            sum.add(account.total_amount.expect("an amount"));
        }
        let mut stated: BTreeMap<String, Total> = BTreeMap::new();
        for name in ["imported", "updated"] {
            for (currency, amount) in totals[name]["amounts"].as_object().expect("amounts") {
                let amount: Total = amount.as_str().and_then(|amount| amount.parse().ok()).expect("a sum");
                *stated.entry(currency.clone()).or_default() += &amount;
            }
        }
        assert_eq!(stated, sums, "seed {seed}: {report:#?} {totals:#}");
    }

    pub(super) async fn read(&self, path: &str, accept: &str) -> String {
        let request = Request::get(path).header("x-api-key", &self.key).header("accept", accept);
        let request = request.body(Body::empty()).expect("a request");
        let routes = service(status::routes((&self.stack.reliable).into()));
        let answer = routes.oneshot(request).await.expect("an answer");
        assert_eq!(answer.status(), 200, "seed {}: {path}", self.seed);
        let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        String::from_utf8(body.to_vec()).expect("UTF-8")
    }
}
