//! The Lambda function that tells how imports are doing.

use lambda_http::Error;
use saldo::app::App;
use saldo::{FirstCall, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    app.warm_up(&[FirstCall::Keys, FirstCall::Files("imports/")]).await;
    lambda_http::run(http::service(status::routes(&app))).await
}
