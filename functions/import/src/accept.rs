//! `POST /api/v1/import`: a payload in, a job out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo::app::App;
use saldo::fields::{Fields, InvalidValue};
use saldo::files::ImportFiles;
use saldo::http::{Caller, FromParameters, Parameters, Payload, Problem, Seed};
use saldo::id::ImportId;
use saldo::import::{Format, ImportJob, ImportStatus, Mapping, PayloadFacts, read};
use saldo::queue::{ImportMessage, ImportTask};
use serde::Serialize;

/// The media types accepted, each with its format.
const FORMATS: [(&str, Format); 4] = [
    ("application/json", Format::Json),
    ("application/x-ndjson", Format::Ndjson),
    ("application/ndjson", Format::Ndjson),
    ("text/csv", Format::Csv),
];

pub(crate) struct Query {
    /// A JSON object from the file's columns to fields.
    mapping: Option<String>,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &["mapping"];

    fn read(parameters: &mut Fields) -> Option<Self> {
        let mapping = parameters.patch("mapping", |json| Ok::<_, InvalidValue>(json.to_owned()));
        Some(Self { mapping: mapping.value() })
    }
}

#[derive(Serialize)]
struct Accepted {
    job_id: ImportId,
    status: ImportStatus,
    total_records: u64,
}

pub(crate) async fn accept(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    Parameters(query): Parameters<Query>,
    payload: Payload,
) -> Result<Response, Problem> {
    let (media_type, format) = format(payload.media_type.as_deref())?;
    let mapping = mapping(format, query.mapping.as_deref())?;
    let total_records = read::count(format, &mapping, &payload.bytes)?;

    let rows_per_chunk = app.limits.rows_per_chunk;
    let facts = PayloadFacts { format, mapping, total_records, rows_per_chunk };
    let job = ImportJob::accepted(ImportId::of_seed(seed), caller.org().clone(), facts, Timestamp::now());
    app.files.put(&ImportFiles::of(&job.org, &job.id).payload(), media_type, payload.bytes).await?;
    let message = ImportMessage { org: job.org.clone(), import: job.id.clone(), task: ImportTask::Plan };
    app.import_queue.hand_over(&app.imports, &job, message).await?;

    let accepted = Accepted { job_id: job.id, status: ImportStatus::Processing, total_records };
    let location = format!("/api/v1/import/{}", accepted.job_id);
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(accepted)).into_response())
}

fn format(media_type: Option<&str>) -> Result<(&'static str, Format), Problem> {
    FORMATS
        .into_iter()
        .find(|(name, _)| media_type == Some(name))
        .ok_or_else(|| Problem::unsupported_media_type("application/json, application/x-ndjson, text/csv"))
}

fn mapping(format: Format, json: Option<&str>) -> Result<Mapping, Problem> {
    match (json, format) {
        (None, _) => Ok(Mapping::default()),
        (Some(json), Format::Csv) => serde_json::from_str(json)
            .map_err(|error| Problem::invalid_value_of("mapping", error.to_string())),
        (Some(_), Format::Json | Format::Ndjson) => {
            Err(Problem::invalid_value_of("mapping", "only CSV has columns to be mapped"))
        }
    }
}
