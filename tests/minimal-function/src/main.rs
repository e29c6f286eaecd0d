//! A minimal function, with whose cold start the benchmark `cold_start` compares those of Saldo's functions: `lambda_http`
//! and one DynamoDB client, with the configuration of the SDK's documentation. For a request it makes the calls that the
//! variable `CALLS` lists: the first one, then all others at the same time. Without calls it needs no client, and
//! answers with the OpenAPI document.

use std::collections::HashMap;
use std::env;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::try_join_all;
use lambda_http::{Body, Error, Request, Response, service_fn};
use serde::Deserialize;

const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// A call to DynamoDB: the request as the SDK sends it.
#[derive(Deserialize)]
enum Call {
    GetItem(Read),
    Query(Read),
    Scan(Read),
}

/// The parameters of `GetItem`, `Query` and `Scan`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Read {
    table_name: String,
    index_name: Option<String>,
    key: Option<HashMap<String, Attribute>>,
    key_condition_expression: Option<String>,
    filter_expression: Option<String>,
    projection_expression: Option<String>,
    expression_attribute_names: Option<HashMap<String, String>>,
    expression_attribute_values: Option<HashMap<String, Attribute>>,
    consistent_read: Option<bool>,
    scan_index_forward: Option<bool>,
    limit: Option<i32>,
}

#[derive(Clone, Deserialize)]
enum Attribute {
    S(String),
    N(String),
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let calls: Vec<Call> = serde_json::from_str(&env::var("CALLS")?)?;
    if calls.is_empty() {
        let answer =
            service_fn(async |_: Request| Ok::<_, Error>(Response::new(Body::Text(DOCUMENT.into()))));
        return lambda_http::run(answer).await;
    }
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    lambda_http::run(service_fn(async |_: Request| answer(&client, &calls).await)).await
}

async fn answer(client: &Client, calls: &[Call]) -> Result<Response<Body>, Error> {
    if let [first, others @ ..] = calls {
        send(client, first).await?;
        try_join_all(others.iter().map(|call| send(client, call))).await?;
    }
    Ok(Response::new(Body::Text("ok".into())))
}

async fn send(client: &Client, call: &Call) -> Result<(), Error> {
    match call {
        Call::GetItem(read) => {
            let request =
                client.get_item().table_name(&read.table_name).set_key(attributes(read.key.as_ref()));
            let request = request.set_projection_expression(read.projection_expression.clone());
            let request = request.set_expression_attribute_names(read.expression_attribute_names.clone());
            request.set_consistent_read(read.consistent_read).send().await?;
        }
        Call::Query(read) => {
            let request = client.query().table_name(&read.table_name).set_index_name(read.index_name.clone());
            let request = request.set_key_condition_expression(read.key_condition_expression.clone());
            let request = request.set_filter_expression(read.filter_expression.clone());
            let request = request.set_projection_expression(read.projection_expression.clone());
            let request = request.set_expression_attribute_names(read.expression_attribute_names.clone());
            let values = attributes(read.expression_attribute_values.as_ref());
            let request = request.set_expression_attribute_values(values).set_limit(read.limit);
            let request = request.set_scan_index_forward(read.scan_index_forward);
            request.set_consistent_read(read.consistent_read).send().await?;
        }
        Call::Scan(read) => {
            let request = client.scan().table_name(&read.table_name).set_index_name(read.index_name.clone());
            let request = request.set_filter_expression(read.filter_expression.clone());
            let request = request.set_projection_expression(read.projection_expression.clone());
            let request = request.set_expression_attribute_names(read.expression_attribute_names.clone());
            let values = attributes(read.expression_attribute_values.as_ref());
            let request = request.set_expression_attribute_values(values).set_limit(read.limit);
            request.set_consistent_read(read.consistent_read).send().await?;
        }
    }
    Ok(())
}

fn attributes(named: Option<&HashMap<String, Attribute>>) -> Option<HashMap<String, AttributeValue>> {
    let value = |(name, attribute): (&String, &Attribute)| {
        let value = match attribute.clone() {
            Attribute::S(text) => AttributeValue::S(text),
            Attribute::N(number) => AttributeValue::N(number),
        };
        (name.clone(), value)
    };
    named.map(|named| named.iter().map(value).collect())
}
