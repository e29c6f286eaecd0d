//! The Lambda function that makes, lists, reads, changes and deletes accounts.

use lambda_http::Error;
use saldo::app::App;
use saldo::{http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    lambda_http::run(http::service(accounts::routes(&app))).await
}
