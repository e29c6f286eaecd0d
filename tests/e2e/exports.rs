//! Exports of accounts in the response: formats, columns and spreadsheets.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

/// Imports accounts of which one matches the filters of [`seed`].
pub(crate) async fn portfolio(tenant: &Tenant) {
    let job = tenant
        .import_rows(json!([
            {
                "contact": { "name": "María García", "phone": "+5491155551234" }, "total_amount": 45000,
                "external_id": tenant.external_id("INV-2026-0042"), "source_system": "SAP",
                "due_date": "2026-01-15", "currency": "ARS", "notes": "60 days past due"
            },
            {
                "contact": { "name": "Carlos López", "email": "carlos@example.com" }, "total_amount": 4999.99,
                "external_id": tenant.external_id("INV-2026-0099"), "due_date": "2026-01-15"
            },
            {
                "contact": { "name": "Not Due" }, "total_amount": 60000,
                "external_id": tenant.external_id("INV-2026-0100"), "due_date": "2199-12-31"
            },
            {
                "contact": { "name": "Resolved" }, "total_amount": 60000, "status": "resolved",
                "external_id": tenant.external_id("INV-2026-0101"), "due_date": "2026-01-15"
            }
        ]))
        .await;
    assert_eq!(job["imported"], 4, "{job}");
}

pub(crate) fn seed(format: &str) -> Value {
    json!({ "format": format, "filters": { "status": "active", "min_amount": 5000, "days_past_due_min": 30 } })
}

#[tokio::test]
async fn contract_request_gets_csv_of_matching_accounts() {
    testing::another_day_than_midnight().await;
    let tenant = saldo().await.tenant().await;
    portfolio(&tenant).await;
    let mut request = seed("csv");
    let file = tenant.export("accounts", request.clone()).await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "text/csv; charset=utf-8"));
    let today = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date();
    let disposition = format!(r#"attachment; filename="accounts-{today}.csv""#);
    assert_eq!(file.header("content-disposition"), disposition);
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(
        lines[0],
        "id,external_id,source_system,type,status,contact.name,contact.phone,contact.email,total_amount,balance,\
         currency,due_date,days_past_due,campaign_id,owner_id,notes,created_at,updated_at"
    );
    assert_eq!(lines.len(), 2, "{}", file.text);

    request["columns"] =
        json!(["contact.name", "total_amount", "balance", "contact.phone", "currency", "due_date"]);
    let file = tenant.export("accounts", request).await;
    assert_eq!(
        file.text,
        "contact.name,total_amount,balance,contact.phone,currency,due_date\n\
         María García,45000,-45000,+5491155551234,ARS,2026-01-15\n"
    );
}

#[tokio::test]
async fn json_export_is_array_and_ndjson_export_one_object_per_line() {
    let tenant = saldo().await.tenant().await;
    portfolio(&tenant).await;
    let file = tenant.export("accounts", seed("json")).await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "application/json"));
    insta::assert_snapshot!(file.shown(&["id", "external_id", "days_past_due", "created_at", "updated_at"]), @r#"
    [
      {
        "balance": -45000,
        "campaign_id": null,
        "contact": {
          "email": null,
          "name": "María García",
          "phone": "+5491155551234"
        },
        "created_at": "[created_at]",
        "currency": "ARS",
        "days_past_due": "[days_past_due]",
        "due_date": "2026-01-15",
        "external_id": "[external_id]",
        "id": "[id]",
        "notes": "60 days past due",
        "owner_id": null,
        "source_system": "SAP",
        "status": "active",
        "total_amount": 45000,
        "type": "receivable",
        "updated_at": "[updated_at]"
      }
    ]
    "#);
    let account = &file.json()[0];
    assert_eq!(account["external_id"], tenant.external_id("INV-2026-0042"));
    assert!(account["days_past_due"].as_i64().is_some_and(|days| days > 300), "{account}");
    let order: Vec<usize> = ["\"id\"", "\"external_id\"", "\"contact\"", "\"balance\"", "\"updated_at\""]
        .map(|name| file.text.find(name).expect(name))
        .into();
    assert!(order.is_sorted(), "{}", file.text);

    let lines = tenant.export("accounts", seed("ndjson")).await;
    assert_eq!((lines.status.as_u16(), lines.header("content-type")), (200, "application/x-ndjson"));
    assert_eq!(lines.text, format!("{}\n", file.text.trim_start_matches('[').trim_end_matches(']')));

    for (format, nothing) in [("json", "[]"), ("csv", "id\n"), ("ndjson", "")] {
        let request = json!({ "format": format, "columns": ["id"], "filters": { "status": "nobody" } });
        assert_eq!(tenant.export("accounts", request).await.text, nothing);
    }
}

#[tokio::test]
async fn columns_are_selected_and_ordered_in_json_and_csv() {
    let tenant = saldo().await.tenant().await;
    let id = tenant.external_id("A");
    let row = json!([{ "contact": { "name": "Ana" }, "total_amount": "1.50", "external_id": id }]);
    tenant.import_rows(row).await;
    let savings = json!({
        "type": "savings", "balance": -5, "currency": "USD", "owner_id": "o", "identifier": "DE1"
    });
    tenant.json(Method::POST, "/v1/accounts", savings).await;
    let export = async |format: &str, external_id: Option<&str>| {
        let columns = json!(["balance", "contact.phone", "identifier", "contact.name"]);
        let filters = match external_id {
            Some(id) => json!({ "external_id": format!(" {id}") }),
            None => json!({ "type": "savings" }),
        };
        let request = json!({ "format": format, "columns": columns, "filters": filters });
        tenant.export("accounts", request).await.text
    };
    let contact = r#"{"phone":null,"name":"Ana"}"#;
    assert_eq!(
        export("json", Some(&id)).await,
        format!(r#"[{{"balance":-1.5,"contact":{contact},"identifier":null}}]"#)
    );
    assert_eq!(export("json", None).await, r#"[{"balance":-5,"contact":null,"identifier":"DE1"}]"#);
    let header = "balance,contact.phone,identifier,contact.name";
    assert_eq!(export("csv", Some(&id)).await, format!("{header}\n-1.5,,,Ana\n"));
    assert_eq!(export("csv", None).await, format!("{header}\n-5,,DE1,\n"));
}

#[tokio::test]
async fn repeated_export_request_returns_same_export() {
    let tenant = saldo().await.tenant().await;
    portfolio(&tenant).await;
    let key = tenant.external_id("key");
    let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
    for body in [seed("csv"), json!({ "format": "csv", "delivery": "link" })] {
        let key = format!("{key}-{}", body["delivery"]);
        let headers = [headers[0], ("idempotency-key", key.as_str())];
        let send =
            async || tenant.send(Method::POST, "/api/v1/export/accounts", &headers, body.to_string()).await;
        let (first, second) = (send().await, send().await);
        assert_eq!(second.header("idempotency-replayed"), "true");
        for name in ["content-type", "content-disposition", "location"] {
            assert_eq!(first.header(name), second.header(name), "{name}");
        }
        assert_eq!((first.status, first.text), (second.status, second.text));
    }
    assert_eq!(tenant.get("/api/v1/export").await.json()["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn spreadsheet_profile_escapes_formulas_and_raw_profile_does_not() {
    let tenant = saldo().await.tenant().await;
    let names = ["=HYPERLINK(\"http://x\")", "+1", "-1+2", "@SUM(A1)", "'quoted", "plain"];
    let row = |name: &&str| json!({ "contact": { "name": name, "phone": "+5491155551234" }, "total_amount": 5, "notes": "x\t=1" });
    tenant.import_rows(names.iter().map(row).collect()).await;
    for (profile, mark) in [("spreadsheet", "'"), ("raw", "")] {
        let request = json!({
            "format": "csv", "profile": profile, "columns": ["contact.name", "contact.phone", "balance", "notes"]
        });
        let file = tenant.export("accounts", request).await.text;
        let mut csv = csv::Reader::from_reader(file.as_bytes());
        let mut read: Vec<Vec<String>> = csv
            .records()
            .map(|record| record.expect("a record").iter().map(str::to_owned).collect())
            .collect();
        read.sort();
        let marked = |name: &&str| match name.starts_with(['=', '+', '-', '@']) {
            true => format!("{mark}{name}"),
            false => (*name).to_owned(),
        };
        let mut expected: Vec<Vec<String>> = names
            .iter()
            .map(|name| {
                vec![marked(name), "+5491155551234".to_owned(), "-5".to_owned(), format!("x\t{mark}=1")]
            })
            .collect();
        expected.sort();
        assert_eq!(read, expected, "{profile}");
    }
    let json = tenant.export("accounts", json!({ "format": "json", "columns": ["notes"] })).await.json();
    assert_eq!(json[0]["notes"], "x\t=1", "JSON is not escaped");
}
