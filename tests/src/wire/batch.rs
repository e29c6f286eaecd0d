//! Batches of which a service takes a part, as AWS answers then: `BatchGetItem` returns the other
//! keys as unprocessed, `SendMessageBatch` lists the other messages as failed.

use serde_json::{Map, Value, json};

/// A batch request, split into what is passed on and what is refused.
pub(super) struct Batch {
    /// The request with the elements that are passed on.
    request: Value,
    refused: Refused,
}

enum Refused {
    /// Tables with the keys that are left.
    Keys(Map<String, Value>),
    /// The ids of messages.
    Messages(Vec<Value>),
}

impl Batch {
    /// Splits a batch; `pass` decides for each of its elements. `None` if nothing is passed on.
    pub(super) fn split(target: &str, body: &[u8], mut pass: impl FnMut() -> bool) -> Option<Self> {
        let mut request: Value = serde_json::from_slice(body).ok()?;
        let refused = if target.ends_with(".BatchGetItem") {
            let mut refused = Map::new();
            for (table, wanted) in request["RequestItems"].as_object_mut()? {
                let left = divide(&mut wanted["Keys"], &mut pass)?;
                if !left.is_empty() {
                    let mut unprocessed = wanted.clone();
                    unprocessed["Keys"] = Value::Array(left);
                    refused.insert(table.clone(), unprocessed);
                }
            }
            Refused::Keys(refused)
        } else {
            let left = divide(&mut request["Entries"], &mut pass)?;
            Refused::Messages(left.iter().map(|entry| entry["Id"].clone()).collect())
        };
        Some(Self { request, refused })
    }

    pub(super) fn passed_on(&self) -> Vec<u8> {
        self.request.to_string().into_bytes()
    }

    /// The service's answer to what was passed on, with what was refused added.
    pub(super) fn answer(self, answer: &[u8]) -> Vec<u8> {
        let mut answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        match self.refused {
            Refused::Keys(keys) => answer["UnprocessedKeys"] = Value::Object(keys),
            Refused::Messages(ids) => {
                let failed = ids.into_iter().map(|id| {
                    json!({ "Id": id, "SenderFault": false, "Code": "RequestThrottled", "Message": "slow down" })
                });
                answer["Failed"] = failed.collect();
            }
        }
        answer.to_string().into_bytes()
    }
}

/// Takes elements out of an array and returns them. `None` if none is left.
fn divide(elements: &mut Value, pass: &mut impl FnMut() -> bool) -> Option<Vec<Value>> {
    let all = std::mem::take(elements.as_array_mut()?);
    let (kept, taken): (Vec<_>, Vec<_>) = all.into_iter().partition(|_| pass());
    *elements = Value::Array(kept);
    (!elements.as_array()?.is_empty()).then_some(taken)
}
