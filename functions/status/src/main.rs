//! The Lambda function that tells how imports are doing.

use lambda_http::Error;
use saldo::app::App;
use saldo::{http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    lambda_http::run(http::service(status::routes(&app))).await
}
