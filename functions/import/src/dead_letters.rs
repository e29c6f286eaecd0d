//! The dead letters: work that failed until it was given up. Its rows are recorded as
//! failed, so that no import waits for it for ever.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use saldo::app::App;
use saldo::failure::Failure;
use saldo::import::{ImportJob, ImportStatus};
use saldo::queue::{ImportMessage, ImportTask};
use saldo::worker::each_message;

use crate::{chunk, plan};

const NOT_PLANNED: &str = "the payload could not be processed; send it again";

/// Closes the books of import work that was given up.
pub async fn handle(app: App, event: SqsEvent) -> SqsBatchResponse {
    each_message(event, move |message| close(app.clone(), message)).await
}

async fn close(app: App, message: ImportMessage) -> Result<(), Failure> {
    tracing::error!(org = %message.org, import = %message.import, task = ?message.task, "given up");
    let job = app.imports.get(&message.org, &message.import).await?;
    match (job.filter(|job| job.status == ImportStatus::Processing), message.task) {
        (None, _) => Ok(()),
        (Some(job), ImportTask::Chunk(number)) => {
            chunk::give_up(&app, &job, &chunk::load(&app, &job, number).await?).await
        }
        (Some(job), ImportTask::Plan) if job.chunks.is_none() => {
            app.imports.fail(&job, NOT_PLANNED, Timestamp::now()).await
        }
        (Some(job), ImportTask::Plan) => give_up_plan(&app, &job).await,
    }
}

/// The plan was recorded, but not all of its chunks may have been queued: whatever is not
/// committed yet never will be.
async fn give_up_plan(app: &App, job: &ImportJob) -> Result<(), Failure> {
    match plan::read_plan(app, job).await? {
        Err(reason) => app.imports.fail(job, &reason, Timestamp::now()).await,
        Ok(plan) => {
            for chunk in &plan.chunks {
                chunk::give_up(app, job, chunk).await?;
            }
            Ok(())
        }
    }
}
