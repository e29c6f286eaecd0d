//! The Lambda function that marks deliveries from the dead-letter queue as failed.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use saldo_jobs::worker::all_or_error;
use saldo_store::app::App;
use saldo_store::{FirstCall, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    app.warm_up(&[FirstCall::Jobs]).await;
    let handle = async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(all_or_error(
            saldo_jobs::notifications::handle_dead_letters(app.clone(), event.payload).await,
        )?)
    };
    lambda_runtime::run(service_fn(handle)).await
}
