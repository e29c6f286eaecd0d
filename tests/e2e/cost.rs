//! What an import costs, by DynamoDB's own account.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use local::{Data, sqs_event};
use saldo::app::App;
use saldo::http::service;
use saldo::id::OrgId;
use serde_json::{Value, json};
use testing::services;
use testing::wire::{Meter, tapped};
use tower::ServiceExt;

const ROWS: usize = 1_000;

#[tokio::test]
async fn an_import_costs_at_most_1_05_write_units_a_row() {
    let aws = services(&Data::Ephemeral).await;
    let meter = Arc::new(Meter::default());
    let app = App::new(&aws.settings, &tapped(aws.sdk_config(), &meter));
    let org = OrgId::random().expect("randomness");
    let key =
        local::demo::create_organization(&aws.app(), org, "Test", "ARS").await.expect("an organization");
    let row = |n: usize| {
        json!({
            "contact": { "name": format!("María García {n}"), "phone": "+5491155551234" }, "total_amount": 45000,
            "external_id": format!("INV-2026-{n}"), "source_system": "SAP", "due_date": "2026-01-15",
            "currency": "ARS", "notes": "60 days past due, prior arrangement lapsed"
        })
    };
    let rows: Vec<Value> = (0..ROWS).map(row).collect();
    let request = Request::post("/api/v1/import")
        .header("x-api-key", key.expose())
        .header("content-type", "application/json")
        .body(Body::from(json!({ "accounts": rows }).to_string()))
        .expect("a request");
    let response = service(import::routes(&app)).oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), 202);

    let sqs = aws_sdk_sqs::Client::new(aws.sdk_config());
    for queue in [&aws.settings.queues.plan, &aws.settings.queues.import] {
        loop {
            let poll = sqs.receive_message().queue_url(queue).max_number_of_messages(10);
            let messages = poll.send().await.expect("SQS").messages.unwrap_or_default();
            if messages.is_empty() {
                break;
            }
            let answer = import::handle(app.clone(), sqs_event(&messages)).await;
            assert_eq!(answer.batch_item_failures, []);
        }
    }
    let spent = meter.spent();
    let beside_the_rows = spent["UpdateItem"].requests - ROWS as u64;
    assert!(
        (4..=5).contains(&beside_the_rows),
        "the key's first use, the rows counted, the chunks queued, and the end, which two may have tried: {spent:?}"
    );
    let writes = ["PutItem", "UpdateItem", "TransactWriteItems"].map(|operation| spent[operation].units);
    let per_row = writes.iter().sum::<f64>() / ROWS as f64;
    assert!((1.0..=1.05).contains(&per_row), "{per_row} write units a row: {spent:?}");
    aws.stop().await;
}
