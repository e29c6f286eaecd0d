//! The Lambda function that answers the requests about accesses, their synchronizations and notifications.

use lambda_http::Error;
use saldo::app::App;
use saldo::{http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    lambda_http::run(http::service(sync::routes(&app))).await
}
