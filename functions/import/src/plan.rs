//! The planner: reads the payload once and cuts it into chunks.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo::app::App;
use saldo::failure::Failure;
use saldo::files::ImportFiles;
use saldo::import::{Chunk, ImportJob, Plan, read};
use saldo::queue::{ImportMessage, ImportTask};

use crate::chunk;

/// The chunks written to S3 at the same time.
const CHUNKS_IN_FLIGHT: usize = 8;

/// Why an import can't be run.
const PAYLOAD_LOST: &str = "the payload is not there any more; send it again";

/// Plans an import and queues its chunks; a single chunk is processed on the spot. Run
/// again, it finds the same plan, and chunks queued twice count once. Returns when the import
/// ended, if it did.
pub(crate) async fn plan(app: &App, job: &ImportJob) -> Result<Option<Timestamp>, Failure> {
    let plan = match read_plan(app, job).await? {
        Ok(plan) => plan,
        Err(reason) => return app.imports.fail(job, &reason, Timestamp::now()).await,
    };
    if !app.imports.plan(job, &plan).await? {
        tracing::info!(org = %job.org, import = %job.id, "the import was taken back");
        return Ok(None);
    }
    tracing::info!(org = %job.org, import = %job.id, rows = plan.total, chunks = plan.chunks.len(), "planned");
    match plan.chunks.as_slice() {
        [only] => chunk::process(app, job, only).await,
        chunks => queue(app, job, chunks).await.map(|()| None),
    }
}

/// The plan of the import's payload, or why there can't be one.
pub(crate) async fn read_plan(app: &App, job: &ImportJob) -> Result<Result<Plan, String>, Failure> {
    let Some(payload) = app.files.get(&ImportFiles::of(&job.org, &job.id).payload()).await? else {
        return Ok(Err(PAYLOAD_LOST.to_owned()));
    };
    let mut rows = Vec::new();
    let shape = read::read(job.format, &job.mapping, &payload, |_, row| rows.push(row));
    let plan = shape.map(|shape| Plan::of(&job.org, &shape, rows, job.rows_per_chunk));
    Ok(plan.map_err(|error| error.to_string()))
}

async fn queue(app: &App, job: &ImportJob, chunks: &[Chunk]) -> Result<(), Failure> {
    let files = ImportFiles::of(&job.org, &job.id);
    let writes: Vec<_> = chunks.iter().map(|chunk| chunk::store(app, &files, chunk)).collect();
    stream::iter(writes).buffer_unordered(CHUNKS_IN_FLIGHT).try_collect::<()>().await?;
    let message = |chunk: &Chunk| ImportMessage {
        org: job.org.clone(),
        import: job.id.clone(),
        task: ImportTask::Chunk(chunk.number),
    };
    let messages: Vec<_> = chunks.iter().map(message).collect();
    app.import_queue.send(&messages).await
}
