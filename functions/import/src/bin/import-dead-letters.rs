//! The Lambda function that marks chunks from the dead-letter queue as failed.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use saldo_jobs::import::{Stores, handle_dead_letters};
use saldo_jobs::worker::all_or_error;
use saldo_store::{Environment, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let stores = Environment::load().await.build(Stores::new)?;
    stores.warm_up().await;
    let handle = async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(all_or_error(handle_dead_letters(stores.clone(), event.payload).await)?)
    };
    lambda_runtime::run(service_fn(handle)).await
}
