//! Clients, their accounts, and their balances per currency.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use jiff::Timestamp;
use reqwest::Method;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::client::{Client, ClientKind};
use saldo_domain::id::{ClientId, KeyId};
use saldo_domain::money::Decimal;
use serde_json::{Value, json};
use testing::{Tenant, saldo};
use uuid::Uuid;

const HIDDEN: [&str; 3] = ["id", "created_at", "updated_at"];

async fn made(tenant: &Tenant, client: Value) -> String {
    let made = tenant.json(Method::POST, "/api/clients", client).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["id"].as_str().expect("an id").to_owned()
}

async fn account(tenant: &Tenant, owner: &str, balance: &str, currency: &str) -> String {
    let body = json!({ "type": "checking", "balance": balance, "currency": currency, "owner_id": owner });
    let made = tenant.json(Method::POST, "/v1/accounts", body).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.header("location").to_owned()
}

/// The names on a page.
fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().expect("a page").iter().filter_map(|client| client["name"].as_str()).collect()
}

#[tokio::test]
async fn contract_requests_get_documented_responses() {
    let tenant = saldo().await.tenant().await;
    if tenant.org().is_none() {
        return; // the organization may have other clients of that name
    }
    let list = "/api/clients?page=1&pageSize=10&description=acme";
    assert_snapshot!(tenant.get(list).await.shown(&[]), @r#"
    {
      "data": [],
      "page": 1,
      "pageSize": 10,
      "total": 0,
      "totalPages": 0
    }
    "#);
    let body = "{\n    \"name\": \"ACME Brokers\",\n    \"description\": \"Preferred FX counterparty\"\n  }";
    let made = tenant.send(Method::POST, "/api/clients", &[("content-type", "application/json")], body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(made.header("location"), format!("/api/clients/{id}"));
    account(&tenant, &id, "-45000.5", "ARS").await;
    account(&tenant, &id, "120", "USD").await;
    let listed = tenant.get(list).await;
    let mut sorted = listed.json();
    let accounts = sorted["data"][0]["accounts"].as_array_mut().expect("accounts");
    accounts.sort_by_key(|account| account["currency"].to_string()); // their ids are random
    assert_snapshot!(testing::shown(&sorted, &HIDDEN), @r#"
    {
      "data": [
        {
          "accounts": [
            {
              "balance": -45000.5,
              "currency": "ARS",
              "id": "[id]",
              "position": "client_owes_company",
              "type": "checking"
            },
            {
              "balance": 120,
              "currency": "USD",
              "id": "[id]",
              "position": "company_owes_client",
              "type": "checking"
            }
          ],
          "balances": [
            {
              "balance": -45000.5,
              "currency": "ARS",
              "position": "client_owes_company"
            },
            {
              "balance": 120,
              "currency": "USD",
              "position": "company_owes_client"
            }
          ],
          "created_at": "[created_at]",
          "description": "Preferred FX counterparty",
          "id": "[id]",
          "name": "ACME Brokers",
          "open_amounts": [],
          "type": 1,
          "updated_at": "[updated_at]"
        }
      ],
      "page": 1,
      "pageSize": 10,
      "total": 1,
      "totalPages": 1
    }
    "#);
    let read = tenant.get(&format!("/api/clients/{id}")).await;
    assert_eq!(read.json(), listed.json()["data"][0]);
}

#[tokio::test]
async fn balance_sign_depends_on_client_type() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let (Some(app), Some(org)) = (saldo.app().await, tenant.org()) else { return };
    let now = Timestamp::now();
    let internal = Client {
        id: ClientId::of_seed(Uuid::now_v7()),
        external_id: None,
        name_source: None,
        name: "Till".parse().expect("a name"),
        description: None,
        kind: ClientKind::Internal,
        created_at: now,
        updated_at: now,
    };
    let by = ChangedBy::key(KeyId::of_seed(Uuid::now_v7()), Uuid::now_v7());
    let internal = app.clients.create(org, internal, &by).await.expect("DynamoDB").id.to_string();
    let external = made(&tenant, json!({ "name": "ACME" })).await;
    let cases = [
        (&internal, 0, "100.01", "funds_available"),
        (&internal, 0, "-0.01", "overdraft"),
        (&internal, 0, "0", "settled"),
        (&external, 1, "0.01", "company_owes_client"),
        (&external, 1, "-45000", "client_owes_company"),
        (&external, 1, "-0.00", "settled"),
    ];
    for (client, number, balance, position) in cases {
        let account = account(&tenant, client, balance, "USD").await;
        let read = tenant.get(&format!("/api/clients/{client}")).await.json();
        assert_eq!(read["type"], number, "{read}");
        assert_eq!(read["accounts"][0]["position"], position, "{balance}: {read}");
        assert_eq!(read["balances"][0]["position"], position, "{balance}: {read}");
        assert_eq!(tenant.delete(&account).await.status, 204);
    }
}

#[tokio::test]
async fn balances_per_currency_are_exact_over_thousands_of_accounts() {
    let tenant = saldo().await.tenant().await;
    let client = made(&tenant, json!({ "name": "Many debts" })).await;
    let mut expected: BTreeMap<&str, Decimal> = BTreeMap::new();
    let row = |n: usize| {
        let (currency, places) = [("ARS", 2), ("JPY", 0), ("KWD", 3)][n % 3];
        let amount = Decimal::new(i64::try_from(n * n * 7 + 1).expect("small"), places);
        *expected.entry(currency).or_default() -= amount;
        format!("Debtor {n},{amount},{currency},{client}")
    };
    let rows: Vec<String> = (0..3_000).map(row).collect();
    let csv = format!("contact.name,total_amount,currency,owner_id\n{}", rows.join("\n"));
    assert_eq!(tenant.ended(&tenant.import("text/csv", csv).await).await["imported"], 3_000);

    let read = tenant.get(&format!("/api/clients/{client}")).await.json();
    assert_eq!(read["accounts"].as_array().map(Vec::len), Some(3_000));
    let balances: Vec<(String, String)> = read["balances"]
        .as_array()
        .expect("balances")
        .iter()
        .map(|sum| (sum["currency"].as_str().unwrap_or_default().to_owned(), sum["balance"].to_string()))
        .collect();
    let expected: Vec<(String, String)> = expected
        .into_iter()
        .map(|(currency, sum)| (currency.to_owned(), sum.normalize().to_string()))
        .collect();
    assert_eq!(balances, expected);
}

#[tokio::test]
async fn list_includes_client_with_400_accounts_completely() {
    let tenant = saldo().await.tenant().await;
    let name = tenant.external_id("holding");
    let client = made(&tenant, json!({ "name": name })).await;
    let rows: Vec<String> = (0..400).map(|n| format!("Debtor {n},{n}.25,ARS,{client}")).collect();
    let csv = format!("contact.name,total_amount,currency,owner_id\n{}", rows.join("\n"));
    assert_eq!(tenant.ended(&tenant.import("text/csv", csv).await).await["imported"], 400);
    let listed = tenant.get(&format!("/api/clients?description={name}")).await.json();
    let accounts = listed["data"][0]["accounts"].as_array().expect("accounts");
    let mut ids: Vec<&str> = accounts.iter().filter_map(|account| account["id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 400);
    assert_eq!(listed["data"][0]["balances"][0]["balance"].to_string(), "-79900");
    assert_eq!(listed["data"][0].get("has_more_accounts"), None);
}

#[tokio::test]
async fn search_ignores_case_and_accents() {
    let tenant = saldo().await.tenant().await;
    if tenant.org().is_none() {
        return; // the organization may have other clients
    }
    for (name, description) in [
        ("Société Générale", Some("Banque à Paris")),
        ("ÁCME Brokers", None),
        ("Straße & Söhne", Some("acme's landlord")),
        ("zeta", Some("")),
    ] {
        made(&tenant, json!({ "name": name, "description": description })).await;
    }
    for (search, found) in [
        ("societe", vec!["Société Générale"]),
        ("GENER", vec!["Société Générale"]),
        ("a paris", vec!["Société Générale"]),
        ("acme", vec!["ÁCME Brokers", "Straße & Söhne"]),
        ("%C3%81cm%C3%89", vec!["ÁCME Brokers", "Straße & Söhne"]),
        ("STRASSE", vec!["Straße & Söhne"]),
        ("sohne", vec!["Straße & Söhne"]),
        ("%26", vec!["Straße & Söhne"]),
        ("nobody", vec![]),
        ("", vec!["ÁCME Brokers", "Société Générale", "Straße & Söhne", "zeta"]),
        ("%20%20", vec!["ÁCME Brokers", "Société Générale", "Straße & Söhne", "zeta"]),
    ] {
        let page = tenant.get(&format!("/api/clients?description={search}")).await.json();
        assert_eq!(names(&page), found, "{search}");
        assert_eq!(page["total"], found.len());
    }
}

#[tokio::test]
async fn pages_are_sorted_by_name_with_total_count() {
    let tenant = saldo().await.tenant().await;
    if tenant.org().is_none() {
        return; // the organization may have other clients
    }
    for n in [3, 1, 4, 10, 5, 9, 2, 6, 8, 7, 0] {
        made(&tenant, json!({ "name": format!("Client {n:02}") })).await;
    }
    let mut seen = Vec::new();
    for number in 1..=3 {
        let page = tenant.get(&format!("/api/clients?page={number}&pageSize=4")).await.json();
        let facts =
            [&page["page"], &page["pageSize"], &page["total"], &page["totalPages"]].map(Value::to_string);
        assert_eq!(facts, [&number.to_string(), "4", "11", "3"]);
        seen.extend(names(&page).into_iter().map(str::to_owned));
    }
    assert_eq!(seen, (0..=10).map(|n| format!("Client {n:02}")).collect::<Vec<_>>());
    let beyond = tenant.get("/api/clients?page=4000000000&pageSize=100").await.json();
    assert_eq!((names(&beyond), &beyond["total"], &beyond["totalPages"]), (vec![], &json!(11), &json!(1)));
    assert_eq!(tenant.get("/api/clients").await.json()["pageSize"], 10);
    for query in
        ["page=0", "page=-1", "page=x", "pageSize=0", "pageSize=101", "page_size=5", "page=5000000000"]
    {
        let refused = tenant.get(&format!("/api/clients?{query}")).await;
        assert_eq!(refused.problem(), (400, "invalid_parameter".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn client_without_accounts_can_be_updated_and_deleted() {
    let tenant = saldo().await.tenant().await;
    let id = made(&tenant, json!({ "name": "ACME", "description": "FX" })).await;
    let path = format!("/api/clients/{id}");
    let renamed = tenant.json(Method::PUT, &path, json!({ "name": "ACME 2" })).await;
    assert_eq!(renamed.status, 200, "{renamed:?}");
    assert_eq!((&renamed.json()["name"], &renamed.json()["description"]), (&json!("ACME 2"), &json!("FX")));
    let cleared = tenant.json(Method::PUT, &path, json!({ "description": null })).await.json();
    assert_eq!((&cleared["name"], &cleared["description"]), (&json!("ACME 2"), &Value::Null));
    assert_eq!(tenant.json(Method::PUT, &path, json!({})).await.json(), cleared);
    assert_eq!(tenant.get(&path).await.json(), cleared);

    let account = account(&tenant, &id, "1", "USD").await;
    assert_eq!(tenant.delete(&path).await.problem(), (409, "client_owns_accounts".to_owned()));
    assert_eq!(tenant.json(Method::PUT, &account, json!({ "owner_id": "another" })).await.status, 200);
    assert_eq!(tenant.delete(&path).await.status, 204);
    for answer in [
        tenant.get(&path).await,
        tenant.delete(&path).await,
        tenant.json(Method::PUT, &path, json!({})).await,
    ] {
        assert_eq!(answer.problem(), (404, "not_found".to_owned()));
    }
    let lost = tenant.json(Method::PUT, &path, json!({ "name": "back" })).await;
    assert_eq!(lost.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn invalid_client_lists_all_errors() {
    let tenant = saldo().await.tenant().await;
    let refused = tenant
        .json(Method::POST, "/api/clients", json!({ "name": " ", "type": 0, "colour": 1, "description": 5 }))
        .await;
    assert_snapshot!(refused.shown(&["request_id"]), @r#"
    {
      "code": "invalid_request",
      "detail": "4 parts of the request are invalid; see errors",
      "errors": [
        {
          "code": "invalid_text",
          "detail": "empty",
          "pointer": "/name"
        },
        {
          "code": "invalid_type",
          "detail": "expected a string",
          "pointer": "/description"
        },
        {
          "code": "read_only",
          "detail": "the type can't be set: a client made here is external, type 1",
          "pointer": "/type"
        },
        {
          "code": "unknown_field",
          "detail": "there is no such field",
          "pointer": "/colour"
        }
      ],
      "request_id": "[request_id]",
      "status": 400,
      "title": "The request is invalid",
      "type": "urn:saldo:problem:invalid_request"
    }
    "#);
    for body in [json!({}), json!({ "name": null }), json!({ "name": "A", "type": 1 }), json!([])] {
        let refused = tenant.json(Method::POST, "/api/clients", body.clone()).await;
        assert_eq!(refused.problem(), (400, "invalid_request".to_owned()), "{body}");
    }
    let form = tenant.form(Method::POST, "/api/clients", "name=A").await;
    assert_eq!(form.problem(), (415, "unsupported_media_type".to_owned()));
    let key = Uuid::now_v7().to_string();
    let headers = [("idempotency-key", key.as_str()), ("content-type", "application/json")];
    let body = r#"{"name":"Once"}"#;
    let first = tenant.send(Method::POST, "/api/clients", &headers, body).await;
    let again = tenant.send(Method::POST, "/api/clients", &headers, body).await;
    assert_eq!((&first.text, again.header("idempotency-replayed")), (&again.text, "true"));
}
