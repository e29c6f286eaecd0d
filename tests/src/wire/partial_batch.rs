//! Batches that are throttled in part. As AWS does, `BatchGetItem` returns the throttled keys as unprocessed,
//! `BatchExecuteStatement` has an error in the place of each failed statement, and `SendMessageBatch` lists the throttled
//! messages as failed.

use local::{Call, CallResult};
use serde_json::{Map, Value, json};

use super::body::{read_body, set_body};

/// A batch request, split into the elements that are sent and those that are throttled.
pub(super) struct PartialBatch {
    /// The request with the elements that are sent.
    request: Value,
    throttled: Throttled,
}

enum Throttled {
    /// Keys, by table.
    Keys(Map<String, Value>),
    /// The places of statements.
    Statements(Vec<usize>),
    /// The ids of messages.
    Messages(Vec<Value>),
}

impl PartialBatch {
    /// Splits a batch; `send` decides for each of its elements. `None` if no element is sent.
    pub(super) fn split(call: &Call, mut send: impl FnMut() -> bool) -> Option<Self> {
        let mut request: Value = serde_json::from_slice(call.body()).ok()?;
        let throttled = if call.operation() == "BatchGetItem" {
            let mut throttled = Map::new();
            for (table, wanted) in request["RequestItems"].as_object_mut()? {
                let left = divide(&mut wanted["Keys"], &mut send)?;
                if !left.is_empty() {
                    let mut unprocessed = wanted.clone();
                    unprocessed["Keys"] = Value::Array(left);
                    throttled.insert(table.clone(), unprocessed);
                }
            }
            Throttled::Keys(throttled)
        } else if call.operation() == "BatchExecuteStatement" {
            let mut places = Vec::new();
            let mut place = 0;
            let send = || {
                let sends = send();
                if !sends {
                    places.push(place);
                }
                place += 1;
                sends
            };
            divide(&mut request["Statements"], send)?;
            Throttled::Statements(places)
        } else {
            let left = divide(&mut request["Entries"], &mut send)?;
            Throttled::Messages(left.iter().map(|entry| entry["Id"].clone()).collect())
        };
        Some(Self { request, throttled })
    }

    /// Sends the elements that are not throttled and adds the others to the response.
    pub(super) async fn send(self, mut call: Call) -> CallResult {
        call.set_body(self.request.to_string().into_bytes());
        let mut response = call.send().await?;
        if response.status().is_success() {
            let body = read_body(&mut response).await?;
            set_body(&mut response, self.throttled.add_to(&body));
        }
        Ok(response)
    }
}

impl Throttled {
    fn add_to(self, body: &[u8]) -> Vec<u8> {
        let mut body: Value = serde_json::from_slice(body).unwrap_or_default();
        match self {
            Self::Keys(keys) => body["UnprocessedKeys"] = Value::Object(keys),
            Self::Statements(places) => {
                // Statements also fail because they meet a transaction.
                let codes = ["ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"];
                if let Some(answers) = body["Responses"].as_array_mut() {
                    // In ascending order: each answer moves the ones behind it to their places.
                    for (n, place) in places.into_iter().enumerate() {
                        let code = codes[n % codes.len()];
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

/// Takes the elements out of an array that are not sent, and returns them. `None` if none is sent.
fn divide(elements: &mut Value, mut send: impl FnMut() -> bool) -> Option<Vec<Value>> {
    let all = std::mem::take(elements.as_array_mut()?);
    let (kept, taken): (Vec<_>, Vec<_>) = all.into_iter().partition(|_| send());
    *elements = Value::Array(kept);
    (!elements.as_array()?.is_empty()).then_some(taken)
}
