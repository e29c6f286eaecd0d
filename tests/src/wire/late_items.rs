//! Items of a transaction that become visible to queries one after the other, as DynamoDB admits: a query is not isolated from
//! transactions that have succeeded.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use local::{Call, CallResult, Interceptor};
use serde_json::{Value, json};

use super::body::{read_body, set_body};

/// Shows the items of a table that a transaction has written only to later queries: each query sees one more of them.
#[derive(Debug)]
pub struct LateItems {
    /// A part of the table's name.
    table: &'static str,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The items as queries have returned them, by sort key.
    items: BTreeMap<String, Value>,
    /// The sort keys of those that are not visible yet.
    hidden: VecDeque<String>,
    /// How many items queries did not show.
    missed: u64,
}

impl LateItems {
    /// Items of the table with this in its name, whose sort key is `id`.
    #[must_use]
    pub fn of(table: &'static str) -> Arc<Self> {
        Arc::new(Self { table, seen: Mutex::default() })
    }

    /// How often a query did not show an item, or showed what it was before.
    pub fn missed(&self) -> u64 {
        self.seen().missed
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sort keys of the items of the table that a transaction writes.
    fn written(&self, transaction: &Value) -> Vec<String> {
        let actions = transaction["TransactItems"].as_array().into_iter().flatten();
        let keys = actions.filter_map(|action| {
            let (of_put, of_update) = (&action["Put"], &action["Update"]);
            let (action, key) = if of_put.is_object() { (of_put, "Item") } else { (of_update, "Key") };
            let is_of_table = action["TableName"].as_str()?.contains(self.table);
            is_of_table.then(|| action[key]["id"]["S"].as_str().map(str::to_owned))?
        });
        keys.collect()
    }
}

impl Seen {
    /// What a query shows of these items. The next one shows one more of those that are hidden.
    fn show(&mut self, items: Vec<Value>) -> Vec<Value> {
        let mut shown = Vec::new();
        for item in items {
            let key = item["id"]["S"].as_str().unwrap_or_default().to_owned();
            if self.hidden.contains(&key) {
                self.missed += 1;
                shown.extend(self.items.get(&key).cloned());
            } else {
                self.items.insert(key, item.clone());
                shown.push(item);
            }
        }
        self.hidden.pop_front();
        shown
    }
}

impl Interceptor for LateItems {
    async fn intercept(&self, call: Call) -> CallResult {
        let (operation, request) = (call.operation().to_owned(), call.json());
        let mut response = call.send().await?;
        let is_query = operation == "Query"
            && request["TableName"].as_str().is_some_and(|name| name.contains(self.table));
        if !response.status().is_success() {
            return Ok(response);
        }
        if operation == "TransactWriteItems" {
            let written = self.written(&request);
            self.seen().hidden.extend(written);
        } else if is_query {
            let body = read_body(&mut response).await?;
            let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
            if let Value::Array(items) = answer["Items"].take() {
                let shown = self.seen().show(items);
                answer["Count"] = json!(shown.len());
                answer["Items"] = Value::Array(shown);
            }
            set_body(&mut response, answer.to_string().into_bytes());
        }
        Ok(response)
    }
}
