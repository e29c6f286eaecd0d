//! The Lambda function that shows imports and their errors.

use lambda_http::Error;
use saldo_store::app::App;
use saldo_store::{FirstCall, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    app.warm_up(&[FirstCall::Keys, FirstCall::Files("imports/")]).await;
    lambda_http::run(saldo_http::service(status::routes(&app))).await
}
