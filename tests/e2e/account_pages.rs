//! Pages of accounts. Each account is listed exactly once, also when other accounts are created or
//! deleted between pages.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

const ACCOUNTS: usize = 250;
const TYPES: [&str; 3] = ["savings", "receivable", "loan"];
const OWNERS: [&str; 3] = ["owner-a", "owner-b", "owner-c"];

/// Creates accounts, some by import and some one by one, and returns the id, type and owner of each.
async fn populate(tenant: &Tenant) -> Vec<(String, String, String)> {
    let row = |n: usize| json!({ "contact": { "name": "A" }, "total_amount": n, "type": TYPES[n % 3], "owner_id": OWNERS[n / 3 % 3] });
    let rows: Vec<Value> = (0..ACCOUNTS - 25).map(row).collect();
    assert_eq!(tenant.import_rows(json!(rows)).await["imported"], ACCOUNTS - 25);
    for n in 0..25 {
        make(tenant, TYPES[n % 3], OWNERS[n / 3 % 3]).await;
    }
    let all = walk(tenant, "limit=100", async || ()).await;
    let text = |account: &Value, field: &str| account[field].as_str().unwrap_or_default().to_owned();
    all.iter().map(|a| (text(a, "id"), text(a, "type"), text(a, "owner_id"))).collect()
}

async fn make(tenant: &Tenant, kind: &str, owner: &str) -> String {
    let account = json!({ "type": kind, "balance": "10.50", "currency": "USD", "owner_id": owner });
    let made = tenant.json(Method::POST, "/v1/accounts", account).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.header("location").to_owned()
}

/// The accounts of all pages; `between` runs after each page.
async fn walk(tenant: &Tenant, query: &str, mut between: impl AsyncFnMut()) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut path = format!("/v1/accounts?{query}");
    loop {
        let page = tenant.get(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        let page = page.json();
        let data = page["data"].as_array().expect("a page").clone();
        found.extend(data.iter().cloned());
        match (&page["has_more"], data.last()) {
            (Value::Bool(true), Some(last)) => {
                path = format!("/v1/accounts?{query}&starting_after={}", last["id"].as_str().expect("an id"));
            }
            (Value::Bool(false), _) => return found,
            _ => panic!("has_more without an account to continue after: {page}"),
        }
        between().await;
    }
}

#[tokio::test]
async fn pages_of_any_size_list_every_account_once() {
    let tenant = saldo().await.tenant().await;
    if tenant.org().is_none() {
        return; // the organization may have other accounts
    }
    let accounts = populate(&tenant).await;
    assert_eq!(accounts.len(), ACCOUNTS);
    for limit in [7, 10, 100] {
        for (kind, owner) in [("", ""), ("savings", ""), ("", "owner-b"), ("loan", "owner-c"), ("none", "")] {
            let wanted: BTreeSet<&str> = accounts
                .iter()
                .filter(|(_, k, o)| (kind.is_empty() || k == kind) && (owner.is_empty() || o == owner))
                .map(|(id, ..)| id.as_str())
                .collect();
            let query = format!("limit={limit}&type={kind}&owner_id={owner}");
            let found = walk(&tenant, &query, async || ()).await;
            let ids: Vec<&str> = found.iter().filter_map(|account| account["id"].as_str()).collect();
            assert_eq!(ids.iter().copied().collect::<BTreeSet<_>>(), wanted, "{query}");
            assert_eq!(ids.len(), wanted.len(), "{query}: one came twice");
        }
    }
}

#[tokio::test]
async fn paging_lists_stable_accounts_once_during_changes() {
    let tenant = saldo().await.tenant().await;
    if tenant.org().is_none() {
        return; // the organization may have other accounts
    }
    let accounts = populate(&tenant).await;
    for (limit, kind, owner) in [(7, "", ""), (10, "savings", ""), (10, "", "owner-a"), (100, "", "")] {
        let stays: BTreeSet<&str> = accounts
            .iter()
            .filter(|(_, k, o)| (kind.is_empty() || k == kind) && (owner.is_empty() || o == owner))
            .map(|(id, ..)| id.as_str())
            .collect();
        let mut goes =
            vec![make(&tenant, "savings", "owner-a").await, make(&tenant, "savings", "owner-a").await];
        let query = format!("limit={limit}&type={kind}&owner_id={owner}");
        let found = walk(&tenant, &query, async || {
            goes.push(make(&tenant, "savings", "owner-a").await);
            assert_eq!(tenant.delete(&goes.remove(0)).await.status, 204);
        })
        .await;
        let ids: Vec<&str> = found.iter().filter_map(|account| account["id"].as_str()).collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "{query}: one came twice");
        assert!(distinct.is_superset(&stays), "{query}: one did not come");
        for path in goes {
            assert_eq!(tenant.delete(&path).await.status, 204);
        }
    }
}

#[tokio::test]
async fn page_can_start_after_deleted_account() {
    let tenant = saldo().await.tenant().await;
    if tenant.org().is_none() {
        return; // the organization may have other accounts
    }
    for _ in 0..5 {
        make(&tenant, "savings", "o").await;
    }
    let all = walk(&tenant, "owner_id=o", async || ()).await;
    let ids: Vec<&str> = all.iter().filter_map(|account| account["id"].as_str()).collect();
    assert_eq!(tenant.delete(&format!("/v1/accounts/{}", ids[1])).await.status, 204);
    for query in ["owner_id=o", "type=savings"] {
        let rest = tenant.get(&format!("/v1/accounts?{query}&starting_after={}", ids[1])).await.json();
        assert!(!rest.to_string().contains(ids[1]), "{rest}");
        assert_eq!(rest["has_more"], false);
    }
    let rest = tenant.get(&format!("/v1/accounts?owner_id=o&starting_after={}", ids[1])).await.json();
    let rest: Vec<&str> =
        rest["data"].as_array().expect("a page").iter().filter_map(|a| a["id"].as_str()).collect();
    assert_eq!(rest, ids[2..]);
}

#[tokio::test]
async fn rare_type_is_found_among_many_accounts() {
    let tenant = saldo().await.tenant().await;
    if tenant.org().is_none() {
        return; // the organization may have other accounts
    }
    // More accounts than one query reads, with the rare ones anywhere among them.
    let kind = |n: usize| if n.is_multiple_of(100) { "rare" } else { "common" };
    let rows: Vec<String> = (0..1_200).map(|n| format!("Ana,1,{},owner-z", kind(n))).collect();
    let csv = format!("contact.name,total_amount,type,owner_id\n{}", rows.join("\n"));
    assert_eq!(tenant.ended(&tenant.import("text/csv", csv).await).await["imported"], 1_200);
    for (query, wanted) in
        [("type=rare&limit=5", 12), ("type=rare&owner_id=owner-z&limit=5", 12), ("limit=100", 1_200)]
    {
        let found = walk(&tenant, query, async || ()).await;
        let ids: BTreeSet<&str> = found.iter().filter_map(|account| account["id"].as_str()).collect();
        assert_eq!((found.len(), ids.len()), (wanted, wanted), "{query}");
    }
}
