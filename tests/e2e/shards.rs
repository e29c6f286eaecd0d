//! Organizations with more shards than usual: lists and exports of their accounts, and lists of their clients, are complete
//! and in order.

use std::collections::BTreeSet;

use axum::http::Method;
use futures::TryStreamExt;
use local::Data;
use saldo_domain::account::{Account, AccountFilter};
use saldo_domain::id::OrgId;
use serde_json::{Value, json};
use testing::TestStack;

const ACCOUNTS: usize = 60;

/// A stack whose organization has this number of shards.
async fn with_shards(stack: &TestStack, shards: &str) -> TestStack {
    let org = OrgId::random_with(shards.parse().expect("a number of shards")).expect("randomness");
    let key = local::demo::create_organization(&stack.app, org.clone(), "Test", "ARS").await;
    let key = key.expect("an organization").expose().to_owned();
    TestStack { org, key, ..stack.clone() }
}

async fn ok(stack: &TestStack, method: Method, path: &str, body: Value) -> Value {
    let (status, answer) = stack.ask(&stack.app, method, path, body).await;
    assert!(status.is_success(), "{path}: {answer}");
    answer
}

fn ids(list: &Value) -> Vec<String> {
    let list = list["data"].as_array().expect("a list").iter();
    list.map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn lists_and_exports_of_many_shards_are_complete_and_in_order() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    for shards in ["16", "32", "256"] {
        let stack = with_shards(&stack, shards).await;
        let (mut created, mut clients) = (BTreeSet::new(), BTreeSet::new());
        for n in 0..ACCOUNTS {
            let account = json!({ "type": "savings", "balance": n, "currency": "USD", "owner_id": "owner" });
            let account = ok(&stack, Method::POST, "/v1/accounts", account).await;
            created.insert(account["id"].as_str().expect("an id").to_owned());
            if n % 4 == 0 {
                let client = json!({ "name": format!("Client {n:02}"), "description": "many" });
                let client = ok(&stack, Method::POST, "/api/clients", client).await;
                clients.insert(client["id"].as_str().expect("an id").to_owned());
            }
        }
        for path in ["/v1/accounts?limit=7", "/v1/accounts?limit=7&type=savings"] {
            let mut listed = Vec::new();
            loop {
                let after = listed.last().map_or(String::new(), |last| format!("&starting_after={last}"));
                let page = ok(&stack, Method::GET, &format!("{path}{after}"), Value::Null).await;
                listed.extend(ids(&page));
                if page["has_more"] == false {
                    break;
                }
                assert_eq!(ids(&page).len(), 7, "{shards}: {path}");
            }
            assert_eq!(listed.len(), ACCOUNTS, "{shards}: {path}: each of them once");
            assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), created, "{shards}: {path}");
        }
        let exported = stack.app.accounts.export(&stack.org, &AccountFilter::default(), Vec::new(), 3);
        let exported: Vec<Account> = exported.try_collect().await.expect("no faults");
        let exported: Vec<String> = exported.iter().map(|account| account.id.to_string()).collect();
        assert_eq!(exported, created.into_iter().collect::<Vec<_>>(), "{shards}: in the order of ids");

        let page = ok(&stack, Method::GET, "/api/clients?pageSize=100", Value::Null).await;
        assert_eq!(ids(&page).into_iter().collect::<BTreeSet<_>>(), clients, "{shards}");
        let one = clients.first().expect("a client");
        ok(&stack, Method::PUT, &format!("/api/clients/{one}"), json!({ "name": "Other" })).await;
        ok(&stack, Method::DELETE, &format!("/api/clients/{one}"), Value::Null).await;
        let page = ok(&stack, Method::GET, "/api/clients?pageSize=100", Value::Null).await;
        assert_eq!(ids(&page).len(), clients.len() - 1, "{shards}");
    }
    stack.stop().await;
}
