//! Imports, as the contract documents them.

use insta::assert_snapshot;
use serde_json::{Value, json};
use testing::{Tenant, saldo, shown};

/// Members that differ in each run.
const VARYING: [&str; 5] = ["job_id", "external_id", "created_at", "completed_at", "rows_per_second"];

/// The documented request, with external ids of the tenant. Its invalid e-mail address is the
/// documentation's.
fn documented(tenant: &Tenant) -> Value {
    json!({ "accounts": [
        {
            "contact": { "name": "María García", "phone": "+5491155551234" },
            "total_amount": 45000,
            "external_id": tenant.external_id("INV-2026-0042"),
            "source_system": "SAP",
            "due_date": "2026-01-15",
            "currency": "ARS",
            "notes": "60 days past due, prior arrangement lapsed"
        },
        {
            "contact": { "name": "Carlos López", "phone": "+5491155555678", "email": "[email protected]" },
            "total_amount": 12500,
            "external_id": tenant.external_id("INV-2026-0099"),
            "source_system": "SAP"
        }
    ]})
}

#[tokio::test]
async fn documented_import_completes_and_repeats_as_update() {
    let tenant = saldo().await.tenant().await;
    let body = documented(&tenant).to_string();

    let accepted = tenant.import("application/json", body.clone()).await;
    assert_snapshot!(accepted.shown(&["job_id"]), @r#"
    {
      "job_id": "[job_id]",
      "status": "processing",
      "total_records": 2
    }
    "#);
    let job_id = accepted.json()["job_id"].as_str().unwrap_or_default().to_owned();
    assert!(job_id.starts_with("imp_"));
    assert_eq!(accepted.header("location"), format!("/api/v1/import/{job_id}"));

    let job = tenant.ended(&accepted).await;
    assert_snapshot!(shown(&job, &VARYING), @r#"
    {
      "completed_at": "[completed_at]",
      "control_totals": {
        "failed": {
          "amounts": {},
          "rows": 0
        },
        "imported": {
          "amounts": {
            "ARS": "57500.00"
          },
          "rows": 2
        },
        "read": {
          "amounts": {
            "ARS": "57500.00"
          },
          "rows": 2
        },
        "superseded": {
          "amounts": {},
          "rows": 0
        },
        "unchanged": {
          "amounts": {},
          "rows": 0
        },
        "updated": {
          "amounts": {},
          "rows": 0
        }
      },
      "created_at": "[created_at]",
      "errors": [],
      "failed": 0,
      "imported": 2,
      "job_id": "[job_id]",
      "processed": 2,
      "rows_per_second": "[rows_per_second]",
      "seconds_remaining": null,
      "status": "completed",
      "superseded": 0,
      "total_records": 2,
      "unchanged": 0,
      "updated": 0,
      "warnings": [
        {
          "code": "invalid_email",
          "external_id": "[external_id]",
          "field": "contact.email",
          "index": 1,
          "reason": "not an e-mail address; it was kept as it is"
        }
      ]
    }
    "#);

    let again = tenant.import("application/json", body).await;
    let job = tenant.ended(&again).await;
    assert_eq!((&job["imported"], &job["updated"], &job["unchanged"]), (&json!(0), &json!(2), &json!(2)));
    assert_eq!(job["errors"], json!([]));
}

#[tokio::test]
async fn every_response_has_unique_request_id() {
    let tenant = saldo().await.tenant().await;
    let ids = [
        tenant.get("/api/v1/import").await,
        tenant.get("/nowhere").await,
        tenant.with_key("").get("/api/v1/import").await,
    ]
    .map(|answer| answer.header("x-request-id").to_owned());
    assert!(ids.iter().all(|id| id.starts_with("req_")), "{ids:?}");
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
}

#[tokio::test]
async fn every_format_gives_same_accounts() {
    let tenant = saldo().await.tenant().await;
    let id = tenant.external_id("A");
    let json =
        json!({ "accounts": [{ "contact": { "name": "Ana" }, "total_amount": "10.5", "external_id": id }] })
            .to_string();
    let ndjson =
        format!("{}\n", json!({ "contact": { "name": "Ana" }, "total_amount": 10.5, "external_id": id }));
    let csv = format!("External ID,Contact.Name,Total Amount\n{id},Ana,10.50\n");
    let types =
        [("application/json; charset=utf-8", json), ("application/x-ndjson", ndjson), ("text/csv", csv)];
    for ((content_type, body), updated) in types.into_iter().zip([0, 1, 1]) {
        let accepted = tenant.import(content_type, body).await;
        let job = tenant.ended(&accepted).await;
        assert_eq!(
            (&job["status"], &job["updated"]),
            (&json!("completed"), &json!(updated)),
            "{content_type}: {job}"
        );
    }
}
