//! The Lambda function that serves the API's documentation, and answers requests without a route.

use lambda_http::Error;
use saldo_store::telemetry;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    lambda_http::run(saldo_http::service(docs::fallback_routes())).await
}
