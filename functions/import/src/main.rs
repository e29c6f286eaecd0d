//! The Lambda function that accepts and cancels imports.

use lambda_http::Error;
use saldo_store::{Environment, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let stores = Environment::load().await.build(import::Stores::new)?;
    stores.warm_up().await;
    lambda_http::run(saldo_http::service(import::routes(stores))).await
}
