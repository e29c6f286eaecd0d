//! The Lambda function that lists, creates, reads, changes and deletes clients.

use lambda_http::Error;
use saldo_store::{Environment, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let stores = Environment::load().await.build(clients::Stores::new)?;
    stores.warm_up().await;
    lambda_http::run(saldo_http::service(clients::routes(stores))).await
}
