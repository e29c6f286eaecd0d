//! Exports that are imported again, without any change.

use reqwest::Method;
use saldo_domain::account::AccountField;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

/// Accounts with every field, and with texts that are hard to encode.
pub(crate) fn rows(tenant: &Tenant) -> Value {
    let texts = [
        "plain",
        "O'Neill \"the\" Second",
        "comma, semicolon; tab\tend",
        "'quoted",
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        " blanks around ",
        "Ñandú Žofie 💸 李 \u{1F468}\u{200D}\u{1F469}",
        "\"",
        "''",
        "\\n",
        "a\"\"b",
        "NULL",
        "1e5",
        "007",
    ];
    let amounts =
        ["99999999999999999999999999.99", "0", "0.01", "45000.5", "12345678901234567890123456.78", "100"];
    let kinds = ["invoice", "credit_note", "payment"];
    let row = |(n, text): (usize, &&str)| {
        let name = text.replace('\t', " ");
        // Ids must not have invisible characters.
        let id = name.replace('\u{200d}', "");
        json!({
            "external_id": tenant.external_id(&format!("{n}-{id}")), "contact": { "name": name, "phone": "+5491155551234", "email": name },
            "total_amount": amounts[n % amounts.len()], "currency": (n % 2 == 0).then_some("USD"),
            "due_date": (n % 3 > 0).then_some("2026-01-15"), "source_system": name, "status": name, "campaign_id": id,
            "owner_id": (n % 4 > 0).then_some(&id), "type": name, "notes": format!("{text}\n{text}\r\n\t"),
            "payment_reference": (n % 5 > 0).then_some(&name),
            "kind": kinds.get(n % 4), "amounts": (n % 5 == 0).then_some("originals"),
            "as_of": (n % 6 > 0).then_some("2026-01-10"), "original_amount": (n % 7 == 0).then_some("100000000000000.01"),
            "original_as_of": (n % 2 == 0).then_some("2026-01-05"), "discount_until": (n % 3 > 1).then_some("2026-01-12"),
            "discount_amount": (n % 4 > 1).then_some("2.5"), "references": (n % 3 > 0).then_some(["RE-1", name.trim()]),
            "client_external_id": (n % 4 == 0).then_some(&id)
        })
    };
    let mut rows: Vec<Value> = texts.iter().enumerate().map(row).collect();
    rows.push(json!({ "contact": { "name": "nothing else" }, "total_amount": 7 }));
    rows.push(json!({ "contact": { "name": "nothing else" }, "total_amount": 7 }));
    rows.into()
}

/// All accounts with all their fields, in a raw export.
async fn export(tenant: &Tenant, format: &str) -> String {
    let request = json!({ "format": format, "profile": "raw", "columns": AccountField::NAMES });
    let file = tenant.export("accounts", request).await;
    assert_eq!(file.status, 200, "{file:?}");
    file.text
}

#[tokio::test]
async fn importing_raw_export_changes_nothing() {
    testing::another_day_than_midnight().await;
    let tenant = saldo().await.tenant().await;
    let rows = rows(&tenant);
    let job = tenant.import_rows(rows.clone()).await;
    assert_eq!(job["imported"], json!(rows.as_array().map(Vec::len)), "{job}");
    // Manual edits are kept, too.
    let accounts = tenant.get("/v1/accounts?limit=100").await.json()["data"].clone();
    for (n, account) in accounts.as_array().expect("accounts").iter().enumerate().take(4) {
        let path = format!("/v1/accounts/{}", account["id"].as_str().expect("an id"));
        let change = [
            json!({ "balance": "-3.25" }),
            json!({ "status": "=x" }),
            json!({ "notes": null }),
            json!({ "identifier": "DE1" }),
        ];
        assert_eq!(tenant.json(Method::PUT, &path, change[n].clone()).await.status, 200);
    }

    for (format, media_type) in [("csv", "text/csv"), ("ndjson", "application/x-ndjson")] {
        let before = export(&tenant, format).await;
        for _ in 0..2 {
            let job = tenant.ended(&tenant.import(media_type, before.clone()).await).await;
            let counts = [&job["status"], &job["updated"], &job["imported"]];
            assert_eq!(
                counts,
                [&json!("completed"), &json!(rows.as_array().map(Vec::len)), &json!(0)],
                "{job}"
            );
            // Columns that no import sets cause no warning.
            let warnings = job["warnings"].as_array().expect("warnings");
            assert!(warnings.iter().all(|warning| warning["code"] == "invalid_email"), "{job}");
            let after = export(&tenant, format).await;
            assert!(before == after, "{format}:\n{before}\n{after}");
        }
    }
    let unchanged = tenant.get("/v1/accounts?limit=100").await.json()["data"].clone();
    assert_eq!(unchanged.as_array().map(Vec::len), rows.as_array().map(Vec::len));
}

#[tokio::test]
async fn row_with_id_updates_that_account_or_is_rejected() {
    let tenant = saldo().await.tenant().await;
    let row = json!({ "contact": { "name": "Ana" }, "total_amount": 7, "notes": "old" });
    tenant.import_rows(json!([row, row])).await;
    let savings = json!({ "type": "savings", "balance": 5, "currency": "USD", "owner_id": "o" });
    let by_hand = tenant.json(Method::POST, "/v1/accounts", savings).await.json()["id"].clone();
    let listed = tenant.get("/v1/accounts?type=receivable").await.json();
    let ids = [0, 1].map(|n| listed["data"][n]["id"].clone());
    let bea = json!({ "contact": { "name": "Bea" }, "total_amount": 8 });
    let with_id = |id: &Value| {
        let mut row = bea.clone();
        row["id"] = id.clone();
        row
    };
    assert_eq!(tenant.delete(&format!("/v1/accounts/{}", ids[1].as_str().expect("an id"))).await.status, 204);

    let job = tenant
        .import_rows(json!([
            row_named("superseded", &with_id(&ids[0])),
            with_id(&ids[0]),
            with_id(&ids[1]),
            with_id(&by_hand),
            with_id(&json!("acc_aaaaaaaaaaaaaaaaaaaaaaaaaa")),
            with_id(&json!("1042")),
            with_external_id(&tenant, &with_id(&ids[0]))
        ]))
        .await;
    assert_eq!(
        (&job["superseded"], &job["updated"], &job["imported"]),
        (&json!(1), &json!(1), &json!(1)),
        "{job}"
    );
    let errors: Vec<_> = job["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| (&error["index"], &error["code"]))
        .collect();
    let unknown = json!("unknown_account");
    assert_eq!(errors, [2, 3, 4, 6].map(|n| (json!(n), &unknown)).each_ref().map(|(n, code)| (n, *code)));
    assert_eq!((&job["warnings"][0]["index"], &job["warnings"][0]["field"]), (&json!(5), &json!("id")));

    let changed = tenant.get(&format!("/v1/accounts/{}", ids[0].as_str().expect("an id"))).await.json();
    assert_eq!(
        (&changed["contact"]["name"], &changed["balance"], &changed["notes"]),
        (&json!("Bea"), &json!(-8), &json!("old"))
    );
    let untouched = tenant.get(&format!("/v1/accounts/{}", by_hand.as_str().expect("an id"))).await.json();
    assert_eq!((&untouched["balance"], untouched.get("contact")), (&json!(5), None));
}

fn row_named(name: &str, row: &Value) -> Value {
    let mut row = row.clone();
    row["contact"]["name"] = json!(name);
    row
}

/// A row whose `id` and `external_id` identify different accounts.
fn with_external_id(tenant: &Tenant, row: &Value) -> Value {
    let mut row = row.clone();
    row["external_id"] = json!(tenant.external_id("another"));
    row
}

#[tokio::test]
async fn external_id_identifies_same_account_in_every_format() {
    let tenant = saldo().await.tenant().await;
    let id = tenant.external_id("INV");
    let job = tenant
        .import_rows(
            json!([{ "external_id": format!("  {id}\t"), "contact": { "name": "A" }, "total_amount": 1 }]),
        )
        .await;
    assert_eq!(job["imported"], 1, "{job}");
    for (media_type, body) in [
        ("text/csv", format!("external_id,contact.name,total_amount\n {id} ,B,2\n{id},C,3\n")),
        (
            "application/x-ndjson",
            format!("{{\"external_id\":\"{id} \",\"contact\":{{\"name\":\"D\"}},\"total_amount\":4}}\n"),
        ),
    ] {
        let job = tenant.ended(&tenant.import(media_type, body).await).await;
        assert_eq!((&job["updated"], &job["imported"]), (&json!(1), &json!(0)), "{job}");
    }
    let accounts = tenant.get("/v1/accounts").await.json();
    assert_eq!(
        (accounts["data"].as_array().map(Vec::len), &accounts["data"][0]["external_id"]),
        (Some(1), &json!(id))
    );
}

#[tokio::test]
async fn balance_with_account_id_is_validated_and_ignored() {
    let tenant = saldo().await.tenant().await;
    let row = json!({ "contact": { "name": "A" }, "total_amount": 5, "currency": "JPY" });
    tenant.import_rows(json!([row, row, row, row])).await;
    let listed = tenant.get("/v1/accounts").await.json();
    let with_id = |n: usize, balance: Value| {
        let mut row = row.clone();
        row["id"] = listed["data"][n]["id"].clone();
        row["balance"] = balance;
        row
    };
    let job = tenant
        .import_rows(json!([
            with_id(0, json!("2")),
            with_id(1, Value::Null),
            with_id(2, json!(2.5)),
            with_id(3, json!(true))
        ]))
        .await;
    let errors: Vec<_> = job["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| (&error["field"], &error["code"]))
        .collect();
    let field = json!("balance");
    assert_eq!(errors, [(&field, &json!("too_many_digits")), (&field, &json!("invalid_type"))], "{job}");
    let after = tenant.get("/v1/accounts").await.json();
    let balances: Vec<&Value> =
        after["data"].as_array().expect("accounts").iter().map(|account| &account["balance"]).collect();
    assert_eq!(balances, [&json!(-5); 4]);
}

#[tokio::test]
async fn foreign_id_and_balance_columns_are_ignored_with_one_warning() {
    let tenant = saldo().await.tenant().await;
    let rows: Vec<String> = (0..50).map(|n| format!("{n},A,5,\"1,250.00\",x{n}\n")).collect();
    let csv = format!("ID,contact.name,total_amount,Balance,identifier\n{}", rows.concat());
    let job = tenant.ended(&tenant.import("text/csv", csv).await).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(50), &json!(0)), "{job}");
    let warnings: Vec<_> = job["warnings"]
        .as_array()
        .expect("warnings")
        .iter()
        .map(|warning| (&warning["line"], &warning["field"]))
        .collect();
    assert_eq!(
        warnings,
        ["ID", "Balance", "identifier", "currency"]
            .map(|name| (json!(1), json!(name)))
            .each_ref()
            .map(|(line, name)| (line, name))
    );

    let row =
        json!({ "id": "1042", "balance": 7, "identifier": 8, "contact": { "name": "A" }, "total_amount": 5 });
    let job = tenant.import_rows(json!([row])).await;
    let fields: Vec<_> =
        job["warnings"].as_array().expect("warnings").iter().map(|warning| &warning["field"]).collect();
    assert_eq!(
        (&job["imported"], fields),
        (&json!(1), vec![&json!("id"), &json!("balance"), &json!("identifier")])
    );
    let listed = tenant.get("/v1/accounts?limit=100").await.json();
    let accounts = listed["data"].as_array().expect("accounts");
    assert!(accounts.iter().all(|account| account["balance"] == -5 && account.get("identifier").is_none()));

    // In a file of Saldo, an invalid first row makes only that row fail.
    let id = accounts[0]["id"].as_str().expect("an id");
    let csv = format!("id,contact.name,total_amount,balance\nas of 31.1.,A,5,\n{id},A,5,-4\nragged\n");
    let job = tenant.ended(&tenant.import("text/csv", csv).await).await;
    assert_eq!(
        (&job["imported"], &job["updated"], &job["failed"]),
        (&json!(1), &json!(1), &json!(1)),
        "{job}"
    );
    assert_eq!(tenant.get(&format!("/v1/accounts/{id}")).await.json()["balance"], -5);
}

#[tokio::test]
async fn deleted_account_is_in_no_export() {
    let tenant = saldo().await.tenant().await;
    let row = |name: &str| json!({ "external_id": tenant.external_id(name), "owner_id": "o", "contact": { "name": name }, "total_amount": 5 });
    tenant.import_rows(json!([row("stays"), row("goes")])).await;
    let names = async |filters: Value| {
        let request = json!({ "format": "csv", "columns": ["contact.name"], "filters": filters });
        tenant.export("accounts", request).await.text
    };
    let ids = tenant
        .export(
            "accounts",
            json!({ "format": "json", "filters": { "external_id": tenant.external_id("goes") } }),
        )
        .await
        .json();
    let path = format!("/v1/accounts/{}", ids[0]["id"].as_str().expect("an id"));
    assert_eq!(tenant.delete(&path).await.status, 204);
    for filters in [json!({}), json!({ "owner_id": "o" }), json!({ "min_amount": 5 })] {
        assert_eq!(names(filters).await, "contact.name\nstays\n");
    }
    assert_eq!(names(json!({ "external_id": tenant.external_id("goes") })).await, "contact.name\n");
}
