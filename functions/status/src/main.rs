//! The Lambda function that shows imports and their errors.

use lambda_http::Error;
use saldo_store::{Environment, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let stores = Environment::load().await.build(status::Stores::new)?;
    stores.warm_up().await;
    lambda_http::run(saldo_http::service(status::routes(stores))).await
}
