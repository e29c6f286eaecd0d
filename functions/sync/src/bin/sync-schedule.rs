//! The Lambda function that queues the daily synchronizations.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use saldo_jobs::sync::schedule::{Schedule, run};
use saldo_store::{Environment, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let schedule = Environment::load().await.build(Schedule::new)?;
    let handle = async |event: LambdaEvent<EventBridgeEvent<serde_json::Value>>| {
        // Retries of one event are for the same moment.
        let at = event.payload.time.map_or_else(jiff::Timestamp::now, |time| {
            jiff::Timestamp::from_millisecond(time.timestamp_millis()).unwrap_or_default()
        });
        let queued = run(&schedule, at).await?;
        tracing::info!(queued, "the daily synchronizations are queued");
        Ok::<_, Error>(())
    };
    lambda_runtime::run(service_fn(handle)).await
}
