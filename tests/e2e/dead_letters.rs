//! Work that is given up: its import ends, and what was stored counts as stored.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use local::{Data, sqs_event};
use saldo::app::{App, Limits};
use saldo::http::service;
use saldo::id::{ImportId, OrgId};
use saldo::import::ImportStatus;
use serde_json::json;
use testing::services;
use testing::wire::{Faults, tapped};
use tower::ServiceExt;

#[tokio::test]
async fn rows_stored_before_a_chunk_is_given_up_count_as_stored_and_the_others_as_failed() {
    let aws = services(&Data::Ephemeral).await;
    let calm = aws.app();
    let faults = Arc::new(Faults::default());
    let limits = Limits { writes_in_flight: 1, ..Limits::default() };
    let doomed = App { limits, ..App::new(&aws.settings, &tapped(aws.sdk_config(), &faults)) };
    let org = OrgId::random().expect("randomness");
    let key =
        local::demo::create_organization(&calm, org.clone(), "Test", "ARS").await.expect("an organization");
    let row = |amount: &str| json!({ "contact": { "name": "A" }, "total_amount": amount });
    let request = Request::post("/api/v1/import")
        .header("x-api-key", key.expose())
        .header("content-type", "application/json")
        .body(Body::from(
            json!({ "accounts": [row("1"), row("2"), row("bad"), row("3"), row("4")] }).to_string(),
        ))
        .expect("a request");
    let accepted = service(import::routes(&calm)).oneshot(request).await.expect("an answer");
    let location = accepted.headers()["location"].to_str().expect("text").to_owned();
    let id: ImportId = location.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    let sqs = aws_sdk_sqs::Client::new(aws.sdk_config());
    let queue = sqs.receive_message().queue_url(&aws.settings.queues.plan);
    let messages = queue.send().await.expect("SQS").messages.unwrap_or_default();

    // The job, the payload, its rows counted and the job again, the organization, the look-up,
    // two rows; and death.
    faults.arm(8, false);
    assert!(faults.run(import::handle(doomed, sqs_event(&messages))).await.is_none(), "the worker dies");
    for _delivery in 0..2 {
        let answer = import::handle_dead_letters(calm.clone(), sqs_event(&messages)).await;
        assert_eq!(answer.batch_item_failures, []);
        let job = calm.imports.get(&org, &id).await.expect("DynamoDB").expect("the job");
        assert_eq!(job.status, ImportStatus::CompletedWithErrors);
        assert_eq!((job.counts.imported, job.counts.failed, job.processed()), (2, 3, 5));
    }

    let request = Request::get(format!("{location}/errors")).header("x-api-key", key.expose());
    let answer =
        service(status::routes(&calm)).oneshot(request.body(Body::empty()).expect("a request")).await;
    let body =
        axum::body::to_bytes(answer.expect("an answer").into_body(), usize::MAX).await.expect("a body");
    let page: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    let codes = [0, 1, 2].map(|n| page["data"][n]["code"].as_str().unwrap_or_default().to_owned());
    assert_eq!(codes, ["invalid_amount", "processing_failed", "processing_failed"]);
    aws.stop().await;
}
