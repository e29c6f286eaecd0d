//! Embedded SQS: winterbaume, in memory, with visibility timeouts, long polls, delays and redrive. This module adds the
//! trace header of messages and the limits of batches.

use std::pin::Pin;
use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use winterbaume_core::{MockRequest, MockResponse, MockService};
use winterbaume_sqs::SqsService;

use crate::lineage::TRACE_HEADER;

/// The attribute with the trace header of the request that sent the message.
const TRACE_ATTRIBUTE: &str = "AWSTraceHeader";
/// The most entries of a batch:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>.
const ENTRIES_MAX: usize = 10;
/// The most bytes of a batch's messages together (same page).
const BYTES_MAX: usize = 1_048_576;

pub(super) async fn start(tasks: &mut JoinSet<Result<()>>, stop: CancellationToken) -> Result<String> {
    super::mock::serve(Arc::new(Sqs(SqsService::new())), tasks, stop).await
}

struct Sqs(SqsService);

impl MockService for Sqs {
    fn service_name(&self) -> &str {
        self.0.service_name()
    }

    fn url_patterns(&self) -> Vec<&str> {
        self.0.url_patterns()
    }

    fn handle(&self, request: MockRequest) -> Pin<Box<dyn Future<Output = MockResponse> + Send + '_>> {
        Box::pin(async move {
            let header = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
            let operation = header("x-amz-target").unwrap_or_default().to_owned();
            let trace = header(TRACE_HEADER).map(str::to_owned);
            match operation.as_str() {
                "AmazonSQS.SendMessageBatch" => match batch(&request, trace.as_deref()) {
                    Ok(body) => self.0.handle(MockRequest { body: body.into(), ..request }).await,
                    Err(code) => refusal(code),
                },
                "AmazonSQS.ReceiveMessage" => received(self.0.handle(request).await),
                _ => self.0.handle(request).await,
            }
        })
    }
}

/// The body of a batch, with the trace header as an attribute of each message.
///
/// # Errors
/// The code with which SQS refuses the batch.
fn batch(request: &MockRequest, trace: Option<&str>) -> Result<String, &'static str> {
    let mut body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let entries = body["Entries"].as_array_mut().map(std::mem::take).unwrap_or_default();
    if entries.len() > ENTRIES_MAX {
        return Err("TooManyEntriesInBatchRequest");
    }
    let bytes = entries.iter().filter_map(|entry| entry["MessageBody"].as_str()).map(str::len);
    if bytes.sum::<usize>() > BYTES_MAX {
        return Err("BatchRequestTooLong");
    }
    let traced = entries.into_iter().map(|mut entry| {
        if let Some(trace) = trace {
            entry["MessageAttributes"][TRACE_ATTRIBUTE] =
                json!({ "DataType": "String", "StringValue": trace });
        }
        entry
    });
    body["Entries"] = traced.collect();
    Ok(body.to_string())
}

fn refusal(code: &str) -> MockResponse {
    let body = json!({ "__type": format!("com.amazonaws.sqs#{code}"), "message": code });
    MockResponse::json(400, body.to_string())
}

/// Moves the trace header of each message to the system attributes, where SQS returns it.
fn received(mut answer: MockResponse) -> MockResponse {
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return answer };
    for message in body["Messages"].as_array_mut().into_iter().flatten() {
        let Some(attributes) = message["MessageAttributes"].as_object_mut() else { continue };
        if let Some(trace) = attributes.remove(TRACE_ATTRIBUTE) {
            message["Attributes"][TRACE_ATTRIBUTE] = trace["StringValue"].clone();
        }
    }
    answer.body = body.to_string().into();
    answer
}
