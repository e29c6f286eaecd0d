//! The Lambda function that imports and lists transactions.

use lambda_http::Error;
use saldo_store::{Environment, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let stores = Environment::load().await.build(transactions::Stores::new)?;
    stores.warm_up().await;
    lambda_http::run(saldo_http::service(transactions::routes(stores))).await
}
