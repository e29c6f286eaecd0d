//! Rows that carry only what changes of an account that exists.

use axum::http::Method as HttpMethod;
use local::sqs_event;
use reqwest::Method;
use saldo_domain::id::{AccountId, ImportId};
use saldo_domain::import::ImportStatus;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

use crate::dead_letters::ImportFixture;

async fn import(tenant: &Tenant, rows: Value) -> Value {
    tenant.import_rows(rows).await
}

/// The accounts by their external ids.
async fn account(tenant: &Tenant, external_id: &str) -> Value {
    let filters = json!({ "external_id": external_id });
    let accounts = tenant.export("accounts", json!({ "format": "json", "filters": filters })).await.json();
    accounts[0].clone()
}

#[tokio::test]
async fn row_of_an_existing_account_carries_what_changes() {
    let tenant = saldo().await.tenant().await;
    let whole = json!({
        "external_id": "P-1", "contact": { "name": "Ana", "phone": "+5491155551234" }, "total_amount": 100,
        "notes": "first", "currency": "EUR"
    });
    assert_eq!(import(&tenant, json!([whole])).await["imported"], 1);
    let before = account(&tenant, "P-1").await;
    for (row, member, value) in [
        (json!({ "external_id": "P-1", "notes": "second" }), "/notes", json!("second")),
        (json!({ "external_id": "P-1", "contact": { "phone": null } }), "/contact/phone", json!(null)),
        (json!({ "external_id": "P-1", "total_amount": 80 }), "/total_amount", json!(80)),
        (json!({ "external_id": "P-1", "contact": { "name": "Eva" } }), "/contact/name", json!("Eva")),
        (json!({ "id": before["id"], "status": "disputed" }), "/status", json!("disputed")),
        (json!({ "external_id": "P-1", "currency": "EUR" }), "/currency", json!("EUR")),
    ] {
        let job = import(&tenant, json!([row])).await;
        assert_eq!((&job["updated"], &job["failed"]), (&json!(1), &json!(0)), "{row}: {job}");
        assert_eq!(account(&tenant, "P-1").await.pointer(member), Some(&value), "{row}");
    }
    let after = account(&tenant, "P-1").await;
    for (member, value) in [
        ("/total_amount", json!(80)),
        ("/balance", json!(-80)),
        ("/notes", json!("second")),
        ("/contact/name", json!("Eva")),
        ("/currency", json!("EUR")),
    ] {
        assert_eq!(after.pointer(member), Some(&value), "{after}");
    }
    let csv = "external_id;status\nP-1;paused\nP-2;paused\n";
    let job = tenant.ended(&tenant.import("text/csv", csv).await).await;
    assert_eq!((&job["updated"], &job["failed"]), (&json!(1), &json!(1)), "{job}");
    assert_eq!(account(&tenant, "P-1").await["status"], "paused");
}

#[tokio::test]
async fn last_row_warns_of_values_that_only_superseded_rows_have() {
    let tenant = saldo().await.tenant().await;
    let codes = |job: &Value| {
        let warnings = job["warnings"].as_array().expect("warnings").iter();
        warnings.map(|found| (found["index"].as_u64(), found["code"].clone())).collect::<Vec<_>>()
    };
    let lost = vec![(Some(2), json!("superseded_values"))];
    let rows = json!([
        { "external_id": "S-1", "contact": { "name": "Ana", "phone": "+5491155551234" }, "total_amount": 1, "currency": "EUR" },
        { "external_id": "S-2", "contact": { "name": "Bo" }, "total_amount": 1, "notes": "x" },
        { "external_id": "S-1", "contact": { "name": "Eva" }, "total_amount": 2, "currency": "EUR" },
        { "external_id": "S-2", "contact": { "name": "Bo" }, "total_amount": 2, "notes": null }
    ]);
    let job = import(&tenant, rows).await;
    assert_eq!((&job["imported"], &job["superseded"]), (&json!(2), &json!(2)), "{job}");
    assert_eq!(codes(&job), lost, "{job}");
    assert!(
        job["warnings"][0]["reason"].as_str().is_some_and(|reason| reason.contains("contact.phone")),
        "{job}"
    );
    let contact = &account(&tenant, "S-1").await["contact"];
    assert_eq!((&contact["name"], &contact["phone"]), (&json!("Eva"), &Value::Null), "{contact}");

    let table = "external_id,contact.name,total_amount,currency,notes\nS-3,Ana,1,EUR,x\nS-4,Bo,1,EUR,\nS-3,Ana,2,EUR,\n";
    let headers = [("content-type", "text/csv")];
    let shown = tenant.send(Method::POST, "/v1/imports/preview", &headers, table).await.json();
    assert_eq!(shown["rows"][2]["warnings"][0]["code"], "superseded_values", "{shown}");
    let job = tenant.ended(&tenant.import("text/csv", table).await).await;
    assert_eq!(codes(&job), lost, "{job}");
}

#[tokio::test]
async fn new_accounts_need_name_and_amount() {
    let tenant = saldo().await.tenant().await;
    for dry_run in [true, false] {
        let rows = json!([
            { "external_id": "N-1", "notes": "x" },
            { "external_id": "N-2", "contact": { "name": "Ana" } },
            { "notes": "no id" },
            { "external_id": "N-3", "contact": { "name": "" }, "total_amount": null }
        ]);
        let body = json!({ "accounts": rows, "dry_run": dry_run });
        let job = tenant.ended(&tenant.json(Method::POST, "/api/v1/import", body).await).await;
        assert_eq!((&job["imported"], &job["failed"]), (&json!(0), &json!(4)), "{job}");
        let found = |error: &Value| {
            (error["index"].as_u64(), error["field"].as_str().map(str::to_owned), error["code"].clone())
        };
        let found: Vec<_> = job["errors"].as_array().expect("errors").iter().map(found).collect();
        let expected = [
            (0, "contact.name"),
            (0, "total_amount"),
            (1, "total_amount"),
            (2, "contact.name"),
            (2, "total_amount"),
            (3, "contact.name"),
            (3, "total_amount"),
        ];
        let expected =
            expected.map(|(index, field)| (Some(index), Some(field.to_owned()), json!("required")));
        assert_eq!(found, expected, "{job}");
    }
}

#[tokio::test]
async fn currency_changes_with_its_amount_alone() {
    let tenant = saldo().await.tenant().await;
    let row =
        json!({ "external_id": "C-1", "contact": { "name": "Ana" }, "total_amount": 2.5, "currency": "EUR" });
    import(&tenant, json!([row])).await;
    let job = import(&tenant, json!([{ "external_id": "C-1", "currency": "JPY", "notes": "x" }])).await;
    assert_eq!((&job["failed"], &job["errors"][0]["field"]), (&json!(1), &json!("total_amount")), "{job}");
    let unchanged = account(&tenant, "C-1").await;
    assert_eq!((&unchanged["currency"], &unchanged["notes"]), (&json!("EUR"), &json!(null)));
    let job = import(&tenant, json!([{ "external_id": "C-1", "currency": "JPY", "total_amount": 3 }])).await;
    assert_eq!(job["updated"], 1, "{job}");
}

impl ImportFixture {
    async fn begin_rows(&self, rows: Value) -> ImportId {
        let body = json!({ "accounts": rows });
        let (status, accepted) = self.stack.ask(&self.app, HttpMethod::POST, "/api/v1/import", body).await;
        assert_eq!(status, 202, "{accepted}");
        accepted["job_id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
    }

    async fn notes(&self, external_id: &str) -> Option<String> {
        let id = AccountId::of_external(&self.stack.org, &external_id.parse().expect("an id"));
        let account = self.app.accounts.get(&self.stack.org, &id).await.expect("DynamoDB")?;
        account.notes.map(String::from)
    }
}

#[tokio::test]
async fn row_waits_for_an_older_import_that_may_create_its_account() {
    let fixture = ImportFixture::start(500).await;
    let planner = fixture.app_of("ImportPlannerFunction");
    let older = fixture.begin_named(5, "older").await;
    let plan_of_older = fixture.plans().await;
    let rows = (0..6).map(|n| json!({ "external_id": format!("r-{n}"), "notes": "newer" })).collect();
    let newer = fixture.begin_rows(rows).await;
    let plan_of_newer = fixture.plans().await;

    let answer = saldo_jobs::import::handle((&planner).into(), sqs_event(&plan_of_newer)).await;
    assert_eq!(answer.batch_item_failures, [], "the plan is put back");
    assert_eq!(fixture.import(&newer).await.job.status, ImportStatus::Processing);
    assert_eq!(fixture.notes("r-0").await, None);

    saldo_jobs::import::handle((&planner).into(), sqs_event(&plan_of_older)).await;
    assert_eq!(fixture.import(&older).await.job.status, ImportStatus::Completed);
    saldo_jobs::import::handle((&planner).into(), sqs_event(&plan_of_newer)).await;
    let import = fixture.import(&newer).await;
    assert_eq!((import.counts().updated, import.counts().failed), (5, 1), "{import:#?}");
    assert_eq!(fixture.notes("r-0").await.as_deref(), Some("newer"));
    fixture.stack.stop().await;
}

#[tokio::test]
async fn nobody_waits_for_an_import_that_has_ended() {
    let fixture = ImportFixture::start(500).await;
    let older = fixture.begin_named(5, "older").await;
    let rows = (0..5).map(|n| json!({ "external_id": format!("r-{n}"), "notes": "newer" })).collect();
    let newer = fixture.begin_rows(rows).await;
    let plans = fixture.plans().await;
    let planner = fixture.app_of("ImportPlannerFunction");
    let [_, plan_of_newer] = plans.as_slice() else { panic!("two plans: {plans:?}") };
    let plan_of_newer = sqs_event(std::slice::from_ref(plan_of_newer));
    saldo_jobs::import::handle((&planner).into(), plan_of_newer.clone()).await;
    assert_eq!(fixture.import(&newer).await.job.status, ImportStatus::Processing);

    // The older one fails for good: it could be redriven, but the newer one does not wait for that.
    let dlq_app = fixture.app_of("ImportDeadLettersFunction");
    saldo_jobs::import::handle_dead_letters((&dlq_app).into(), sqs_event(&plans[..1])).await;
    assert_eq!(fixture.import(&older).await.job.status, ImportStatus::Failed);
    saldo_jobs::import::handle((&planner).into(), plan_of_newer).await;
    let import = fixture.import(&newer).await;
    assert_eq!(
        (import.job.status, import.counts().failed),
        (ImportStatus::CompletedWithErrors, 5),
        "{import:#?}"
    );
    fixture.stack.stop().await;
}

#[tokio::test]
async fn chunk_writes_its_other_rows_before_it_waits() {
    let fixture = ImportFixture::start(2).await;
    let (planner, worker) = (fixture.app_of("ImportPlannerFunction"), fixture.app_of("ImportWorkerFunction"));
    let older = fixture.begin_named(5, "older").await;
    let new =
        json!({ "external_id": "new", "contact": { "name": "Ana" }, "total_amount": 1, "notes": "complete" });
    let part = |n: usize| json!({ "external_id": format!("r-{n}"), "notes": "newer" });
    let newer = fixture.begin_rows(json!([part(0), new, part(1), part(2), part(3)])).await;
    for plan in fixture.plans().await {
        saldo_jobs::import::handle((&planner).into(), sqs_event(&[plan])).await;
    }
    let (of_newer, of_older): (Vec<_>, Vec<_>) = fixture
        .chunks()
        .await
        .into_iter()
        .partition(|message| message.body().is_some_and(|body| body.contains(&newer.to_string())));
    assert_eq!((of_newer.len(), of_older.len()), (3, 3));
    let process = async |messages: &[_]| {
        let answer = saldo_jobs::import::handle((&worker).into(), sqs_event(messages)).await;
        assert_eq!(answer.batch_item_failures, []);
    };
    process(&of_newer).await;
    assert_eq!(fixture.notes("new").await.as_deref(), Some("complete"));
    assert_eq!((fixture.notes("r-0").await, fixture.import(&newer).await.processed()), (None, 0));

    process(&of_older).await;
    fixture.work().await;
    assert_eq!(fixture.import(&older).await.job.status, ImportStatus::Completed);
    process(&of_newer).await;
    fixture.work().await;
    let import = fixture.import(&newer).await;
    assert_eq!(import.job.status, ImportStatus::Completed, "{import:#?}");
    assert_eq!((import.counts().imported, import.counts().updated), (1, 4), "{import:#?}");
    assert_eq!(fixture.notes("r-3").await.as_deref(), Some("newer"));
    fixture.stack.stop().await;
}
