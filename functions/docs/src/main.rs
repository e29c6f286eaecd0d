//! The Lambda function that shows what the API can do.

use lambda_http::Error;
use saldo_store::app::App;
use saldo_store::telemetry;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    lambda_http::run(saldo_http::service(docs::alone(&app))).await
}
