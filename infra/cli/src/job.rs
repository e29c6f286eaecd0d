//! Jobs: their ids, the wait for their end, what is shown of them, and what their end means for the exit status.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::answer::{self, Outcome, Output, note};
use crate::api::{Api, Document, Error};
use crate::progress::Progress;
use crate::session::Session;

/// The status of an import that waits for a confirmation.
pub(crate) const AWAITING: &str = "awaiting_confirmation";
/// How often a job is read: soon at first, later every few seconds.
const FIRST_DELAY: Duration = Duration::from_millis(200);
const DELAY_MAX: Duration = Duration::from_secs(3);
/// The findings of each kind that are shown.
const FINDINGS_SHOWN: usize = 10;
/// What is shown of an import, in this order, before all else that its answer has.
const FIRST: [(&str, &str); 16] = [
    ("job_id", "job"),
    ("status", "status"),
    ("filename", "file"),
    ("dry_run", "dry run"),
    ("total_records", "rows"),
    ("imported", "imported"),
    ("updated", "updated"),
    ("unchanged", "of them unchanged"),
    ("superseded", "superseded"),
    ("failed", "refused"),
    ("closed", "closed"),
    ("skipped", "skipped"),
    ("export_id", "export"),
    ("reason", "reason"),
    ("created_at", "created at"),
    ("completed_at", "completed at"),
];
/// What is shown elsewhere, or means nothing once the job has ended.
const HIDDEN: [&str; 7] =
    ["control_totals", "errors", "warnings", "options", "processed", "rows_per_second", "seconds_remaining"];
/// The control totals in the order in which they are shown, before all others that the answer has.
const TOTALS: [&str; 7] = ["read", "imported", "updated", "unchanged", "superseded", "failed", "closed"];

/// The id of a job, which says what kind it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobId {
    Import(String),
    Export(String),
}

impl FromStr for JobId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = text.trim();
        let known =
            id.len() <= 64 && id.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'));
        match known {
            true if id.starts_with("imp_") => Ok(Self::Import(id.to_owned())),
            true if id.starts_with("exp_") => Ok(Self::Export(id.to_owned())),
            _ => Err("not the id of a job: those begin with imp_ or exp_"),
        }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import(id) | Self::Export(id) => f.write_str(id),
        }
    }
}

impl JobId {
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Import(id) => format!("/api/v1/import/{id}"),
            Self::Export(id) => format!("/api/v1/export/{id}"),
        }
    }

    /// The path of what only imports with complete files have.
    pub(crate) fn v1_path(&self, what: &str) -> String {
        format!("/v1/imports/{self}/{what}")
    }

    /// The sentence for a job that the API does not have, in place of its own.
    pub(crate) fn explain(&self, error: Error) -> anyhow::Error {
        match error.refusal() {
            Some(refusal) if refusal.status.as_u16() == 404 => {
                anyhow::anyhow!("there is no job {self}. `saldo jobs list` shows those that there are.")
            }
            _ => error.into(),
        }
    }
}

/// Waits until the job has ended.
///
/// # Errors
/// When it can't be read.
pub(crate) async fn ended(session: &Session, api: &Api, id: &JobId) -> Result<Document> {
    let goes_on = match id {
        JobId::Import(_) => {
            format!("The import goes on: `saldo jobs show {id} --wait` waits for its result.")
        }
        JobId::Export(_) => format!("The export goes on: `saldo jobs download {id} -o FILE` gets its file."),
    };
    session.interruption.set(goes_on);
    let progress = Progress::of_rows(match id {
        JobId::Import(_) => "Importing",
        JobId::Export(_) => "Exporting",
    });
    let (path, mut delay) = (id.path(), FIRST_DELAY);
    loop {
        let job = api.read(&path).await.map_err(|error| id.explain(error))?;
        if job.text_of("status") != "processing" {
            return Ok(job);
        }
        progress.rows(job.count_of("processed"), job.json["total_records"].as_u64());
        tokio::time::sleep(delay).await;
        delay = (delay * 3 / 2).min(DELAY_MAX);
    }
}

/// What the end of a job means for the exit status. Says on stderr why it is a failure.
pub(crate) fn outcome(job: &Document) -> Outcome {
    let failed = |why: &str| {
        note(&format!("saldo: {why}"));
        Outcome::Failed
    };
    match job.text_of("status") {
        AWAITING => {
            let id = job.text_of("job_id");
            note(&format!(
                "saldo: the import has stored its rows and closed nothing yet: `saldo jobs confirm {id}` closes what the file omits, \
                 `saldo jobs cancel {id}` leaves it open."
            ));
            Outcome::Awaiting
        }
        "completed_with_errors" => Outcome::SomeRefused,
        "failed" => {
            let reason = job.json["reason"].as_str().unwrap_or("no reason was given");
            let hint = if reason.contains("`mapping`") { " On the command line that is --map." } else { "" };
            failed(&format!("the job has failed: {reason}.{hint}"))
        }
        "cancelled" => failed("the job was cancelled."),
        "expired" => failed("the file of the job has been deleted. Run `saldo export` again."),
        _ if job.count_of("superseded") > 0 => {
            let rows = match job.count_of("superseded") {
                1 => "1 row was".to_owned(),
                rows => format!("{rows} rows were"),
            };
            note(&format!(
                "saldo: {rows} not stored, because a later row has the same external_id: `saldo jobs report {}` \
                 lists them. If they are other debts, give each row an id of its own.",
                job.text_of("job_id")
            ));
            Outcome::SomeRefused
        }
        _ => Outcome::Done,
    }
}

/// Shows a job.
///
/// # Errors
/// When stdout is closed.
pub(crate) fn show(output: Output, job: &Document) -> std::io::Result<()> {
    match output {
        Output::Json => answer::print(&job.text),
        Output::Table => answer::print(&table(job)),
    }
}

/// Shows that a job has begun.
///
/// # Errors
/// When stdout is closed.
pub(crate) fn show_start(output: Output, id: &JobId, job: &Document) -> std::io::Result<()> {
    let members = [("job", id.to_string()), ("status", job.text_of("status").to_owned())];
    match output {
        Output::Json => answer::print(&job.text),
        Output::Table => {
            answer::print(&answer::members(members.map(|(name, value)| (name.to_owned(), value))))
        }
    }
}

fn table(job: &Document) -> String {
    let first = FIRST.into_iter().map(|(member, name)| (name.to_owned(), cell(&job.json[member])));
    let mut all: Vec<_> = first.collect();
    let known = |name: &str| FIRST.iter().any(|(member, _)| *member == name) || HIDDEN.contains(&name);
    for (name, value) in job.json.as_object().into_iter().flatten().filter(|(name, _)| !known(name)) {
        flatten(name, value, &mut all);
    }
    let mut text = answer::members(all);
    if let Some(totals) = job.json["control_totals"].as_object()
        && totals.values().any(|total| total["rows"] != 0)
    {
        text.extend(["\n\n", &totals_table(totals)]);
    }
    for (member, title) in [("errors", "Refused:"), ("warnings", "Warnings:")] {
        let findings = job.json[member].as_array().map_or(&[][..], Vec::as_slice);
        if !findings.is_empty() {
            text.extend(["\n\n", title, "\n", &table_of(findings)]);
        }
    }
    text
}

/// The control totals: a line for each outcome that rows have, with a column for each currency.
fn totals_table(totals: &Map<String, Value>) -> String {
    let others = totals.keys().map(String::as_str).filter(|name| !TOTALS.contains(name));
    let names: Vec<_> = TOTALS.into_iter().chain(others).collect();
    let amounts = totals.values().filter_map(|total| total["amounts"].as_object());
    let currencies: BTreeSet<_> = amounts.flat_map(Map::keys).map(String::as_str).collect();
    let is_short = totals.values().any(|total| total["without_amount"].is_u64());
    let mut header = vec!["CONTROL TOTALS", "ROWS"];
    header.extend(&currencies);
    header.extend(is_short.then_some("WITHOUT AMOUNT"));
    let rows = names.into_iter().filter_map(|name| {
        let total = totals.get(name).filter(|total| total["rows"] != 0)?;
        let shown = FIRST.iter().find(|(member, _)| *member == name).map_or(name, |(_, shown)| *shown);
        let mut row = vec![shown.to_owned(), cell(&total["rows"])];
        row.extend(currencies.iter().map(|currency| cell(&total["amounts"][currency])));
        row.extend(is_short.then(|| cell(&total["without_amount"])));
        Some(row)
    });
    answer::columns(&header, rows)
}

/// The first findings, each with the place in the file.
fn table_of(findings: &[Value]) -> String {
    let row = |finding: &Value| {
        let line = finding["line"].as_u64().map(|line| format!("line {line}"));
        let row = || finding["index"].as_u64().map(|index| format!("row {}", index + 1));
        let place = line.or_else(row).unwrap_or_else(|| "header".to_owned());
        vec![place, cell(&finding["external_id"]), cell(&finding["field"]), cell(&finding["reason"])]
    };
    let rows = findings.iter().take(FINDINGS_SHOWN).map(row);
    let mut text = answer::columns(&["PLACE", "EXTERNAL ID", "FIELD", "REASON"], rows);
    if findings.len() > FINDINGS_SHOWN {
        text += "\nand ";
        text += &(findings.len() - FINDINGS_SHOWN).to_string();
        text += " more";
    }
    text
}

/// A member, or the members of an object, each with its path: totals per currency have one line each.
fn flatten(name: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                flatten(&format!("{name} {member}"), value, into);
            }
        }
        value => into.push((name.to_owned(), cell(value))),
    }
}

pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(json: Value) -> Document {
        Document { text: json.to_string(), json }
    }

    #[test]
    fn job_is_shown_with_what_the_command_does_not_know() {
        let job = document(json!({
            "job_id": "imp_1", "status": "completed_with_errors", "total_records": 3, "imported": 1, "updated": 1,
            "unchanged": 0, "superseded": 0, "failed": 1, "processed": 3, "seconds_remaining": null,
            "filename": "debtors.csv", "places": { "first": 1 },
            "control_totals": {
                "read": { "rows": 3, "amounts": { "EUR": "1012.50", "USD": "5.00" }, "without_amount": 1 },
                "imported": { "rows": 1, "amounts": { "EUR": "12.50" } },
                "updated": { "rows": 1, "amounts": { "EUR": "1000.00", "USD": "5.00" } },
                "unchanged": { "rows": 0, "amounts": {} },
                "failed": { "rows": 1, "amounts": {}, "without_amount": 1 },
                "closed": { "rows": 2, "amounts": { "EUR": "7.00" } }
            },
            "errors": [{ "index": 1, "line": 3, "external_id": "A-2", "field": "total_amount", "code": "x", "reason": "not a number" }],
            "warnings": [{ "index": null, "field": "Colour", "code": "unknown_column", "reason": "the column is not known" }]
        }));
        insta::assert_snapshot!(table(&job), @r"
        JOB                imp_1
        STATUS             completed_with_errors
        FILE               debtors.csv
        ROWS               3
        IMPORTED           1
        UPDATED            1
        OF THEM UNCHANGED  0
        SUPERSEDED         0
        REFUSED            1
        PLACES FIRST       1

        CONTROL TOTALS  ROWS  EUR      USD   WITHOUT AMOUNT
        read            3     1012.50  5.00  1
        imported        1     12.50    -     -
        updated         1     1000.00  5.00  -
        refused         1     -        -     1
        closed          2     7.00     -     -

        Refused:
        PLACE   EXTERNAL ID  FIELD         REASON
        line 3  A-2          total_amount  not a number

        Warnings:
        PLACE   EXTERNAL ID  FIELD   REASON
        header  -            Colour  the column is not known
        ");
    }

    #[test]
    fn long_lists_of_findings_are_cut() {
        let findings: Vec<_> =
            (0..12).map(|index| json!({ "index": index, "field": "a", "reason": "b" })).collect();
        let text = table_of(&findings);
        assert!(text.ends_with("row 10  -            a      b\nand 2 more"), "{text}");
    }

    #[test]
    fn ids_of_jobs_are_told_from_others() {
        assert!(matches!("imp_0-1".parse(), Ok(JobId::Import(id)) if id == "imp_0-1"));
        assert!(matches!("exp_0-1".parse(), Ok(JobId::Export(_))));
        for other in ["acc_1", "", "imp_../keys", "imp_a b"] {
            assert!(other.parse::<JobId>().is_err(), "{other}");
        }
    }
}
