//! Measures the capacity of DynamoDB that functions in processes of their own consume, by operation
//! and by partition. The proxy passes requests on and adds `ReturnConsumedCapacity` to them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::KeyType;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use tokio_util::task::AbortOnDropHandle;

use super::forward::{Forward, operation};
use super::server::serve;
use crate::wire::{Spent, WRITES, metered, units};

/// A proxy between functions and DynamoDB.
pub struct Proxy {
    /// Its URL.
    pub url: String,
    wire: Arc<Wire>,
    _server: AbortOnDropHandle<()>,
}

struct Wire {
    dynamodb: Forward,
    /// The name of each table's partition key.
    partition_keys: HashMap<String, String>,
    bill: Mutex<Bill>,
}

/// The capacity that was consumed.
#[derive(Clone, Debug, Default)]
pub struct Bill {
    /// By operation.
    pub spent: BTreeMap<String, Spent>,
    /// The writes that were rejected. DynamoDB can charge for them, but does not report it.
    pub writes_refused: u64,
    /// The write units by partition key. Those of a transaction or batch are divided equally among its items,
    /// and those of an index count for the table's key.
    partitions: HashMap<String, f64>,
}

impl Bill {
    /// The partition key that consumed the most write units, with its table, and its share of them.
    #[must_use]
    pub fn busiest_partition(&self) -> (&str, f64) {
        let all: f64 = self.partitions.values().sum();
        let busiest = self.partitions.iter().max_by(|(_, a), (_, b)| a.total_cmp(b));
        busiest.map_or(("", 0.0), |(partition, units)| (partition.as_str(), units / all))
    }
}

impl Proxy {
    /// Starts a proxy for the DynamoDB at the URL `dynamodb`, which `sdk` connects to.
    ///
    /// # Panics
    /// When it can't be started, or DynamoDB does not answer.
    pub async fn start(dynamodb: String, sdk: &SdkConfig) -> Self {
        let wire = Arc::new(Wire {
            dynamodb: Forward::to(dynamodb),
            partition_keys: partition_keys(&aws_sdk_dynamodb::Client::new(sdk)).await,
            bill: Mutex::default(),
        });
        let router = Router::new()
            .fallback(pass)
            .layer(DefaultBodyLimit::disable()) // DynamoDB has its own limit
            .with_state(Arc::clone(&wire));
        let (url, server) = serve(router).await;
        Self { url, wire, _server: server }
    }

    /// Returns the capacity consumed so far, and begins again at zero.
    #[must_use]
    pub fn lap(&self) -> Bill {
        std::mem::take(&mut *self.wire.bill.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The name of each table's partition key.
async fn partition_keys(dynamodb: &aws_sdk_dynamodb::Client) -> HashMap<String, String> {
    let mut names = HashMap::new();
    let tables = dynamodb.list_tables().send().await.expect("DynamoDB").table_names;
    for table in tables.unwrap_or_default() {
        let described = dynamodb.describe_table().table_name(&table).send().await.expect("DynamoDB").table;
        let keys = described.and_then(|table| table.key_schema).unwrap_or_default();
        let partition = keys.into_iter().find(|key| key.key_type == KeyType::Hash).expect("a partition key");
        names.insert(table, partition.attribute_name);
    }
    names
}

async fn pass(State(wire): State<Arc<Wire>>, headers: HeaderMap, body: Bytes) -> Response {
    let operation = operation(&headers);
    let metered = metered(&body).map_or_else(|| body.clone(), Bytes::from);
    let (status, headers, answer) = match wire.dynamodb.send(headers, metered).await {
        Ok(answer) => answer,
        Err(failed) => return failed,
    };
    wire.count(&operation, &body, status, &answer);
    (status, headers, answer).into_response()
}

/// The parts of a write that are read, also within a transaction.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Write {
    table_name: String,
    key: HashMap<String, Value>,
    item: HashMap<String, Value>,
    /// Each under the name of its operation.
    transact_items: Vec<HashMap<String, Write>>,
    statements: Vec<Statement>,
}

/// A `PartiQL` statement.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Statement {
    /// `INSERT INTO "table" VALUE {'attribute': ?, …}` or `UPDATE "table" SET "attribute" = ? … WHERE "attribute" = ? …`.
    statement: String,
    /// The values of the question marks.
    parameters: Vec<Value>,
}

impl Statement {
    /// The table and the value of its attribute that `name` returns for the table.
    fn find(&self, name: impl Fn(&str) -> Option<String>) -> Option<String> {
        let table = self.statement.split('"').nth(1)?;
        let name = name(table)?;
        let mut attributes = self.statement.split('?').map(|before| {
            let quoted = before.trim_end_matches([' ', ':', '=']);
            quoted.strip_suffix(['"', '\'']).and_then(|quoted| quoted.rsplit(['"', '\'']).next())
        });
        let at = attributes.position(|attribute| attribute == Some(name.as_str()))?;
        Some(format!("{table} {}", self.parameters.get(at)?))
    }
}

/// The parts of a response that are read.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Answer {
    consumed_capacity: Value,
}

impl Wire {
    fn count(&self, operation: &str, request: &[u8], status: StatusCode, answer: &[u8]) {
        let write = WRITES.contains(&operation);
        let partitions = if write { self.partitions(operation, request) } else { Vec::new() };
        let answer: Answer = serde_json::from_slice(answer).unwrap_or_default();
        let units = units(&answer.consumed_capacity);

        let mut bill = self.bill.lock().unwrap_or_else(PoisonError::into_inner);
        bill.writes_refused += u64::from(write && !status.is_success());
        let spent = bill.spent.entry(operation.to_owned()).or_default();
        spent.requests += 1;
        spent.units += units;
        let each = units / partitions.len() as f64;
        for partition in partitions {
            *bill.partitions.entry(partition).or_default() += each;
        }
    }

    /// The partition keys that a request writes to, with their tables. All unknown keys count as one
    /// partition.
    fn partitions(&self, operation: &str, request: &[u8]) -> Vec<String> {
        let one: Write = serde_json::from_slice(request).unwrap_or_default();
        let partition = |write: &Write| {
            let name = self.partition_keys.get(&write.table_name)?;
            let value = write.key.get(name).or_else(|| write.item.get(name))?;
            Some(format!("{} {value}", write.table_name))
        };
        let of_statement =
            |statement: &Statement| statement.find(|table| self.partition_keys.get(table).cloned());
        let of_transaction = one.transact_items.iter().flat_map(HashMap::values);
        let found: Option<Vec<String>> = match (&one.transact_items[..], &one.statements[..]) {
            ([], []) => partition(&one).map(|partition| vec![partition]),
            ([], statements) => statements.iter().map(of_statement).collect(),
            _ => of_transaction.map(partition).collect(),
        };
        found.unwrap_or_else(|| vec![operation.to_owned()])
    }
}
