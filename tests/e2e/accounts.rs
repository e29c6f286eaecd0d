//! Accounts, created, read, changed, listed and deleted one by one, as the contract shows.

use insta::assert_snapshot;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Answer, Tenant, saldo};

const HIDDEN: [&str; 3] = ["id", "created_at", "updated_at"];

pub(crate) const SEED: &str = "type=savings&balance=5000&currency=USD&owner_id=WAz8eIbvDR60rouK";

/// Creates an account and returns its path.
pub(crate) async fn made(tenant: &Tenant, form: &str) -> String {
    let made = tenant.form(Method::POST, "/v1/accounts", form).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.header("location").to_owned()
}

#[tokio::test]
async fn contract_requests_get_documented_responses() {
    let tenant = saldo().await.tenant().await;
    let bearer = format!("Bearer {}", tenant.key);
    let anonymous = tenant.with_key("");
    let form = "application/x-www-form-urlencoded";
    let send = async |method: Method, path: &str, body: &str| {
        let headers = [("authorization", bearer.as_str()), ("content-type", form)];
        anonymous.send(method, path, &headers, body).await
    };

    let made = send(Method::POST, "/v1/accounts", SEED).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_snapshot!(made.shown(&HIDDEN), @r#"
    {
      "balance": 5000,
      "created_at": "[created_at]",
      "currency": "USD",
      "id": "[id]",
      "owner_id": "WAz8eIbvDR60rouK",
      "status": "active",
      "type": "savings",
      "updated_at": "[updated_at]"
    }
    "#);
    let now = Timestamp::now().as_second();
    for time in ["created_at", "updated_at"] {
        assert!(made.json()[time].as_i64().is_some_and(|t| (now - 5..=now).contains(&t)), "{made:?}");
    }
    let path = made.header("location");
    assert_eq!(path, format!("/v1/accounts/{}", made.json()["id"].as_str().expect("an id")));

    let read = send(Method::GET, path, "").await;
    assert_eq!(
        (read.status, &read.text, read.header("etag")),
        (200.try_into().unwrap(), &made.text, made.header("etag"))
    );

    let changed = send(Method::PUT, path, "balance=6000").await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.json()["balance"], 6000);
    assert_eq!(
        (&changed.json()["type"], &changed.json()["owner_id"]),
        (&made.json()["type"], &made.json()["owner_id"])
    );
    assert_ne!(changed.header("etag"), made.header("etag"));

    let listed = send(Method::GET, "/v1/accounts?limit=10&owner_id=WAz8eIbvDR60rouK", "").await.json();
    assert_eq!(listed["has_more"], false);
    assert!(listed["data"].as_array().expect("a list").contains(&changed.json()), "{listed}");

    let deleted = send(Method::DELETE, path, "").await;
    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(send(method, path, "").await.problem(), (404, "not_found".to_owned()));
    }
    assert_eq!(send(Method::PUT, path, "balance=1").await.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn imported_account_is_served_with_its_extra_fields() {
    let tenant = saldo().await.tenant().await;
    let row = json!([{
        "contact": { "name": "María García", "phone": "+5491155551234" }, "total_amount": "45000.10",
        "external_id": tenant.external_id("INV"), "source_system": "SAP", "due_date": "2026-01-15",
        "owner_id": tenant.external_id("owner"), "campaign_id": "c-1", "notes": "60 days\npast due",
        "payment_reference": "RF18 5390 0754 7034"
    }]);
    assert_eq!(tenant.import_rows(row.clone()).await["imported"], 1);
    let list = format!("/v1/accounts?owner_id={}", tenant.external_id("owner"));
    let listed = tenant.get(&list).await.json();
    let account = &listed["data"][0];
    assert_snapshot!(testing::shown(account, &["id", "created_at", "updated_at", "external_id", "owner_id", "as_of", "original_as_of"]), @r#"
    {
      "amounts": "open_items",
      "as_of": "[as_of]",
      "balance": -45000.1,
      "campaign_id": "c-1",
      "contact": {
        "email": null,
        "name": "María García",
        "phone": "+5491155551234"
      },
      "created_at": "[created_at]",
      "currency": "ARS",
      "due_date": "2026-01-15",
      "external_id": "[external_id]",
      "id": "[id]",
      "kind": "invoice",
      "notes": "60 days\npast due",
      "open_amount": 45000.1,
      "original_amount": 45000.1,
      "original_as_of": "[original_as_of]",
      "owner_id": "[owner_id]",
      "payment_reference": "RF18 5390 0754 7034",
      "source_system": "SAP",
      "status": "active",
      "total_amount": 45000.1,
      "type": "receivable",
      "updated_at": "[updated_at]"
    }
    "#);

    let path = format!("/v1/accounts/{}", account["id"].as_str().expect("an id"));
    let read = tenant.get(&path).await;
    assert_eq!(&read.json(), account);
    assert!(!read.header("etag").is_empty());
    let changed = tenant.json(Method::PUT, &path, json!({ "balance": -1.5, "notes": null })).await.json();
    assert_eq!((&changed["balance"], changed.get("notes")), (&json!(-1.5), None));
    assert_eq!(changed["total_amount"], account["total_amount"], "the imported amount is kept");

    assert_eq!(tenant.import_rows(row).await["updated"], 1);
    let again = tenant.get(&path).await;
    assert_eq!(again.json()["balance"], -1.5, "the adjustment counts, whatever the source states later");
    assert_ne!(again.header("etag"), read.header("etag"));
}

#[tokio::test]
async fn update_changes_given_fields_and_null_clears_optional_ones() {
    let tenant = saldo().await.tenant().await;
    let path = made(
        &tenant,
        &format!("{SEED}&notes=a+b%26c&campaign_id=c&identifier=DE89&payment_reference=R&status=open"),
    )
    .await;
    let first = tenant.get(&path).await.json();
    assert_eq!(
        (&first["notes"], &first["identifier"], &first["status"]),
        (&json!("a b&c"), &json!("DE89"), &json!("open"))
    );

    let unchanged = tenant.json(Method::PUT, &path, json!({})).await;
    assert_eq!((unchanged.status.as_u16(), unchanged.json()), (200, first.clone()));
    let cleared = tenant
        .form(Method::PUT, &path, "notes=&campaign_id=&identifier=&payment_reference=&owner_id=")
        .await
        .json();
    assert_eq!(cleared["owner_id"], Value::Null);
    for field in ["notes", "campaign_id", "identifier", "payment_reference"] {
        assert_eq!(cleared.get(field), None);
    }
    for field in ["type", "balance", "currency", "status", "created_at"] {
        assert_eq!(cleared[field], first[field]);
    }
    let set = json!({ "type": "loan", "status": "closed", "owner_id": "somebody", "currency": "EUR", "balance": "-0.01" });
    let set = tenant.json(Method::PUT, &path, set).await.json();
    assert_eq!(
        (
            &set["type"],
            &set["status"],
            &set["owner_id"],
            &set["currency"],
            set["balance"].to_string().as_str()
        ),
        (&json!("loan"), &json!("closed"), &json!("somebody"), &json!("EUR"), "-0.01")
    );
}

#[tokio::test]
async fn amounts_are_exact_and_fit_their_currency() {
    let tenant = saldo().await.tenant().await;
    for (balance, currency, kept) in [
        ("1234567890123456789012345678", "JPY", "1234567890123456789012345678"),
        ("-99999999999999999999999999.99", "USD", "-99999999999999999999999999.99"),
        ("0.0000000000000000000000000001", "XAU", "0.0000000000000000000000000001"),
        ("1.50", "USD", "1.5"),
        ("-0", "USD", "0"),
        ("1e3", "JPY", "1000"),
    ] {
        let body = format!(r#"{{"type":"t","balance":{balance},"currency":"{currency}","owner_id":"o"}}"#);
        let headers = [("content-type", "application/json")];
        let made = tenant.send(Method::POST, "/v1/accounts", &headers, body).await;
        let text = |answer: &Answer| {
            answer.text.split(r#""balance":"#).nth(1).map(|rest| rest.split(',').next() == Some(kept))
        };
        assert_eq!(text(&made), Some(true), "{made:?}");
        assert_eq!(text(&tenant.get(made.header("location")).await), Some(true), "{made:?}");
    }
    let path = made(&tenant, "type=t&balance=10.50&currency=USD&owner_id=o").await;
    for (change, pointer) in [
        (json!({ "currency": "JPY" }), "/currency"),
        (json!({ "balance": "1.234" }), "/balance"),
        (json!({ "balance": "1.5", "currency": "JPY" }), "/balance"),
    ] {
        let refused = tenant.json(Method::PUT, &path, change.clone()).await;
        assert_eq!(refused.problem(), (400, "invalid_request".to_owned()), "{change}");
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{refused:?}");
        assert_eq!(refused.json()["errors"][0]["code"], "too_many_digits", "{refused:?}");
    }
    let changed = tenant.json(Method::PUT, &path, json!({ "currency": "JPY", "balance": 1050 })).await;
    assert_eq!((changed.status.as_u16(), &changed.json()["balance"]), (200, &json!(1050)));
}

#[tokio::test]
async fn invalid_body_lists_all_errors() {
    let tenant = saldo().await.tenant().await;
    let nothing_right = json!({ "type": 5, "balance": "1,50", "currency": "ZZZ", "owner_id": "", "color": "red", "notes": "a\u{0}" });
    let refused = tenant.json(Method::POST, "/v1/accounts", nothing_right).await;
    assert_snapshot!(refused.shown(&["request_id"]), @r#"
    {
      "code": "invalid_request",
      "detail": "6 parts of the request are invalid; see errors",
      "errors": [
        {
          "code": "invalid_type",
          "detail": "expected a string",
          "pointer": "/type"
        },
        {
          "code": "invalid_amount",
          "detail": "not a decimal number such as 1250 or 1250.75",
          "pointer": "/balance"
        },
        {
          "code": "unknown_currency",
          "detail": "not an ISO 4217 currency code such as ARS, EUR or USD",
          "pointer": "/currency"
        },
        {
          "code": "invalid_text",
          "detail": "empty",
          "pointer": "/owner_id"
        },
        {
          "code": "invalid_text",
          "detail": "has control characters",
          "pointer": "/notes"
        },
        {
          "code": "unknown_field",
          "detail": "there is no such field",
          "pointer": "/color"
        }
      ],
      "request_id": "[request_id]",
      "status": 400,
      "title": "The request is invalid",
      "type": "urn:saldo:problem:invalid_request"
    }
    "#);
    let empty = tenant.form(Method::POST, "/v1/accounts", "").await;
    let pointers: Vec<_> =
        empty.json()["errors"].as_array().expect("errors").iter().map(|e| e["pointer"].to_string()).collect();
    assert_eq!(pointers, [r#""/type""#, r#""/balance""#, r#""/currency""#, r#""/owner_id""#]);
}

#[tokio::test]
async fn malformed_body_is_rejected_with_reason() {
    let tenant = saldo().await.tenant().await;
    let cases: [(&str, &str, u16, &str); 12] = [
        ("application/json", "{\"type\":\n 5,}", 400, "invalid_json"),
        ("application/json", "[]", 400, "invalid_request"),
        ("application/json", "", 400, "invalid_json"),
        ("application/json", r#"{"type":"a","type":"b"}"#, 400, "invalid_request"),
        ("application/json", r#"{"type":"a","balance":NaN}"#, 400, "invalid_json"),
        ("application/json", r#"{"type":"\ud800"}"#, 400, "invalid_json"),
        ("application/x-www-form-urlencoded", "type=a&type=b", 400, "invalid_request"),
        ("application/x-www-form-urlencoded", "type=%ff", 400, "invalid_encoding"),
        (
            "application/x-www-form-urlencoded",
            "type=a&balance=1e3&currency=USD&owner_id=o",
            400,
            "invalid_request",
        ),
        ("text/plain", "type=a", 415, "unsupported_media_type"),
        ("", "type=a", 415, "unsupported_media_type"),
        ("multipart/form-data; boundary=x", "--x--", 415, "unsupported_media_type"),
    ];
    let path = made(&tenant, SEED).await;
    for (content_type, body, status, code) in cases {
        let headers = [("content-type", content_type)];
        for (method, path) in [(Method::POST, "/v1/accounts"), (Method::PUT, path.as_str())] {
            let answer = tenant.send(method.clone(), path, &headers, body).await;
            // A form without some fields is a valid update.
            if !(method == Method::PUT && answer.status == 200) {
                assert_eq!(answer.problem(), (status, code.to_owned()), "{method} {content_type} {body:?}");
            }
        }
    }
    for change in [
        json!({ "balance": null }),
        json!({ "type": "" }),
        json!({ "id": "acc_x" }),
        json!({ "created_at": 1 }),
    ] {
        let refused = tenant.json(Method::PUT, &path, change.clone()).await;
        assert_eq!(refused.problem(), (400, "invalid_request".to_owned()), "{change}");
    }
    let again_and_again = tenant.form(Method::POST, "/v1/accounts", &"type=&x=&".repeat(400_000)).await;
    assert_eq!(again_and_again.problem(), (400, "invalid_request".to_owned()));
    assert!(again_and_again.text.len() < 10_000, "{} bytes", again_and_again.text.len());
    let replacement = made(&tenant, "type=a%EF%BF%BDb&balance=1&currency=USD&owner_id=o").await;
    assert_eq!(tenant.get(&replacement).await.json()["type"], "a\u{fffd}b");
}

#[tokio::test]
async fn invalid_query_is_rejected_with_reason() {
    let tenant = saldo().await.tenant().await;
    for query in [
        "limit=0",
        "limit=101",
        "limit=ten",
        "starting_after=x",
        "starting_after=cli_aaaaaaaaaaaaaaaa",
        "kind=savings",
        "limit=1&limit=2",
        "type=%ff",
    ] {
        let refused = tenant.get(&format!("/v1/accounts?{query}")).await;
        assert_eq!(refused.problem(), (400, "invalid_parameter".to_owned()), "{query}");
    }
    let refused = tenant.get("/v1/accounts?limit=1000&kind=x").await;
    assert_snapshot!(refused.shown(&["request_id"]), @r#"
    {
      "code": "invalid_parameter",
      "detail": "2 parts of the request are invalid; see errors",
      "errors": [
        {
          "code": "invalid_value",
          "detail": "expected a number from 1 to 100",
          "parameter": "limit"
        },
        {
          "code": "unknown_field",
          "detail": "there is no such parameter; this route has limit, type, owner_id, client_external_id, external_id, status, due_before, due_after, min_open_amount, starting_after",
          "parameter": "kind"
        }
      ],
      "request_id": "[request_id]",
      "status": 400,
      "title": "A parameter is invalid",
      "type": "urn:saldo:problem:invalid_parameter"
    }
    "#);
}
