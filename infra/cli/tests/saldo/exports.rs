//! Exports into files.

use crate::cli::User;
use crate::proxy::{Held, Proxy};

const ROWS: &str = "external_id,contact.name,total_amount\nEX-1,María García,100.50\nEX-2,Carlos López,80\n";

async fn user_with_accounts() -> User {
    let (user, _) = User::of_tenant().await;
    user.write("receivables.csv", ROWS);
    assert_eq!(user.run(&["import", "receivables.csv", "--wait"]).await.code, Some(0));
    user
}

#[tokio::test]
async fn accounts_are_exported_as_csv_and_json() {
    let user = user_with_accounts().await;
    let columns = "--columns=external_id,contact.name,total_amount";
    let ran = user.run(&["export", "accounts", columns, "-o", "accounts.csv"]).await;
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (Some(0), "", "The export is in accounts.csv.\n")
    );
    let mut lines: Vec<_> = user.read("accounts.csv").lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(
        lines,
        ["EX-1,María García,100.5", "EX-2,Carlos López,80", "external_id,contact.name,total_amount"]
    );

    let filtered = ["export", "accounts", "--min-amount", "90.00", "-o", "accounts.json"];
    assert_eq!(user.run(&filtered).await.code, Some(0));
    let accounts: serde_json::Value = serde_json::from_str(&user.read("accounts.json")).expect("JSON");
    assert_eq!(accounts.as_array().map(Vec::len), Some(1));
    assert_eq!(accounts[0]["total_amount"].to_string(), "100.5");

    let ran = user.run(&["export", "accounts", "--external-id", "EX-2", "--format", "ndjson"]).await;
    assert!(ran.code == Some(0) && ran.stdout.lines().count() == 1 && ran.stderr.is_empty(), "{ran:?}");
    let ran = user.run(&["export", "accounts", "--currency", "euro"]).await;
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!("refused_filter", ran.shown());
    assert_eq!(user.run(&["export", "accounts", "-o", "missing/accounts.csv"]).await.code, Some(2));
}

#[tokio::test]
async fn workbooks_and_local_tables_go_out_and_come_back() {
    let user = user_with_accounts().await;
    let ran = user.run(&["export", "accounts", "--locale", "de", "-o", "konten.csv"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let table = user.read("konten.csv");
    assert!(table.starts_with("\u{feff}id;external_id;") && table.contains(";100,5;-100,5;"), "{table}");
    let ran = user.run(&["import", "konten.csv", "--decimal-separator", ",", "--wait"]).await;
    assert!(ran.code == Some(0) && ran.stdout.contains("OF THEM UNCHANGED  2"), "{ran:?}");
    assert_eq!(user.run(&["export", "accounts", "-o", "accounts.xlsx"]).await.code, Some(0));
    let ran = user.run(&["import", "accounts.xlsx", "--sheet", "accounts", "--wait"]).await;
    assert!(ran.code == Some(0) && ran.stdout.contains("OF THEM UNCHANGED  2"), "{ran:?}");
    let ran = user.run(&["import", "accounts.xlsx", "--sheet", "Mai", "--wait"]).await;
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!("missing_sheet", ran.shown());
    let ran = user.run(&["export", "accounts", "--format", "json", "--delimiter", ";"]).await;
    insta::assert_snapshot!("option_of_another_format", ran.shown());
    assert_eq!(ran.code, Some(2));
}

#[tokio::test]
async fn transactions_are_exported() {
    let (user, tenant) = User::of_tenant().await;
    let transaction = serde_json::json!({ "transactions": [{ "accountIdentifier": "A-1", "transactionId": "1",
        "text": "Rent", "amount": "800.00", "currency": "EUR", "valutaAt": "2026-01-02" }] });
    tenant.json(reqwest::Method::POST, "/api/public/v1/transactions", transaction).await;
    let export = [
        "export",
        "transactions",
        "--account-identifier",
        "A-1",
        "--from",
        "2026-01-01",
        "--columns",
        "text,amount",
    ];
    assert_eq!(user.run(&export).await.stdout, "text,amount\nRent,800.00\n");
}

#[tokio::test]
async fn file_of_a_job_is_fetched_and_compared_with_its_digest() {
    let user = user_with_accounts().await;
    user.write(".config/saldo/config.toml", "[export.job]\ndelivery = 'link'\ncolumns = ['external_id']\n");
    let ran = user.run(&["export", "accounts", "--profile", "job", "-o", "accounts.csv"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let exported = user.read("accounts.csv");
    assert_eq!(exported.lines().count(), 3);

    let jobs = user.run(&["jobs", "list", "--kind", "export", "--output", "json"]).await.json();
    let id = jobs[0]["export_id"].as_str().expect("an id");
    assert_eq!(user.run(&["jobs", "download", id]).await.stdout, exported);
    assert_eq!(user.run(&["jobs", "download", id, "-o", "again.csv"]).await.code, Some(0));
    assert_eq!(user.read("again.csv"), exported);
    let cancelled = user.run(&["jobs", "cancel", id]).await;
    assert!(
        cancelled.code == Some(2) && cancelled.stderr.contains("exports can't be cancelled"),
        "{cancelled:?}"
    );
}

#[tokio::test]
async fn killed_download_leaves_no_half_file() {
    let user = user_with_accounts().await;
    user.write(".config/saldo/config.toml", "[export.job]\ndelivery = 'link'\n");
    user.write("accounts.csv", "old");
    let proxy = Proxy::start(Held::Answer("GET /local-")).await;
    let user = user.with("HTTP_PROXY", &proxy.url);
    let mut child = user.start(&["export", "accounts", "--profile", "job", "-o", "accounts.csv"]);
    proxy.reached().await;
    child.kill().expect("killed");
    crate::cli::ended(child).await;
    assert_eq!(user.read("accounts.csv"), "old");
}
