//! What requests to DynamoDB cost, by DynamoDB's own account.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use serde_json::Value;

use super::tap::Tap;

/// Adds `ReturnConsumedCapacity` to every request to DynamoDB and sums up the answers.
/// (The embedded DynamoDB does not mind that the signature is of the request before.)
#[derive(Debug, Default)]
pub struct Meter(Mutex<BTreeMap<String, Spent>>);

/// What was spent on one operation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// How many requests there were.
    pub requests: u64,
    /// The capacity units they took: of writing for writes, of reading for reads.
    pub units: f64,
}

/// The operations whose units are write units; the others' are read units.
pub(crate) const WRITES: [&str; 5] =
    ["BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"];

/// What several operations came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    /// The requests.
    pub requests: u64,
    /// The read units.
    pub read_units: f64,
    /// The write units.
    pub write_units: f64,
}

impl Sum {
    /// The sum of what was spent on each operation.
    #[must_use]
    pub fn of(spent: &BTreeMap<String, Spent>) -> Self {
        spent.iter().fold(Self::default(), |sum, (operation, spent)| {
            let write = WRITES.contains(&operation.as_str());
            Self {
                requests: sum.requests + spent.requests,
                read_units: sum.read_units + if write { 0.0 } else { spent.units },
                write_units: sum.write_units + if write { spent.units } else { 0.0 },
            }
        })
    }
}

impl Meter {
    /// What was spent so far, by operation.
    pub fn spent(&self) -> BTreeMap<String, Spent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets what was spent so far and returns it.
    pub fn lap(&self) -> BTreeMap<String, Spent> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, operation: &str, answer: &[u8]) {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let units = units(&answer["ConsumedCapacity"]);
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = spent.entry(operation.to_owned()).or_default();
        entry.requests += 1;
        entry.units += units;
    }
}

/// A request's body that asks to be told what the request takes; nothing if it is no JSON object.
pub(crate) fn metered(body: &[u8]) -> Option<Vec<u8>> {
    let rest = body.strip_prefix(b"{")?;
    Some([br#"{"ReturnConsumedCapacity":"TOTAL","#, rest].concat())
}

/// The units in an answer's `ConsumedCapacity`: of one table, or of several.
pub(crate) fn units(capacity: &Value) -> f64 {
    let of = |table: &Value| table["CapacityUnits"].to_string().parse::<f64>().unwrap_or_default();
    match capacity {
        Value::Array(tables) => tables.iter().map(of).sum(),
        table => of(table),
    }
}

impl Tap for Meter {
    fn call(
        self: Arc<Self>,
        wire: SharedHttpConnector,
        mut request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, ConnectorError>> {
        Box::pin(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let Some(operation) = target.strip_prefix("DynamoDB_20120810.") else {
                return wire.call(request).await;
            };
            if let Some(metered) = request.body().bytes().and_then(metered) {
                request.headers_mut().insert("content-length", metered.len().to_string());
                *request.body_mut() = SdkBody::from(metered);
            }
            let mut response = wire.call(request).await?;
            let body = response.take_body().collect().await;
            let body = body.map_err(ConnectorError::io)?.to_bytes();
            self.add(operation, &body);
            *response.body_mut() = SdkBody::from(body);
            Ok(response)
        })
    }
}
