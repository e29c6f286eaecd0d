//! The Lambda function that keeps clients and tells what they own.

use lambda_http::Error;
use saldo::app::App;
use saldo::{FirstCall, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    app.warm_up(&[FirstCall::Keys]).await;
    lambda_http::run(http::service(clients::routes(&app))).await
}
