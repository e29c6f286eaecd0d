//! The busiest routes through the local stack: calls per second, and the capacity of DynamoDB that each
//! call consumes; then a search among 10,000 clients.
//!
//! `cargo bench --workspace --bench routes`
//!
//! The embedded AWS services run in a process of their own. Calls per second depend on
//! them as much as on the functions, so compare them only with each other. Requests and units are those
//! that AWS would charge, with the key's look-up (one request, one read unit). Processor time, user and system,
//! is that of this process: the functions, and the client that calls them.

use std::fmt::Display;
use std::time::Instant;

use futures::StreamExt;
use futures::stream;
use reqwest::Method;
use serde_json::{Value, json};
use testing::bench::Bench;
use testing::wire::Sum;
use testing::{Answer, Tenant};

const ACCOUNTS: usize = 4_000;
const CLIENTS: usize = 10_000;
const TRANSACTIONS: usize = 1_000;
/// The number of concurrent calls.
const CALLERS: usize = 32;

#[tokio::main]
async fn main() {
    let bench = Bench::start().await;
    let tenant = &bench.tenant;
    println!(
        "{:<44}{:>7}{:>10}{:>10}{:>8}{:>8}{:>9}",
        "", "calls", "calls/s", "requests", "reads", "writes", "CPU ms"
    );

    let created = measure(&bench, "create an account", ACCOUNTS, async |n| {
        let account = json!({ "type": "savings", "balance": n, "currency": "USD", "owner_id": format!("owner-{}", n % 100) });
        tenant.json(Method::POST, "/v1/accounts", account).await
    })
    .await;
    let paths: Vec<&str> = created.iter().map(|answer| answer.header("location")).collect();
    measure(&bench, "read an account", ACCOUNTS, async |n| tenant.get(paths[n]).await).await;
    measure(&bench, "change an account's balance", ACCOUNTS, async |n| {
        tenant.json(Method::PUT, paths[n], json!({ "balance": n + 1 })).await
    })
    .await;
    for (limit, calls) in [(10, 1_000), (100, 200)] {
        let after = |n: usize| paths[n].rsplit('/').next().unwrap_or_default();
        measure(&bench, format!("list {limit} accounts"), calls, async |n| {
            tenant.get(&format!("/v1/accounts?limit={limit}&starting_after={}", after(n))).await
        })
        .await;
    }
    measure(&bench, "list an owner's 10 accounts", 1_000, async |n| {
        tenant.get(&format!("/v1/accounts?owner_id=owner-{}", n % 100)).await
    })
    .await;

    measure(&bench, "import 1,000 new transactions", 20, async |n| import(tenant, n).await).await;
    measure(&bench, "import the same 1,000 again", 20, async |n| import(tenant, n).await).await;
    measure(&bench, "list 100 transactions", 200, async |n| {
        tenant.get(&format!("/api/public/v1/transactions?accountIdentifier=iban-{}&limit=100", n % 20)).await
    })
    .await;

    measure(&bench, "create a client", CLIENTS, async |n| {
        let client =
            json!({ "name": format!("Client {n:05} Société"), "description": "Preferred FX counterparty" });
        tenant.json(Method::POST, "/api/clients", client).await
    })
    .await;
    search(&bench).await;
    bench.stop().await;
}

/// Makes the calls, prints their line, and returns the responses.
async fn measure(
    bench: &Bench,
    what: impl Display,
    calls: usize,
    call: impl AsyncFn(usize) -> Answer,
) -> Vec<Answer> {
    bench.meter.lap();
    let (begun, cpu) = (Instant::now(), bench.cpu_seconds());
    let answers: Vec<Answer> = stream::iter(0..calls).map(|n| call(n)).buffered(CALLERS).collect().await;
    let (seconds, cpu) = (begun.elapsed().as_secs_f64(), bench.cpu_seconds() - cpu);
    for answer in &answers {
        assert!(answer.status.is_success(), "{answer:?}");
    }
    let Sum { requests, read_units, write_units } = Sum::of(&bench.meter.lap());
    let each = |of: f64| of / calls as f64;
    println!(
        "{:<44}{calls:>7}{:>10.0}{:>10.2}{:>8.2}{:>8.2}{:>9.2}",
        what.to_string(),
        calls as f64 / seconds,
        each(requests as f64),
        each(read_units),
        each(write_units),
        each(cpu * 1_000.0)
    );
    answers
}

async fn import(tenant: &Tenant, n: usize) -> Answer {
    let row = |i: usize| {
        json!({
            "accountIdentifier": format!("iban-{n}"), "transactionId": format!("{i}"), "text": "Miete Januar, Danke",
            "amount": "850.00", "currency": "EUR", "valutaAt": format!("2026-01-{:02}", i % 28 + 1)
        })
    };
    let rows: Vec<Value> = (0..TRANSACTIONS).map(row).collect();
    tenant.json(Method::POST, "/api/public/v1/transactions", json!({ "transactions": rows })).await
}

/// The searches of one caller among all clients: one that finds few and one that finds all.
async fn search(bench: &Bench) {
    for (search, found, page_size) in [("0999", 11, 10), ("SOCIETE", CLIENTS, 100)] {
        bench.meter.lap();
        let begun = Instant::now();
        let page = bench.tenant.get(&format!("/api/clients?description={search}&pageSize={page_size}")).await;
        let elapsed = begun.elapsed();
        assert_eq!(page.json()["total"], found, "{search}");
        let Sum { requests, read_units, .. } = Sum::of(&bench.meter.lap());
        println!(
            "search {CLIENTS} clients, find {found}, show {page_size}: {elapsed:.0?}, {requests} requests, {read_units} read units"
        );
    }
}
