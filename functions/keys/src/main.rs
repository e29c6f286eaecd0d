//! The Lambda function that lists, creates and revokes API keys.

use lambda_http::Error;
use saldo_store::{Environment, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let stores = Environment::load().await.build(keys::Stores::new)?;
    stores.warm_up().await;
    lambda_http::run(saldo_http::service(keys::routes(stores))).await
}
