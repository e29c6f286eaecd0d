//! Exports as jobs, whose files are downloaded by link.

use reqwest::Method;
use serde_json::{Value, json};
use testing::saldo;

use crate::exports::portfolio;

#[tokio::test]
async fn linked_export_file_matches_its_job() {
    let tenant = saldo().await.tenant().await;
    portfolio(&tenant).await;
    let answer = tenant.export("accounts", json!({ "format": "csv" })).await.text;
    let accepted = tenant.export("accounts", json!({ "format": "csv", "delivery": "link" })).await;
    assert_eq!(accepted.json()["status"], "processing", "{accepted:?}");
    let id = accepted.json()["export_id"].as_str().expect("an id").to_owned();
    assert_eq!(accepted.header("location"), format!("/api/v1/export/{id}"));
    let job = tenant.ended(&accepted).await;
    insta::assert_snapshot!(
        testing::shown(&job, &["export_id", "bytes", "sha256", "created_at", "completed_at", "available_until", "url", "expires_at"]),
        @r#"
    {
      "available_until": "[available_until]",
      "bytes": "[bytes]",
      "completed_at": "[completed_at]",
      "created_at": "[created_at]",
      "expires_at": "[expires_at]",
      "export_id": "[export_id]",
      "format": "csv",
      "rows": 4,
      "sha256": "[sha256]",
      "status": "completed",
      "type": "accounts",
      "url": "[url]"
    }
    "#
    );
    assert_eq!(job["bytes"], answer.len(), "{job}");

    let url = job["url"].as_str().expect("a link");
    let file = reqwest::get(url).await.expect("the file");
    let header = |name: &str| file.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8");
    assert!(header("content-disposition").starts_with(r#"attachment; filename="accounts-"#));
    let bytes = file.bytes().await.expect("its bytes");
    assert_eq!(bytes, answer, "the file equals the inline response");
    assert_eq!(job["sha256"], testing::sha256(&bytes));

    let listed = tenant.get("/api/v1/export").await.json();
    assert_eq!((&listed["data"][0]["export_id"], &listed["data"][0]["rows"]), (&json!(id), &json!(4)));
    let again = tenant.get(accepted.header("location")).await.json();
    assert_eq!(again["sha256"], job["sha256"]);
}

#[tokio::test]
async fn linked_export_filters_by_owner() {
    let tenant = saldo().await.tenant().await;
    let owner = tenant.external_id("owner");
    for owner in [owner.as_str(), "another"] {
        let account = json!({ "type": "savings", "balance": 1, "currency": "EUR", "owner_id": owner });
        assert_eq!(tenant.json(Method::POST, "/v1/accounts", account).await.status, 201);
    }
    let request = json!({ "format": "csv", "delivery": "link", "filters": { "owner_id": owner } });
    let job = tenant.ended(&tenant.export("accounts", request).await).await;
    assert_eq!((&job["status"], &job["rows"]), (&json!("completed"), &json!(1)), "{job}");
}

#[tokio::test]
async fn exports_are_listed_newest_first_in_pages() {
    let tenant = saldo().await.tenant().await;
    let mut ids = Vec::new();
    for format in ["json", "csv", "ndjson", "json", "csv"] {
        let accepted = tenant.export("transactions", json!({ "format": format, "delivery": "link" })).await;
        let job = tenant.ended(&accepted).await;
        assert_eq!((&job["type"], &job["rows"]), (&json!("transactions"), &json!(0)), "{job}");
        let file = reqwest::get(job["url"].as_str().expect("a link")).await.expect("the file");
        assert_eq!(file.text().await.expect("text").len() as u64, job["bytes"].as_u64().expect("a number"));
        ids.insert(0, accepted.json()["export_id"].clone());
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/export?limit=2".to_owned();
    loop {
        let page = tenant.get(&path).await.json();
        let data = page["data"].as_array().expect("a page").clone();
        seen.extend(data.iter().map(|job| job["export_id"].clone()));
        if page["has_more"] == false {
            break;
        }
        let last = data.last().expect("more")["export_id"].as_str().expect("an id").to_owned();
        path = format!("/api/v1/export?limit=2&starting_after={last}");
    }
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn export_during_import_has_every_account_once_and_consistent() {
    const ACCOUNTS: usize = 2_000;
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    // In a deployment, an export may take longer than an import and see accounts of one version only.
    let (versions, mixed_min) = if saldo.is_local() { (40, 3) } else { (3, 0) };
    let rows = |version: usize, count: usize| {
        let row = |n: usize| {
            json!({
                "external_id": tenant.external_id(&format!("{n:05}")), "contact": { "name": format!("v{version}") },
                "total_amount": version, "notes": format!("v{version}"), "status": format!("v{version}")
            })
        };
        json!({ "accounts": (0..count).map(row).collect::<Vec<_>>() }).to_string()
    };
    tenant.ended(&tenant.import("application/json", rows(0, ACCOUNTS)).await).await;
    let (mut exports, mut version, mut mixed) = (0, 0, 0);
    while mixed < 3 && version < versions {
        version += 1;
        let accepted = tenant.import("application/json", rows(version, ACCOUNTS + 50 * version)).await;
        loop {
            let running = tenant.get(accepted.header("location")).await.json()["status"] == "processing";
            let delivery = if exports % 2 == 0 { "auto" } else { "link" };
            let answer = tenant.export("accounts", json!({ "format": "ndjson", "delivery": delivery })).await;
            let file = if answer.status == 200 {
                answer.text
            } else {
                let job = tenant.ended(&answer).await;
                let file = reqwest::get(job["url"].as_str().expect("a link")).await.expect("a file");
                file.text().await.expect("text")
            };
            exports += 1;
            mixed += usize::from(whole_accounts(&file, ACCOUNTS, version));
            if !running {
                break;
            }
        }
    }
    assert!(mixed >= mixed_min, "too few of {exports} exports ran during an import");
}

/// Checks that the file has each account once, in order, and with the values of one of the last two
/// imports. Returns whether it has accounts of both.
fn whole_accounts(file: &str, at_least: usize, version: usize) -> bool {
    let accounts: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!((at_least..=at_least + 50 * version).contains(&accounts.len()), "{}", accounts.len());
    assert!(accounts.is_sorted_by(|a, b| a["id"].as_str() < b["id"].as_str()), "an account is repeated");
    let mut seen = [false; 2];
    for account in &accounts {
        let said = account["notes"].as_str().expect("notes");
        assert_eq!(
            (&account["contact"]["name"], &account["status"]),
            (&json!(said), &json!(said)),
            "{account}"
        );
        assert_eq!(format!("v{}", account["total_amount"]), said, "{account}");
        let newest = said == format!("v{version}");
        assert!(newest || said == format!("v{}", version - 1), "{account}");
        seen[usize::from(newest)] = true;
    }
    seen == [true, true]
}
