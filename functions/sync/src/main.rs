//! The Lambda function that serves accesses, synchronizations and notifications.

use lambda_http::Error;
use saldo_store::app::App;
use saldo_store::{FirstCall, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let app = App::from_env().await?;
    app.warm_up(&[FirstCall::Keys, FirstCall::Files("config/"), FirstCall::Syncs]).await;
    let routes = sync::routes(&app).merge(notifications::routes(&app));
    lambda_http::run(saldo_http::service(routes)).await
}
