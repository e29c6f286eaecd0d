//! Batches that fail in part. As AWS does, `BatchGetItem` returns the throttled keys as unprocessed,
//! `BatchExecuteStatement` has an error in the place of each failed statement, and `SendMessageBatch` lists the throttled
//! messages as failed.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use local::{Call, CallResult};
use serde_json::{Map, Value, json};

use super::body::{read_body, set_body};

/// A batch request, split into the elements that are sent and those that fail.
pub(super) struct PartialBatch {
    /// The request with the elements that are sent.
    request: Value,
    failed: Failed,
}

enum Failed {
    /// Keys, by table.
    Keys(Map<String, Value>),
    /// The places of statements, in ascending order, and their error codes.
    Statements(Vec<(usize, &'static str)>),
    /// The ids of messages.
    Messages(Vec<Value>),
}

impl PartialBatch {
    /// Throttles some elements of a batch; `send` decides for each whether it is sent. `None` if none is sent.
    pub(super) fn split(call: &Call, mut send: impl FnMut() -> bool) -> Option<Self> {
        let mut request: Value = serde_json::from_slice(call.body()).ok()?;
        let mut sends = true;
        let failed = if call.operation() == "BatchGetItem" {
            let mut throttled = Map::new();
            for (table, wanted) in request["RequestItems"].as_object_mut()? {
                let left = divide(&mut wanted["Keys"], |_| send())?;
                sends &= wanted["Keys"] != json!([]);
                if !left.is_empty() {
                    let mut unprocessed = wanted.clone();
                    unprocessed["Keys"] = Value::Array(left);
                    throttled.insert(table.clone(), unprocessed);
                }
            }
            Failed::Keys(throttled)
        } else if call.operation() == "BatchExecuteStatement" {
            // Statements also fail because they meet a transaction.
            let codes = ["ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"];
            let places = take_statements(&mut request, |_| !send())?;
            let places: Vec<_> = places.into_iter().zip(codes.into_iter().cycle()).collect();
            Failed::Statements(places)
        } else {
            let left = divide(&mut request["Entries"], |_| send())?;
            Failed::Messages(left.iter().map(|entry| entry["Id"].clone()).collect())
        };
        sends &= request["Statements"] != json!([]) && request["Entries"] != json!([]);
        sends.then_some(Self { request, failed })
    }

    /// Fails the statements that contain `text` with an error code. `None` if there are none.
    pub(super) fn fail_statements(call: &Call, text: &str, code: &'static str) -> Option<Self> {
        let mut request: Value = serde_json::from_slice(call.body()).ok()?;
        let places = take_statements(&mut request, |statement| statement.to_string().contains(text))?;
        let places: Vec<_> = places.into_iter().map(|place| (place, code)).collect();
        (!places.is_empty()).then_some(Self { request, failed: Failed::Statements(places) })
    }

    /// Sends the elements that do not fail and adds the others to the response.
    pub(super) async fn send(self, mut call: Call) -> CallResult {
        if self.request["Statements"].as_array().is_some_and(Vec::is_empty) {
            let body = self.failed.add_to(br#"{"Responses":[]}"#);
            let status = StatusCode::try_from(200).expect("a status");
            return Ok(HttpResponse::new(status, SdkBody::from(body)));
        }
        call.set_body(self.request.to_string().into_bytes());
        let mut response = call.send().await?;
        if response.status().is_success() {
            let body = read_body(&mut response).await?;
            set_body(&mut response, self.failed.add_to(&body));
        }
        Ok(response)
    }
}

impl Failed {
    fn add_to(self, body: &[u8]) -> Vec<u8> {
        let mut body: Value = serde_json::from_slice(body).unwrap_or_default();
        match self {
            Self::Keys(keys) => body["UnprocessedKeys"] = Value::Object(keys),
            Self::Statements(places) => {
                if let Some(answers) = body["Responses"].as_array_mut() {
                    // In ascending order: each answer moves the ones behind it to their places.
                    for (place, code) in places {
                        answers.insert(place, json!({ "Error": { "Code": code, "Message": "try again" } }));
                    }
                }
            }
            Self::Messages(ids) => {
                let failed = ids.into_iter().map(|id| {
                    json!({ "Id": id, "SenderFault": false, "Code": "RequestThrottled", "Message": "slow down" })
                });
                body["Failed"] = failed.collect();
            }
        }
        body.to_string().into_bytes()
    }
}

/// Takes statements out of a request. Returns their places, in ascending order.
fn take_statements(request: &mut Value, mut takes: impl FnMut(&Value) -> bool) -> Option<Vec<usize>> {
    let (mut places, mut place) = (Vec::new(), 0..);
    divide(&mut request["Statements"], |statement| {
        let (fails, place) = (takes(statement), place.next());
        places.extend(place.filter(|_| fails));
        !fails
    })?;
    Some(places)
}

/// Takes the elements out of an array that are not sent, and returns them. `None` if it is no array.
fn divide(elements: &mut Value, mut send: impl FnMut(&Value) -> bool) -> Option<Vec<Value>> {
    let all = std::mem::take(elements.as_array_mut()?);
    let (kept, taken): (Vec<_>, Vec<_>) = all.into_iter().partition(|element| send(element));
    *elements = Value::Array(kept);
    Some(taken)
}
