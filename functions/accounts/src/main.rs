//! The Lambda function that lists, creates, reads, changes and deletes accounts.

use lambda_http::Error;
use saldo_store::{Environment, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let stores = Environment::load().await.build(accounts::Stores::new)?;
    stores.warm_up().await;
    lambda_http::run(saldo_http::service(accounts::routes(stores))).await
}
