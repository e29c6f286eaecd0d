//! Formulas in texts. No CSV file of Saldo has a formula that a spreadsheet would run, and importing
//! the file changes nothing.

use csv::ReaderBuilder;
use reqwest::{Method, redirect};
use serde_json::{Value, json};
use testing::{Tenant, saldo};

/// Names that a spreadsheet would run, or that look as if they were escaped.
const NAMES: [&str; 12] = [
    "=1+1",
    "a;=1+1",
    "a|@SUM(A1)",
    "a,-1+1",
    "a;\"=1+1;b",
    "'=1+1",
    "''+1",
    "'tis",
    "O'Brien",
    "-Müller Bau",
    "＝1",
    "plain",
];

/// Checks that no cell begins with a formula, whichever delimiter a spreadsheet assumes.
fn assert_no_formulas(file: &str) {
    let mut cells: Vec<String> = file.lines().map(str::to_owned).collect();
    for delimiter in [b',', b';', b'\t', b'|'] {
        for quoting in [true, false] {
            let mut reader = ReaderBuilder::new();
            let reader = reader.delimiter(delimiter).quoting(quoting).flexible(true).has_headers(false);
            for record in reader.from_reader(file.as_bytes()).records() {
                cells.extend(record.expect("text").iter().map(str::to_owned));
            }
        }
    }
    let is_number =
        |cell: &str| cell.starts_with(['+', '-']) && cell[1..].bytes().all(|b| b.is_ascii_digit());
    for cell in cells {
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
        assert!(!formula || is_number(&cell), "{cell:?} in\n{file}");
    }
}

fn row(tenant: &Tenant, (n, name): (usize, &&str)) -> Value {
    json!({
        "external_id": if n == 0 { (*name).to_owned() } else { tenant.external_id(name) },
        "contact": { "name": name, "phone": "+5491155551234" }, "total_amount": 12, "currency": "EUR",
        "owner_id": name, "status": name, "notes": format!("{name}\n{name}\r\n\r\n\t{name}\r{name}")
    })
}

async fn export(tenant: &Tenant, profile: &str) -> String {
    tenant.export("accounts", json!({ "format": "csv", "profile": profile })).await.text
}

#[tokio::test]
async fn csv_export_imports_back_unchanged() {
    testing::another_day_than_midnight().await;
    let tenant = saldo().await.tenant().await;
    let rows: Vec<Value> = NAMES.iter().enumerate().map(|named| row(&tenant, named)).collect();
    assert_eq!(tenant.import_rows(json!(rows)).await["imported"], NAMES.len());
    let before = tenant.export("accounts", json!({ "format": "json" })).await.json();
    for profile in ["spreadsheet", "raw", "spreadsheet"] {
        let file = export(&tenant, profile).await;
        if profile == "spreadsheet" {
            assert_no_formulas(&file);
        }
        let job = tenant.ended(&tenant.import("text/csv", file.clone()).await).await;
        assert_eq!((&job["status"], &job["updated"]), (&json!("completed"), &json!(NAMES.len())), "{job}");
        assert_eq!(tenant.export("accounts", json!({ "format": "json" })).await.json(), before, "{profile}");
        assert_eq!(export(&tenant, profile).await, file);
    }
}

#[tokio::test]
async fn rejected_rows_are_escaped_and_import_back_unchanged() {
    let tenant = saldo().await.tenant().await;
    for (delimiter, cells) in [(",", "\"=1;\"\"+2\n@3\""), (";", "\"=1,\"\"+2\n@3\"")] {
        let csv = ["external_id", "contact.name", "due_date", "total_amount", "=cmd|' /C calc'!A0", "notes"]
            .join(delimiter);
        let row = [&tenant.external_id("=x"), "=1+1", "", "bad", "+1+cmd", cells].join(delimiter);
        let negative = [&tenant.external_id("y"), "'-Ben", "never", "-2", "-5", "'tis"].join(delimiter);
        let accepted = tenant.import("text/csv", format!("{csv}\n{row}\n{negative}\n")).await;
        assert_eq!(tenant.ended(&accepted).await["failed"], 2);
        let errors = format!("{}/errors", accepted.header("location"));
        let file = tenant.send(Method::GET, &errors, &[("accept", "text/csv")], "").await.text;
        assert_no_formulas(&file);
        let numbers = ["-2", "-5", "'tis"].join(delimiter);
        assert!(file.contains(&numbers), "numbers and other texts are unchanged: {file}");
        let mended = file.replace("bad", "1").replace("never", "");
        let job = tenant.ended(&tenant.import("text/csv", mended).await).await;
        assert_eq!(job["failed"], 0, "{job}");
        let fields = json!({ "format": "json", "columns": ["contact.name", "notes"] });
        let accounts = tenant.export("accounts", fields).await.json();
        let named = |name: &str| {
            let mut accounts = accounts.as_array().expect("accounts").iter();
            accounts
                .find(|account| account["contact"]["name"] == name)
                .map(|account| account["notes"].clone())
        };
        let notes = cells.trim_matches('"').replace("\"\"", "\"");
        assert_eq!((named("=1+1"), named("-Ben")), (Some(json!(notes)), Some(json!("'tis"))), "{accounts}");
    }
}

#[tokio::test]
async fn large_file_of_rejected_rows_is_linked_not_redirected() {
    let tenant = saldo().await.tenant().await;
    // Escaped texts are half as long again.
    let rows = format!("Ana,x,{}\n", ";=".repeat(450)).repeat(4_000);
    let accepted = tenant.import("text/csv", format!("contact.name,total_amount,notes\n{rows}")).await;
    assert_eq!(tenant.ended(&accepted).await["failed"], 4_000);
    // The tenant's client would follow a redirect.
    let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().expect("a client");
    let request = client.get(format!("{}{}/errors", tenant.url, accepted.header("location")));
    let answer = request.header("x-api-key", &tenant.key).header("accept", "text/csv").send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().get("location").is_none());
    assert_eq!(answer.headers()["content-type"], "application/json");
    let link: Value = answer.json().await.expect("JSON");
    assert_eq!(link["media_type"], "text/csv; charset=utf-8");
    assert!(
        link["expires_at"].is_string()
            && link["filename"].as_str().is_some_and(|name| name.ends_with("-refused.csv"))
    );
    let file = client.get(link["url"].as_str().expect("a link")).send().await.expect("S3");
    assert_eq!(file.text().await.expect("a file").lines().count(), 4_001);
}
