//! The bodies of export requests: errors, and filters that are valid at their bounds.

use reqwest::Method;
use saldo_domain::account::AccountField;
use serde_json::json;
use testing::saldo;

use crate::exports::portfolio;

#[tokio::test]
async fn invalid_export_request_lists_all_errors_and_queues_nothing() {
    let tenant = saldo().await.tenant().await;
    let wrong = json!({
        "format": "xml", "delivery": "link", "profile": "pdf", "columns": ["id", "colour", "contact", "contact.name", 7],
        "filters": {
            "statuz": "active", "status": 5, "min_amount": "many", "max_amount": true, "days_past_due_min": "30",
            "days_past_due_max": 1.5, "currency": "dollars", "updated_since": "yesterday", "owner_id": ""
        }
    });
    let refused = tenant.export("accounts", wrong).await;
    assert_eq!(refused.problem(), (400, "invalid_request".to_owned()));
    let found: Vec<(String, String)> = refused.json()["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| {
            ["pointer", "code"].map(|name| error[name].as_str().unwrap_or_default().to_owned()).into()
        })
        .collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
    assert_eq!(
        found,
        [
            ("/format", "invalid_value"),
            ("/profile", "invalid_value"),
            ("/columns/1", "invalid_value"),
            ("/columns/4", "invalid_type"),
            ("/columns", "duplicate_value"),
            ("/filters/status", "invalid_type"),
            ("/filters/min_amount", "invalid_amount"),
            ("/filters/max_amount", "invalid_type"),
            ("/filters/days_past_due_min", "invalid_type"),
            ("/filters/days_past_due_max", "invalid_value"),
            ("/filters/currency", "unknown_currency"),
            ("/filters/owner_id", "invalid_text"),
            ("/filters/updated_since", "invalid_time"),
            ("/filters/statuz", "unknown_field"),
        ]
    );
    assert_eq!(tenant.get("/api/v1/export").await.json(), json!({ "data": [], "has_more": false }));
}

#[tokio::test]
async fn lower_bounds_must_not_exceed_upper_bounds() {
    let tenant = saldo().await.tenant().await;
    let crossed = json!({
        "format": "csv", "delivery": "link",
        "filters": { "min_amount": 2, "max_amount": "1.99", "days_past_due_min": 0, "days_past_due_max": -1 }
    });
    let refused = tenant.export("accounts", crossed).await.json();
    let details: Vec<_> = [0, 1]
        .map(|n| format!("{} {}", refused["errors"][n]["pointer"], refused["errors"][n]["detail"]))
        .into();
    assert_eq!(
        details,
        [
            r#""/filters/min_amount" "above max_amount""#,
            r#""/filters/days_past_due_min" "above days_past_due_max""#
        ]
    );
    assert_eq!(tenant.get("/api/v1/export").await.json(), json!({ "data": [], "has_more": false }));
}

#[tokio::test]
async fn invalid_field_of_export_request_is_rejected_with_its_pointer() {
    let tenant = saldo().await.tenant().await;
    for (what, request, pointer) in [
        ("accounts", json!({}), "/format"),
        ("accounts", json!({ "format": "csv", "filters": [] }), "/filters"),
        ("accounts", json!({ "format": "csv", "filters": { "from": "2026-01-01" } }), "/filters/from"),
        ("accounts", json!({ "format": "csv", "columns": [] }), "/columns"),
        (
            "accounts",
            json!({ "format": "csv", "columns": vec!["id"; AccountField::ALL.len() + 1] }),
            "/columns",
        ),
        (
            "accounts",
            json!({ "format": "csv", "filters": { "days_past_due_max": 1_000_001 } }),
            "/filters/days_past_due_max",
        ),
        (
            "accounts",
            json!({ "format": "csv", "filters": { "days_past_due_min": -9_e15 } }),
            "/filters/days_past_due_min",
        ),
        ("accounts", json!({ "format": "csv", "delivery": "mail" }), "/delivery"),
        ("transactions", json!({ "format": "csv", "filters": { "status": "x" } }), "/filters/status"),
        (
            "transactions",
            json!({ "format": "csv", "filters": { "from": "2026-02-01", "to": "2026-01-31" } }),
            "/filters/from",
        ),
        ("transactions", json!({ "format": "csv", "columns": ["balance"] }), "/columns/0"),
    ] {
        let refused = tenant.export(what, request.clone()).await;
        assert_eq!(refused.status, 400, "{request}");
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{request}: {refused:?}");
    }
    let form = tenant.form(Method::POST, "/api/v1/export/accounts", "format=csv").await;
    assert_eq!(form.problem(), (415, "unsupported_media_type".to_owned()));
    assert_eq!(tenant.get("/api/v1/export").await.json(), json!({ "data": [], "has_more": false }));
}

#[tokio::test]
async fn null_filters_and_extreme_bounds_are_valid() {
    let tenant = saldo().await.tenant().await;
    portfolio(&tenant).await;
    for (filters, count) in [
        (json!(null), 4),
        (json!({ "status": null, "min_amount": null, "days_past_due_min": null }), 4),
        (json!({ "days_past_due_max": 1_000_000 }), 4),
        (json!({ "days_past_due_min": -50_000 }), 3),
        (json!({ "days_past_due_min": -1_000_000 }), 4),
        (json!({ "days_past_due_min": 1_000_000 }), 0),
        (json!({ "days_past_due_max": -50_000 }), 1),
        (json!({ "days_past_due_max": -1_000_000 }), 0),
        (json!({ "min_amount": -1, "max_amount": "9999999999999999999999999999" }), 4),
        (json!({ "updated_since": "9999-12-30T22:00:00Z" }), 0),
        (json!({ "updated_since": "-009999-01-02T01:59:59Z" }), 4),
    ] {
        let request = json!({ "format": "json", "filters": filters });
        let file = tenant.export("accounts", request).await;
        assert_eq!(file.json().as_array().map(Vec::len), Some(count), "{filters}: {file:?}");
    }
}
