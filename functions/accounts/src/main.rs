//! The Lambda function that makes, lists, reads, changes and deletes accounts.

use lambda_http::Error;
use saldo::app::App;
use saldo::{FirstCall, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    app.warm_up(&[FirstCall::Keys]).await;
    lambda_http::run(http::service(accounts::routes(&app))).await
}
