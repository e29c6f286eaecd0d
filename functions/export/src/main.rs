//! The Lambda function that creates and shows exports.

use lambda_http::Error;
use saldo_store::{Environment, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let stores = Environment::load().await.build(export::Stores::new)?;
    stores.warm_up().await;
    lambda_http::run(saldo_http::service(export::routes(stores))).await
}
