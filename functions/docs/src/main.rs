//! The Lambda function that shows what the API can do.

use lambda_http::Error;
use saldo::app::App;
use saldo::{http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    lambda_http::run(http::service(docs::alone(&app))).await
}
