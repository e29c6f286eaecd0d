//! The Lambda function that plans imports and processes their chunks.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use saldo_jobs::import::{Worker, handle};
use saldo_store::{Environment, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let worker = Environment::load().await.build(Worker::new)?;
    worker.warm_up().await;
    let handle =
        async |event: LambdaEvent<SqsEvent>| Ok::<_, Error>(handle(worker.clone(), event.payload).await);
    lambda_runtime::run(service_fn(handle)).await
}
