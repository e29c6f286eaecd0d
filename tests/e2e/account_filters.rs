//! Filters of the list of accounts, and the status `resolved`, which is derived.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use local::Data;
use reqwest::Method;
use saldo_domain::account::Account;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{AccountId, ImportId};
use saldo_domain::money::Decimal;
use serde_json::{Value, json};
use testing::{Tenant, TestStack, saldo};
use uuid::Uuid;

async fn import(tenant: &Tenant) {
    let row = |id: &str, amount: f64, due: Option<&str>, more: Value| {
        let mut row =
            json!({ "external_id": id, "contact": { "name": "A" }, "total_amount": amount, "due_date": due });
        row.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        row
    };
    let rows = json!([
        row("L-1", 100.0, Some("2026-01-10"), json!({})),
        row("L-2", 0.0, Some("2026-01-11"), json!({})),
        row("L-3", 80.5, Some("2026-01-12"), json!({ "status": "disputed" })),
        row("L-4", -30.0, None, json!({})),
        row("L-5", 20.0, None, json!({ "status": "resolved" })),
        row("L-6", -5.0, None, json!({ "kind": "invoice", "original_amount": 60 })),
        row("L-7", 0.0, None, json!({ "status": "paused" })),
    ]);
    assert_eq!(tenant.import_rows(rows).await["imported"], 7);
    let savings = json!({ "type": "savings", "balance": -500, "currency": "ARS", "owner_id": "o" });
    assert_eq!(tenant.json(Method::POST, "/v1/accounts", savings).await.status, 201);
}

/// The external ids of the accounts of all pages, in their order as text.
async fn found(tenant: &Tenant, query: &str) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let page = tenant.get(&format!("/v1/accounts?limit=2&{query}{after}")).await.json();
        let data = page["data"].as_array().unwrap_or_else(|| panic!("{query}: {page}"));
        ids.extend(data.iter().map(|account| account["external_id"].as_str().unwrap_or("none").to_owned()));
        let Some(next) = page["next_starting_after"].as_str() else {
            assert_eq!(
                (&page["has_more"], &page["next_starting_after"]),
                (&json!(false), &Value::Null),
                "{page}"
            );
            ids.sort_unstable();
            return ids;
        };
        after = format!("&starting_after={next}");
    }
}

#[tokio::test]
async fn every_filter_finds_its_accounts() {
    let tenant = saldo().await.tenant().await;
    if tenant.org().is_none() {
        return; // the organization may have other accounts
    }
    import(&tenant).await;
    for (query, expected) in [
        ("", &["L-1", "L-2", "L-3", "L-4", "L-5", "L-6", "L-7", "none"][..]),
        ("status=active", &["L-1", "L-4", "none"]),
        ("status=resolved", &["L-2", "L-5", "L-6"]),
        ("status=disputed", &["L-3"]),
        ("status=paused", &["L-7"]),
        ("external_id=L-3", &["L-3"]),
        ("external_id=L-3&status=active", &[]),
        ("external_id=L-9", &[]),
        ("due_before=2026-01-12", &["L-1", "L-2"]),
        ("due_after=2026-01-10", &["L-2", "L-3"]),
        ("due_after=2026-01-10&due_before=2026-01-12", &["L-2"]),
        ("min_open_amount=20", &["L-1", "L-3", "L-5"]),
        ("min_open_amount=80.5&status=active", &["L-1"]),
        ("min_open_amount=-30&type=receivable", &["L-1", "L-2", "L-3", "L-4", "L-5", "L-6", "L-7"]),
        ("owner_id=o&status=active", &["none"]),
        ("owner_id=o&min_open_amount=1", &[]),
    ] {
        assert_eq!(found(&tenant, query).await, expected, "{query}");
    }
    for bad in ["due_before=12.01.2026", "min_open_amount=1,5", "colour=red"] {
        assert_eq!(tenant.get(&format!("/v1/accounts?{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn nothing_owed_reads_as_resolved_and_is_stored_as_active() {
    let tenant = saldo().await.tenant().await;
    let list =
        |amount: u32| json!([{ "external_id": "S-1", "contact": { "name": "A" }, "total_amount": amount }]);
    tenant.import_rows(list(100)).await;
    let status = async |profile: &str| {
        let filters = json!({ "external_id": "S-1" });
        let request = json!({ "format": "csv", "profile": profile, "columns": ["id", "external_id", "contact", "total_amount", "balance", "currency", "status"], "filters": filters });
        let text = tenant.export("accounts", request).await.text;
        let status = text.trim_end().rsplit(',').next().unwrap_or_default().to_owned();
        (status, text)
    };
    assert_eq!(status("spreadsheet").await.0, "active");
    tenant.import_rows(list(0)).await;
    let (shown, exported) = status("spreadsheet").await;
    assert_eq!((shown.as_str(), status("raw").await.0.as_str()), ("resolved", "active"));
    let filters = json!({ "status": "resolved", "external_id": "S-1" });
    let resolved = tenant.export("accounts", json!({ "format": "json", "filters": filters })).await.json();
    assert_eq!(resolved[0]["status"], "resolved", "{resolved}");
    // The derived status of an export is not stored when the export is imported.
    let job = tenant.ended(&tenant.import("text/csv", exported).await).await;
    assert_eq!(job["unchanged"], 1, "{job}");
    tenant.import_rows(list(40)).await;
    assert_eq!(status("spreadsheet").await.0, "active", "it is open again");
}

#[tokio::test]
async fn page_without_accounts_may_have_a_next_one() {
    const ACCOUNTS: usize = 2_200;
    let stack = TestStack::start(&Data::Ephemeral).await;
    let (org, now) = (&stack.org, Timestamp::now());
    let by = ChangedBy::import(ImportId::of_seed(Uuid::now_v7()));
    let ids = std::iter::repeat_with(|| AccountId::of_seed(Uuid::new_v4()));
    let mut ids: Vec<_> = ids.filter(|id| org.shards().of_account(id) == 0).take(ACCOUNTS).collect();
    ids.sort_unstable();
    let escalated = ids[ACCOUNTS - 1].clone();
    let currency = "EUR".parse().expect("a currency");
    let create = |id: AccountId| {
        let mut account = Account::new(id.clone(), Decimal::ONE, currency, now);
        if id == escalated {
            account.status = "escalated".parse().expect("a status");
        }
        stack.app.accounts.create(org, account, &by)
    };
    stream::iter(ids).map(create).buffer_unordered(50).try_collect::<Vec<_>>().await.expect("no faults");

    let list = async |after: &str| {
        let path = format!("/v1/accounts?status=escalated{after}");
        stack.ask(&stack.app, Method::GET, &path, Value::Null).await.1
    };
    let first = list("").await;
    assert_eq!((&first["data"], &first["has_more"]), (&json!([]), &json!(true)), "{first}");
    let next = first["next_starting_after"].as_str().expect("a next page");
    let second = list(&format!("&starting_after={next}")).await;
    assert_eq!(
        (&second["data"][0]["status"], &second["has_more"]),
        (&json!("escalated"), &json!(false)),
        "{second}"
    );
    stack.stop().await;
}
