//! The Lambda function that lists, creates, reads, changes and deletes accounts.

use lambda_http::Error;
use saldo_store::app::App;
use saldo_store::{FirstCall, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    app.warm_up(&[FirstCall::Keys]).await;
    lambda_http::run(saldo_http::service(accounts::routes(&app))).await
}
