//! The dead letters: work that failed until it was given up. Its rows are recorded as
//! failed, so that no import waits for it for ever.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo::app::App;
use saldo::failure::Failure;
use saldo::import::{Chunk, ImportJob, ImportStatus};
use saldo::queue::{ImportMessage, ImportTask};
use saldo::worker::each_message;

use crate::{chunk, plan};

const NOT_PROCESSED: &str = "the payload could not be processed; send it again";

/// Closes the books of import work that was given up.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| close(app.clone(), message)).await
}

async fn close(app: App, message: ImportMessage) -> Result<(), Failure> {
    tracing::error!(org = %message.org, import = %message.import, task = ?message.task, "given up");
    let job = app.imports.get(&message.org, &message.import).await?;
    let Some(job) = job.filter(|job| job.status == ImportStatus::Processing) else {
        return Ok(());
    };
    if job.chunks.is_none() {
        return app.imports.fail(&job, NOT_PROCESSED, Timestamp::now()).await;
    }
    // The plan is made again from the payload: the file of a chunk may be what is broken.
    match (plan::read_plan(&app, &job).await?, message.task) {
        (Err(_), _) => app.imports.fail(&job, NOT_PROCESSED, Timestamp::now()).await,
        (Ok(plan), ImportTask::Chunk(number)) => {
            give_up(&app, &job, plan.chunks.iter().filter(|chunk| chunk.number == number)).await
        }
        // Not all of its chunks may have been queued: what is not committed never will be.
        (Ok(plan), ImportTask::Plan) => give_up(&app, &job, plan.chunks.iter()).await,
    }
}

async fn give_up(app: &App, job: &ImportJob, chunks: impl Iterator<Item = &Chunk>) -> Result<(), Failure> {
    for chunk in chunks {
        chunk::give_up(app, job, chunk).await?;
    }
    Ok(())
}
