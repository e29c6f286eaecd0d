//! The ways in which a call to AWS can fail, with the responses that AWS documents for them.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use local::{Call, CallResult, Service};

use super::body::read_body;

/// A way in which a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The service throttles the request.
    Throttled,
    /// The service throttles some elements of a batch. A batch that can't be divided is throttled.
    PartlyThrottled,
    /// The item is part of a running transaction; or, if the request is a transaction, another
    /// transaction writes one of its items.
    Conflict,
    /// The service answers with an internal error.
    ServerError,
    /// The request takes effect, and its response is lost.
    TimeoutAfterEffect,
    /// The connection ends in the middle of a file.
    CutShort,
}

impl Fault {
    /// How many kinds of faults there are.
    pub const KINDS: usize = 6;

    /// The faults that a call can meet.
    pub(super) fn possible(call: &Call) -> Vec<Self> {
        let mut faults = vec![Self::Throttled, Self::ServerError, Self::TimeoutAfterEffect];
        match call.operation() {
            "GET" => faults.push(Self::CutShort),
            "BatchExecuteStatement" | "BatchGetItem" | "SendMessageBatch" => {
                faults.push(Self::PartlyThrottled);
            }
            "DeleteItem" | "PutItem" | "TransactWriteItems" | "UpdateItem" => faults.push(Self::Conflict),
            _ => {}
        }
        faults
    }

    /// Fails a call.
    pub(super) async fn inject(self, call: Call) -> CallResult {
        match self {
            Self::Throttled | Self::PartlyThrottled => Ok(throttled(call.service())),
            Self::Conflict => Ok(conflict(call.operation())),
            Self::ServerError => Ok(response(500, "internal error")),
            Self::TimeoutAfterEffect => {
                let _lost_response = call.send().await;
                Err(ConnectorError::timeout("the response is lost".into()))
            }
            Self::CutShort => {
                let mut response = call.send().await?;
                let body = read_body(&mut response).await?;
                *response.body_mut() = SdkBody::from(body.slice(..body.len() / 2));
                Ok(response)
            }
        }
    }
}

fn throttled(service: Service) -> HttpResponse {
    match service {
        Service::S3 => response(503, "<Error><Code>SlowDown</Code><Message>slow down</Message></Error>"),
        Service::Sqs => {
            response(400, r#"{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow down"}"#)
        }
        _ => response(
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#,
        ),
    }
}

fn conflict(operation: &str) -> HttpResponse {
    let body = match operation {
        "TransactWriteItems" => {
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict, None]","CancellationReasons":[{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"},{"Code":"None"}]}"#
        }
        _ => {
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"Transaction is ongoing for the item"}"#
        }
    };
    response(400, body)
}

/// The response to a call that IAM denies.
pub(crate) fn access_denied(service: Service) -> HttpResponse {
    match service {
        Service::S3 => {
            response(403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
        }
        _ => response(
            400,
            r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"the role does not allow it"}"#,
        ),
    }
}

fn response(status: u16, body: &'static str) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a status");
    HttpResponse::new(status, SdkBody::from(body))
}
