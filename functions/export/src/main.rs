//! The Lambda function that creates and shows exports.

use lambda_http::Error;
use saldo_store::app::App;
use saldo_store::{FirstCall, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    app.warm_up(&[FirstCall::Keys, FirstCall::Exports]).await;
    lambda_http::run(saldo_http::service(export::routes(&app))).await
}
