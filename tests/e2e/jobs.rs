//! The list of imports.

use serde_json::{Value, json};
use testing::saldo;

#[tokio::test]
async fn imports_are_listed_newest_first_and_each_once() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    if tenant.org().is_none() {
        return;
    }
    let row = json!({ "accounts": [{ "contact": { "name": "A" }, "total_amount": 1 }] }).to_string();
    let mut made: Vec<Value> = Vec::new();
    for _ in 0..7 {
        let accepted = tenant.import("application/json", row.clone()).await;
        made.insert(0, tenant.ended(&accepted).await["job_id"].clone());
    }
    let mut listed = Vec::new();
    let mut after = String::new();
    loop {
        let page = tenant.get(&format!("/api/v1/import?limit=3{after}")).await.json();
        listed.extend(page["data"].as_array().cloned().unwrap_or_default());
        if page["has_more"] == false {
            break;
        }
        after =
            format!("&starting_after={}", listed.last().expect("a job")["job_id"].as_str().expect("an id"));
    }
    assert_eq!(listed.iter().map(|job| job["job_id"].clone()).collect::<Vec<_>>(), made);
    assert!(
        listed
            .iter()
            .all(|job| job["status"] == "completed" && job["imported"] == 1 && job["processed"] == 1)
    );
}

#[tokio::test]
async fn a_lost_payload_fails_the_job_and_says_so() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let (Some(app), Some(org)) = (saldo.app(), tenant.org()) else { return };
    let id = saldo::id::ImportId::of_seed(uuid::Uuid::now_v7());
    let format = saldo::import::Format::Json;
    let job = saldo::import::ImportJob::accepted(
        id.clone(),
        org.clone(),
        format,
        saldo::import::Mapping::default(),
        3,
        jiff::Timestamp::now(),
    );
    app.imports.accept(&job).await.expect("DynamoDB");
    let task = saldo::queue::ImportTask::Plan;
    app.import_queue
        .send(&[saldo::queue::ImportMessage { org: org.clone(), import: id.clone(), task }])
        .await
        .expect("SQS");
    for _ in 0..500 {
        let job = tenant.get(&format!("/api/v1/import/{id}")).await.json();
        if job["status"] != "processing" {
            assert_eq!(job["status"], "failed");
            assert_eq!(job["reason"], "the payload is not there any more; send it again");
            assert_eq!(
                (&job["total_records"], &job["failed"], &job["processed"]),
                (&json!(3), &json!(3), &json!(3))
            );
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the job does not end");
}
