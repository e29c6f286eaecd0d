//! The errors of an import, in pages, and its rejected rows as a file.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Answer, Tenant, saldo};

const CSV: [(&str, &str); 1] = [("accept", "text/csv")];

async fn refused(tenant: &Tenant, accepted: &Answer) -> Answer {
    tenant.send(Method::GET, &format!("{}/errors", accepted.header("location")), &CSV, "").await
}

#[tokio::test]
async fn error_pages_list_every_error_once_in_order() {
    let tenant = saldo().await.tenant().await;
    let row = |n: u32| json!({ "contact": { "name": "A" }, "total_amount": if n.is_multiple_of(2) { json!("x") } else { json!(n) } });
    let rows: Vec<Value> = (0..2_400).map(row).collect();
    let accepted = tenant.import("application/json", json!({ "accounts": rows }).to_string()).await;
    let job = tenant.ended(&accepted).await;
    assert_eq!((&job["failed"], job["errors"].as_array().map(Vec::len)), (&json!(1_200), Some(1_000)));

    let mut indexes = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{}/errors?limit=97{cursor}", accepted.header("location"));
        let page = tenant.get(&path).await.json();
        indexes.extend(
            page["data"].as_array().into_iter().flatten().filter_map(|error| error["index"].as_u64()),
        );
        if page["has_more"] == false {
            assert_eq!(page.get("next_cursor"), Some(&Value::Null));
            break;
        }
        cursor = format!("&cursor={}", page["next_cursor"].as_str().expect("a cursor"));
    }
    assert_eq!(indexes, (0..2_400).step_by(2).collect::<Vec<u64>>());
    let wrong = tenant.get(&format!("{}/errors?cursor=x", accepted.header("location"))).await;
    assert_eq!(wrong.problem(), (400, "invalid_parameter".to_owned()));
}

#[tokio::test]
async fn rejected_csv_rows_can_be_corrected_and_reimported() {
    let tenant = saldo().await.tenant().await;
    let (ok, id) = (tenant.external_id("A"), tenant.external_id("B"));
    let csv = format!(
        "external_id;Contact.Name;total_amount;Extra\n{ok};ok;1;\n{id};\"B; \"\"b\"\"\";two;x\nshort;1\n"
    );
    let accepted = tenant.import("text/csv", csv).await;
    tenant.ended(&accepted).await;
    let file = refused(&tenant, &accepted).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"imp_"));
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(
        lines,
        [
            "external_id;Contact.Name;total_amount;Extra;reason".to_owned(),
            format!(
                "{id};\"B; \"\"b\"\"\";two;x;total_amount: two is not a decimal number such as 1250 or 1250.75"
            ),
            "short;1;;;the row has 2 cells, the header 4".to_owned(),
        ]
    );
    let mended = file
        .text
        .replace(";two;", ";2;")
        .replace("short;1;;;", &format!("{};C;1;;", tenant.external_id("C")));
    let job = tenant.ended(&tenant.import("text/csv", mended).await).await;
    assert_eq!((&job["status"], &job["imported"]), (&json!("completed"), &json!(2)), "{job}");
}

#[tokio::test]
async fn rejected_json_rows_download_as_csv_of_used_fields() {
    let tenant = saldo().await.tenant().await;
    let rows = json!({ "accounts": [
        { "contact": { "name": "ok" }, "total_amount": 1, "notes": "not refused" },
        { "contact": { "name": "María, M.", "phone": "12" }, "total_amount": 5.50, "currency": "USD" },
        { "total_amount": "7", "due_date": "never" }
    ]});
    let accepted = tenant.import("application/json", rows.to_string()).await;
    tenant.ended(&accepted).await;
    let file = refused(&tenant, &accepted).await;
    insta::assert_snapshot!(file.text, @r#"
    contact.name,contact.phone,total_amount,currency,due_date,reason
    "María, M.",12,5.5,USD,,"contact.phone: not a phone number in E.164 form, such as +5491155551234: + and country code, digits only, as many as the country uses"
    ,,7,,never,contact.name: the field is required; due_date: never is not a calendar date such as 2026-12-31 (`date_format` YYYY-MM-DD)
    "#);
}

#[tokio::test]
async fn import_without_errors_has_empty_error_list() {
    let tenant = saldo().await.tenant().await;
    let rows = json!({ "accounts": [{ "contact": { "name": "A" }, "total_amount": 1 }] });
    let accepted = tenant.import("application/json", rows.to_string()).await;
    tenant.ended(&accepted).await;
    let page = tenant.get(&format!("{}/errors", accepted.header("location"))).await;
    assert_eq!(page.json(), json!({ "data": [], "has_more": false, "next_cursor": null }));
}

#[tokio::test]
async fn rejected_json_rows_download_as_sent() {
    let tenant = saldo().await.tenant().await;
    let rows =
        [r#"{"contact":{"name":"A"},"total_amount":1e3,"currency":"?","notes":null}"#, "{broken", "[1]"];
    let accepted = tenant.import("application/x-ndjson", rows.join("\n")).await;
    tenant.ended(&accepted).await;
    let errors = format!("{}/errors", accepted.header("location"));
    let file = tenant.send(Method::GET, &errors, &[("accept", "application/x-ndjson")], "").await;
    assert_eq!(file.text, format!("{}\n", rows.join("\n")));
    let table = refused(&tenant, &accepted).await;
    let lines: Vec<&str> = table.text.lines().collect();
    assert_eq!(lines[0], "contact.name,total_amount,currency,notes,row,reason");
    assert!(lines[1].starts_with("A,1000,?,,,\"currency: "), "{}", lines[1]);
    assert!(lines[2].starts_with(",,,,{broken,"), "{}", lines[2]);
}
