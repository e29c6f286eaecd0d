//! The capacity that requests to DynamoDB consume, as DynamoDB reports it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use local::{Call, CallResult, Interceptor, Service};
use serde_json::Value;

use super::body::read_body;

/// Adds `ReturnConsumedCapacity` to every request to DynamoDB and sums up what the responses report.
#[derive(Debug, Default)]
pub struct Meter(Mutex<BTreeMap<String, Spent>>);

/// The capacity that one operation consumed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// How many requests there were.
    pub requests: u64,
    /// The capacity units: write units for writes, read units for reads.
    pub units: f64,
}

/// The operations that consume write units; all others consume read units.
pub(crate) const WRITES: [&str; 6] =
    ["BatchExecuteStatement", "BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"];

/// The capacity that several operations consumed.
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
    /// The sum over all operations.
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
    /// The capacity consumed so far, by operation.
    pub fn spent(&self) -> BTreeMap<String, Spent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the capacity consumed so far, and begins again at zero.
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

/// The body of a request, with `ReturnConsumedCapacity` added; `None` if it is no JSON object.
pub(crate) fn metered(body: &[u8]) -> Option<Vec<u8>> {
    let rest = body.strip_prefix(b"{")?;
    Some([br#"{"ReturnConsumedCapacity":"TOTAL","#, rest].concat())
}

/// The units in a response's `ConsumedCapacity`, which is about one table or several.
pub(crate) fn units(capacity: &Value) -> f64 {
    let of = |table: &Value| table["CapacityUnits"].to_string().parse::<f64>().unwrap_or_default();
    match capacity {
        Value::Array(tables) => tables.iter().map(of).sum(),
        table => of(table),
    }
}

impl Interceptor for Meter {
    async fn intercept(&self, mut call: Call) -> CallResult {
        if call.service() != Service::DynamoDb {
            return call.send().await;
        }
        let operation = call.operation().to_owned();
        if let Some(metered) = metered(call.body()) {
            call.set_body(metered);
        }
        let mut response = call.send().await?;
        let body = read_body(&mut response).await?;
        self.add(&operation, &body);
        Ok(response)
    }
}
