//! SQS, by winterbaume, in memory: visibility, long polls, delays and redrive work. What it
//! does not enforce (ten entries and 1 MiB a batch), Saldo's own code keeps to.

use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use winterbaume_sqs::SqsService;

pub(super) async fn start(tasks: &mut JoinSet<Result<()>>, stop: CancellationToken) -> Result<String> {
    super::mock::serve(Arc::new(SqsService::new()), tasks, stop).await
}
