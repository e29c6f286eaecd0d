//! The list of jobs. The API filters imports; exports, of which there are few, are filtered here.

use anyhow::Result;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Kind, List};
use crate::answer::{self, Outcome, Output, note};
use crate::api::{Api, Document, Error};
use crate::job::cell;
use crate::session::Session;

/// The most jobs that the API lists at once.
const PAGE_MAX: usize = 100;

/// A page of a list.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    has_more: bool,
    /// Where the next page starts, if not after the last job of this one.
    next_starting_after: Option<String>,
}

pub(super) async fn run(session: &Session, api: &Api, which: List) -> Result<Outcome> {
    let limit = usize::from(which.limit);
    let mut all: Vec<Document> = vec![];
    for of in [Kind::Import, Kind::Export] {
        if which.kind.is_some_and(|kind| kind != of) {
            continue;
        }
        match newest(api, of, &which).await {
            Ok(jobs) => all.extend(jobs),
            // Keys for one kind alone are common.
            Err(error)
                if which.kind.is_none()
                    && error.refusal().is_some_and(|refusal| refusal.code == "scope_missing") =>
            {
                note(&format!("saldo: {error}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    // RFC 3339 in UTC with milliseconds sorts as text.
    all.sort_by(|a, b| b.text_of("created_at").cmp(a.text_of("created_at")));
    all.truncate(limit);
    match session.output {
        Output::Json => {
            let jobs: Vec<_> = all.iter().map(|job| job.text.as_str()).collect();
            answer::print(&format!("[{}]", jobs.join(",")))?;
        }
        Output::Table if all.is_empty() && which.has_filter() => answer::print("There are no such jobs.")?,
        Output::Table if all.is_empty() => answer::print("There are no jobs.")?,
        Output::Table => {
            let names = ["JOB", "STATUS", "ROWS", "REFUSED", "CREATED", "FILE"];
            answer::print(&answer::columns(&names, all.iter().map(|job| row(&job.json))))?;
        }
    }
    Ok(Outcome::Done)
}

fn row(job: &Value) -> Vec<String> {
    let first =
        |members: &[&str]| members.iter().map(|member| cell(&job[member])).find(|cell| !cell.is_empty());
    let members: [&[&str]; 6] = [
        &["job_id", "export_id"],
        &["status"],
        &["total_records", "rows"],
        &["failed"],
        &["created_at"],
        &["filename"],
    ];
    members.map(|members| first(members).unwrap_or_default()).to_vec()
}

/// The newest jobs of a kind that the list has.
async fn newest(api: &Api, kind: Kind, which: &List) -> Result<Vec<Document>, Error> {
    let path = match kind {
        Kind::Import => "/api/v1/import",
        Kind::Export => "/api/v1/export",
    };
    let (mut jobs, mut after): (Vec<Document>, String) = (vec![], String::new());
    loop {
        let missing = usize::from(which.limit) - jobs.len();
        let at_once = match kind {
            Kind::Export if which.has_filter() => PAGE_MAX,
            Kind::Import | Kind::Export => missing.min(PAGE_MAX),
        };
        let filter = if kind == Kind::Import { which.parameters() } else { String::new() };
        let page = api.read(&format!("{path}?limit={at_once}{filter}{after}")).await?;
        let unlike = |_| Error::NotSaldo("its answer is not a list".to_owned());
        let Page { data, has_more, next_starting_after } =
            serde_json::from_str(&page.text).map_err(unlike)?;
        let mut last = None;
        for job in &data {
            let json = serde_json::from_str(job.get()).map_err(unlike)?;
            let job = Document { text: job.get().to_owned(), json };
            last = Some((cell(&job.json["job_id"]) + &cell(&job.json["export_id"]), which.is_too_old(&job)));
            if kind == Kind::Import || which.has(&job) {
                jobs.push(job);
            }
        }
        jobs.truncate(which.limit.into());
        let is_past_end = last.as_ref().is_some_and(|(_, is_too_old)| *is_too_old);
        let Some(next) = next_starting_after.or(last.map(|(id, _)| id)) else { return Ok(jobs) };
        if !has_more || jobs.len() >= usize::from(which.limit) || is_past_end {
            return Ok(jobs);
        }
        after = format!("&starting_after={next}");
    }
}

impl List {
    fn has_filter(&self) -> bool {
        self.status.is_some() || self.from.is_some() || self.to.is_some()
    }

    /// The filter as parameters of the list of imports.
    fn parameters(&self) -> String {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let all = [
            ("status", self.status.clone()),
            ("created_from", time(self.from)),
            ("created_to", time(self.to)),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in all {
            query.extend_pairs(value.map(|value| (name, value)));
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("&{query}") }
    }

    /// Whether the list has the job.
    fn has(&self, job: &Document) -> bool {
        let created = job.text_of("created_at").parse::<Timestamp>().ok();
        self.status.as_ref().is_none_or(|status| status == job.text_of("status"))
            && self.to.is_none_or(|to| created.is_some_and(|created| created <= to))
            && !self.is_too_old(job)
    }

    /// Whether the job, and so all jobs after it, began before those of the list.
    fn is_too_old(&self, job: &Document) -> bool {
        let created = job.text_of("created_at").parse::<Timestamp>().ok();
        self.from.is_some_and(|from| created.is_some_and(|created| created < from))
    }
}
