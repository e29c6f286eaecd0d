//! The Lambda function that serves accesses, synchronizations and notifications.

use lambda_http::Error;
use saldo_store::{Environment, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let environment = Environment::load().await;
    let (banks, endpoints) = environment
        .build(|environment| (sync::Stores::new(environment), notifications::Stores::new(environment)))?;
    banks.warm_up().await;
    let routes = sync::routes(banks).merge(notifications::routes(endpoints));
    lambda_http::run(saldo_http::service(routes)).await
}
