//! CSV files as spreadsheets write them.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

async fn import(tenant: &Tenant, csv: &str) -> Value {
    let accepted = tenant.import("text/csv; charset=utf-8", csv).await;
    tenant.ended(&accepted).await
}

#[tokio::test]
async fn bom_quoted_line_breaks_semicolons_and_ragged_rows_are_read() {
    let tenant = saldo().await.tenant().await;
    let csv = "\u{feff}Contact.Name;TOTAL AMOUNT;notes;Color\r\n\"Ana; \"\"A\"\"\";12.50;\"two\r\nlines\";red\r\nshort;1\r\n;3;;\r\n";
    let job = import(&tenant, csv).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(1), &json!(2)), "{job}");
    let error = |n: usize| ["index", "line", "field", "code"].map(|name| job["errors"][n][name].clone());
    assert_eq!(error(0), [json!(1), json!(4), Value::Null, json!("column_count")]);
    assert_eq!(error(1), [json!(2), json!(5), json!("contact.name"), json!("required")]);
    let warnings: Vec<_> =
        job["warnings"].as_array().into_iter().flatten().map(|entry| &entry["code"]).collect();
    assert_eq!(warnings, ["unknown_field", "assumed_currency"], "an unknown column is one warning: {job}");
    assert_eq!((&job["warnings"][0]["field"], &job["warnings"][0]["line"]), (&json!("Color"), &json!(1)));
}

#[tokio::test]
async fn mapping_assigns_columns_to_fields() {
    let tenant = saldo().await.tenant().await;
    let mapping = "%7B%22Kunde%22%3A%22contact.name%22%2C%22Offen%22%3A%22total_amount%22%7D";
    let post = async |query: &str| {
        let path = format!("/api/v1/import?{query}");
        tenant.send(Method::POST, &path, &[("content-type", "text/csv")], "Kunde,Offen\nAna,5\n").await
    };
    let job = tenant.ended(&post(&format!("mapping={mapping}")).await).await;
    assert_eq!(job["imported"], 1, "{job}");
    for wrong in
        ["mapping=x", "mapping=%7B%22Kunde%22%3A%22customer%22%7D", "mapping=%7B%22Name%22%3A%22notes%22%7D"]
    {
        assert_eq!(post(wrong).await.problem(), (400, "invalid_parameter".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn empty_mapping_equals_no_mapping() {
    let tenant = saldo().await.tenant().await;
    let body = r#"{ "accounts": [{ "contact": { "name": "Ana" }, "total_amount": 5 }] }"#;
    let headers = [("content-type", "application/json")];
    let job = tenant.send(Method::POST, "/api/v1/import?mapping=%7B%7D", &headers, body).await;
    assert_eq!(tenant.ended(&job).await["imported"], 1);
}

#[tokio::test]
async fn empty_cell_clears_and_missing_column_keeps_value() {
    let tenant = saldo().await.tenant().await;
    let id = tenant.external_id("cell");
    import(&tenant, &format!("external_id,contact.name,total_amount,notes,campaign_id\n{id},A,1,note,c1\n"))
        .await;
    let job = import(&tenant, &format!("external_id,contact.name,total_amount,notes\n{id},A,1,\n")).await;
    assert_eq!(job["updated"], 1);
    let saldo = saldo().await;
    let (Some(app), Some(org)) = (saldo.app().await, tenant.org()) else { return };
    let account_id = saldo_domain::id::AccountId::of_external(org, &id.parse().expect("an id"));
    let account = app.accounts.get(org, &account_id).await.expect("DynamoDB").expect("the account");
    assert_eq!((account.notes, account.campaign_id.map(String::from)), (None, Some("c1".to_owned())));
}
