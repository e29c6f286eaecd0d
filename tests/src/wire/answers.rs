//! Answers of services that refuse a request, as AWS words them.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

/// The service wants fewer requests.
#[must_use]
pub fn throttled(target: &str) -> HttpResponse {
    let (status, body) = match target.split('.').next().unwrap_or_default() {
        "" => (503, "<Error><Code>SlowDown</Code><Message>slow down</Message></Error>"),
        "AmazonSQS" => (400, r#"{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow down"}"#),
        _ => (
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#,
        ),
    };
    answer(status, body)
}

/// The item is part of a running transaction; or, if the request is a transaction, others are
/// writing one of its items.
#[must_use]
pub fn conflict(target: &str) -> HttpResponse {
    let body = match target.ends_with(".TransactWriteItems") {
        true => {
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict, None]","CancellationReasons":[{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"},{"Code":"None"}]}"#
        }
        false => {
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"Transaction is ongoing for the item"}"#
        }
    };
    answer(400, body)
}

/// The service is broken.
pub(super) fn server_error() -> HttpResponse {
    answer(500, "out of order")
}

fn answer(status: u16, body: &'static str) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a status");
    HttpResponse::new(status, SdkBody::from(body))
}
