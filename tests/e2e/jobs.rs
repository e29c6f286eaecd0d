//! The list of imports.

use jiff::Timestamp;
use saldo_domain::id::ImportId;
use saldo_domain::import::{Accepted, Format, ImportJob, Notation, PayloadFile};
use saldo_store::queue::{ImportMessage, ImportTask};
use serde_json::{Value, json};
use testing::saldo;
use uuid::Uuid;

#[tokio::test]
async fn imports_are_listed_newest_first_and_once() {
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
async fn lost_payload_fails_import_with_reason() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let (Some(app), Some(org)) = (saldo.app().await, tenant.org()) else { return };
    let accepted = Accepted {
        payload: PayloadFile { name: "imports/lost".to_owned(), bytes: 100, etag: None },
        notation: Notation::of(Format::Json),
        profile: None,
        total_records: Some(3),
        dry_run: false,
        rows_per_chunk: 500,
        chunks_at_once: 40,
    };
    let job = ImportJob::accepted(ImportId::of_seed(Uuid::now_v7()), org.clone(), accepted, Timestamp::now());
    let id = &job.id;
    app.imports.accept(&job).await.expect("DynamoDB");
    let message = ImportMessage { org: org.clone(), import: id.clone(), task: ImportTask::Plan };
    app.plan_queue.send(&[message]).await.expect("SQS");
    for _ in 0..500 {
        let job = tenant.get(&format!("/api/v1/import/{id}")).await.json();
        if job["status"] != "processing" {
            assert_eq!(job["status"], "failed");
            assert_eq!(job["reason"], "the payload is not there any more, or was replaced; send it again");
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
