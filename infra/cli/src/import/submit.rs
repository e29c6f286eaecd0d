//! The steps from a file to a job: a link, the upload, the request. Each is recorded before it is taken, so that the
//! same command continues after a kill at any moment, and one file becomes one job.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::journal::{BegunImport, Journal, Place};
use super::source::Source;
use crate::answer::note;
use crate::api::{Api, Error, LinkError};
use crate::job::JobId;
use crate::progress::Progress;
use crate::session::Session;

const UPLOADS: &str = "/api/v1/import/uploads";
const IMPORTS: &str = "/api/v1/import";
/// How often a file is sent before the command gives up.
const UPLOADS_MAX: u32 = 5;

/// What is imported, and how.
pub(super) struct Submission {
    pub source: Source,
    /// The options as members of the request.
    pub options: Map<String, Value>,
}

/// A link to which a file is sent.
#[derive(Deserialize)]
struct Link {
    upload_id: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl Submission {
    /// What identifies the file, for this address and API key.
    fn upload_parts(&self, api: &Api) -> [String; 4] {
        let access = api.access();
        let key = HEXLOWER.encode(&Sha256::digest(access.key.expose_secret()));
        let Source { sha256, .. } = &self.source;
        [access.url.as_str().to_owned(), key, self.source.name(), sha256.clone()]
    }
}

/// Uploads the file and requests its import. Returns the job, and the place of the record that is ended when the
/// command has done its work.
///
/// # Errors
/// When the file was not uploaded, or the import was not accepted.
pub(super) async fn submit(
    session: &Session,
    api: &Api,
    journal: &Journal,
    submission: &Submission,
) -> Result<(JobId, Place)> {
    let of_upload = submission.upload_parts(api);
    let options = Value::Object(submission.options.clone()).to_string();
    let parts: Vec<_> = of_upload.iter().map(String::as_str).collect();
    let place = Place::of(&[&parts[..], &[&options]].concat());
    let mut begun = match journal.import(&place) {
        Some(BegunImport { job: Some(job), at, .. }) => {
            let id: JobId = job.parse().map_err(|why| anyhow!("the record of {job} is damaged: {why}."))?;
            note(&format!(
                "Continuing with {id}, which the same command began at {at:.0} and did not finish."
            ));
            return Ok((id, place));
        }
        Some(begun) => begun,
        None => {
            let upload_id = upload(session, api, journal, submission, &Place::of(&parts)).await?;
            let idempotency_key = Uuid::new_v4().to_string();
            let begun = BegunImport { upload_id, idempotency_key, job: None, at: Timestamp::now() };
            journal.begin_import(&place, begun)?
        }
    };
    session.interruption.set("The import may have been accepted. Run the same command again: it continues, and imports nothing twice.");
    let id = request(api, submission, &begun).await;
    // What was refused will be requested anew; what was not answered will be requested again.
    if id.as_ref().is_err_and(|error| error.downcast_ref().is_some_and(Error::is_final)) {
        journal.end(&place);
    }
    let id = id.map_err(|error| match error.downcast() {
        Ok(error) => explain(error, &submission.source),
        Err(other) => other,
    })?;
    begun.job = Some(id.to_string());
    journal.accept_import(&place, &begun)?;
    Ok((id, place))
}

/// Requests the import. The record makes the request the same in each run.
async fn request(api: &Api, submission: &Submission, begun: &BegunImport) -> Result<JobId> {
    let mut body = submission.options.clone();
    body.insert("upload_id".to_owned(), begun.upload_id.as_str().into());
    let answer = api.post(IMPORTS, &Value::Object(body), &begun.idempotency_key).await?.document()?;
    answer.text_of("job_id").parse().map_err(|_| anyhow!("Saldo has accepted the import but named no job."))
}

/// Makes sure that the file is in S3, for a command that imports nothing. Returns the id of the upload.
///
/// # Errors
/// When the file was not uploaded.
pub(super) async fn upload_alone(
    session: &Session,
    api: &Api,
    journal: &Journal,
    submission: &Submission,
) -> Result<String> {
    let parts = submission.upload_parts(api);
    let parts: Vec<_> = parts.iter().map(String::as_str).collect();
    upload(session, api, journal, submission, &Place::of(&parts)).await
}

/// Makes sure that the file is in S3, and returns the id of the upload.
async fn upload(
    session: &Session,
    api: &Api,
    journal: &Journal,
    submission: &Submission,
    place: &Place,
) -> Result<String> {
    let source = &submission.source;
    if let Some(begun) = journal.upload(place)
        && has_arrived(api, &begun.upload_id, source.bytes).await?
    {
        return Ok(begun.upload_id);
    }
    // The format is an option of the import, so that the upload serves another attempt with another one.
    let announced = json!({ "filename": source.name(), "bytes": source.bytes, "sha256": source.sha256 });
    let progress = Progress::of_bytes("Uploading", Some(source.bytes));
    let mut attempt = 1;
    loop {
        // A new link each time: the last one may have expired, and a file that has arrived must not change.
        let created = api.post(UPLOADS, &announced, &Uuid::new_v4().to_string()).await;
        let created = created.map_err(|error| explain(error, source))?;
        let link: Link =
            serde_json::from_slice(&created.body).context("Saldo has sent no link for the file")?;
        journal.begin_upload(place, &link.upload_id)?;
        session.interruption.set("Nothing was imported. Run the same command to upload the file again.");
        progress.begin(source.bytes);
        let sent = api.upload(&link.url, &link.headers, source.rewound()?, source.bytes, &progress).await;
        match sent {
            Ok(()) => return Ok(link.upload_id),
            Err(_) if source.has_changed() => {
                return Err(anyhow!(
                    "{} has changed while it was uploaded. Run the command again.",
                    source.shown()
                ));
            }
            Err(error) if error.is_temporary() && attempt < UPLOADS_MAX => {
                attempt += 1;
                tokio::time::sleep(std::time::Duration::from_secs(1 << attempt.min(4))).await;
            }
            Err(LinkError::Expired) => {
                return Err(anyhow!(
                    "the link for the upload had expired each time. Is the clock of this machine right?"
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Names the file, if it is what the API refuses.
fn explain(error: Error, source: &Source) -> anyhow::Error {
    match error.refusal() {
        Some(refusal) if refusal.status.as_u16() == 400 => {
            let names_mapping = refusal.text.contains("`mapping`");
            let hint = if names_mapping { " On the command line that is --map." } else { "" };
            anyhow!("{} can't be imported: {error}{hint}", source.shown())
        }
        _ => error.into(),
    }
}

/// Whether an upload of an earlier command has arrived. S3 has compared its digest with the announced one.
async fn has_arrived(api: &Api, upload_id: &str, bytes: u64) -> Result<bool> {
    match api.read(&format!("{UPLOADS}/{upload_id}")).await {
        Ok(upload) => Ok(upload.json["bytes"].as_u64() == Some(bytes)),
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status.as_u16() == 404) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
