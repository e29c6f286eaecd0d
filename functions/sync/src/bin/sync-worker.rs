//! The Lambda function that runs synchronizations.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use saldo_store::app::App;
use saldo_store::{FirstCall, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    app.warm_up(&[FirstCall::Jobs, FirstCall::Files("config/"), FirstCall::Notifications]).await;
    let handle = async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(saldo_jobs::sync::handle(app.clone(), event.payload).await)
    };
    lambda_runtime::run(service_fn(handle)).await
}
