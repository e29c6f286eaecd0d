//! Random files about open items, which run side by side, against the formulas of their amounts: credit notes, files of older
//! days, days of rows, of options and by default, and raw exports that are imported again; and balances that are set and
//! adjustments that are acknowledged meanwhile.
//!
//! `SALDO_SEEDS` is the number of random histories.

use std::cmp::Reverse;
use std::env;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use saldo_domain::money::Decimal;
use saldo_domain::receivable::ItemKind;
use serde_json::{Value, json};
use testing::{Answer, Tenant, another_day_than_midnight, saldo};

const ACCOUNTS: usize = 6;
const FILES: usize = 9;
const NDJSON: &str = "application/x-ndjson";

/// What a row says about amounts.
#[derive(Clone, Debug)]
struct Row {
    total: Decimal,
    as_of: Date,
    original: Option<(Decimal, Option<Date>)>,
    kind: Option<ItemKind>,
    amounts: Option<String>,
}

/// The rows about each account, in the order in which their imports were accepted.
type Accounts = [Vec<Row>; ACCOUNTS];

fn days_ago(days: i64) -> Date {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.checked_sub(days.days()).expect("a day")
}

fn decimal(value: &Value) -> Decimal {
    value.to_string().parse().unwrap_or_else(|_| panic!("an amount: {value}"))
}

fn text<T: std::str::FromStr>(value: &Value) -> Option<T> {
    value.as_str().and_then(|text| text.parse().ok())
}

/// The row of a file, of which rows without a day have this one.
fn read(row: &Value, default: Date, amounts: Option<&str>) -> Row {
    let original = row.get("original_amount").filter(|amount| !amount.is_null());
    Row {
        total: decimal(&row["total_amount"]),
        as_of: text(&row["as_of"]).unwrap_or(default),
        original: original.map(|amount| (decimal(amount), text(&row["original_as_of"]))),
        kind: text(&row["kind"]),
        amounts: text(&row["amounts"]).or(amounts.map(str::to_owned)),
    }
}

/// A row about an account, with a day, a kind and an original amount or without.
fn row(random: &mut StdRng, number: usize) -> Value {
    let mut row = json!({
        "external_id": format!("M-{number}"), "contact": { "name": "A" }, "total_amount": random.random_range(-3..9),
        "client_external_id": "M"
    });
    if random.random_bool(0.4) {
        row["as_of"] = json!(days_ago(random.random_range(0..6)));
    }
    if random.random_bool(0.2) {
        let kinds = ["invoice", "credit_note", "payment"];
        row["kind"] = json!(kinds.choose(random));
    }
    if random.random_bool(0.2) {
        row["original_amount"] = json!(random.random_range(-3..12));
        if random.random_bool(0.5) {
            row["original_as_of"] = json!(days_ago(random.random_range(3..9)));
        }
    }
    row
}

/// Accepts a file, and notes what it says.
async fn begin(
    tenant: &Tenant,
    rows: &[Value],
    query: &str,
    said: (Date, Option<&str>),
    accounts: &mut Accounts,
) -> Answer {
    let body = rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let path = format!("/api/v1/import{query}");
    let accepted = tenant.send(Method::POST, &path, &[("content-type", NDJSON)], body).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    for row in rows {
        let id: &str = row["external_id"].as_str().expect("an id");
        let number: usize = id.trim_start_matches("M-").parse().expect("a number");
        accounts[number].push(read(row, said.0, said.1));
    }
    accepted
}

/// Some or all accounts as a raw export has them.
async fn exported(tenant: &Tenant) -> Vec<Value> {
    let request = json!({ "format": "ndjson", "profile": "raw" });
    let file = tenant.export("accounts", request).await.text;
    file.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

async fn history(seed: u64) {
    another_day_than_midnight().await;
    let tenant = saldo().await.tenant().await;
    let mut random = StdRng::seed_from_u64(seed);
    let mut accounts = Accounts::default();
    let mut accepted = Vec::new();
    for _ in 0..FILES {
        if random.random_bool(0.6) {
            change_by_hand(&tenant, &mut random).await;
        }
        let (rows, query, said) = if random.random_bool(0.2) {
            (exported(&tenant).await, String::new(), (days_ago(1), None))
        } else {
            let wanted = (0..ACCOUNTS).filter(|_| random.random_bool(0.7)).collect::<Vec<_>>();
            let rows = wanted.into_iter().map(|number| row(&mut random, number)).collect();
            let day = random.random_bool(0.5).then(|| days_ago(random.random_range(0..6)));
            let amounts =
                random.random_bool(0.3).then(|| ["open_items", "originals"].choose(&mut random).copied());
            let amounts = amounts.flatten();
            let options =
                [day.map(|day| format!("as_of={day}")), amounts.map(|amounts| format!("amounts={amounts}"))];
            let options: Vec<_> = options.into_iter().flatten().collect();
            (rows, format!("?{}", options.join("&")), (day.unwrap_or(days_ago(1)), amounts))
        };
        if !rows.is_empty() {
            accepted.push(begin(&tenant, &rows, &query, said, &mut accounts).await);
        }
    }
    for accepted in &accepted {
        let job = tenant.ended(accepted).await;
        assert_eq!(job["status"], "completed", "seed {seed}: {job}");
    }
    for _ in 0..random.random_range(0..3) {
        change_by_hand(&tenant, &mut random).await;
    }
    let stored = exported(&tenant).await;
    assert_eq!(stored.len(), accounts.iter().filter(|rows| !rows.is_empty()).count(), "seed {seed}");
    let mut owed = Decimal::ZERO;
    for account in stored {
        let number: usize = account["external_id"].as_str().expect("an id")[2..].parse().expect("a number");
        let allocations = allocations(&tenant, account["id"].as_str().expect("an id")).await;
        check(&account, &accounts[number], &allocations, seed);
        owed += decimal(&account["open_amount"]);
    }
    let client = tenant.get("/api/clients?external_id=M").await.json();
    if let Some(client) = client["data"].get(0) {
        assert_eq!(decimal(&client["open_amounts"][0]["open_amount"]), owed, "seed {seed}: {client}");
    }
}

/// Sets the balance of an account, or acknowledges one of its adjustments, if there is one.
async fn change_by_hand(tenant: &Tenant, random: &mut StdRng) {
    let listed = tenant.get("/v1/accounts").await.json();
    let Some(account) = listed["data"].as_array().expect("a list").choose(random) else { return };
    let id = account["id"].as_str().expect("an id");
    if random.random_bool(0.6) {
        let balance = json!(random.random_range(-9..9));
        let change = json!({ "balance": balance });
        let changed = tenant.json(Method::PUT, &format!("/v1/accounts/{id}"), change).await;
        assert_eq!((changed.status.as_u16(), &changed.json()["balance"]), (200, &balance), "{changed:?}");
        return;
    }
    let adjustments = allocations(tenant, id).await;
    let Some(adjustment) = adjustments.choose(random) else { return };
    let posted_at = days_ago(random.random_range(-1..8));
    let line = json!({ "account_id": id, "allocation_id": adjustment["id"], "posted_at": posted_at });
    let answer = tenant.json(Method::POST, "/v1/postings/acknowledge", json!({ "lines": [line] })).await;
    assert_eq!(answer.json()["failed"], 0, "{answer:?}");
}

async fn allocations(tenant: &Tenant, id: &str) -> Vec<Value> {
    let listed = tenant.get(&format!("/v1/accounts/{id}/allocations?limit=100")).await.json();
    assert_eq!(listed["has_more"], false, "{listed}");
    listed["data"].as_array().expect("a list").clone()
}

/// An adjustment: its amount, its acknowledgement, and the source's figure when it was made, with its day.
struct Made {
    amount: Decimal,
    posted_at: Option<Date>,
    figure: (Decimal, Date),
}

/// What is still owed by the formula, without cash. The figures and the allocations are multiplied by the sign of the kind.
fn open_amount(
    originals: bool,
    (original, original_as_of): (Decimal, Option<Date>),
    (total, as_of): (Decimal, Date),
    allocations: &[Made],
) -> Decimal {
    let sum = |wanted: &dyn Fn(Option<Date>) -> bool| -> Decimal {
        allocations.iter().filter(|made| wanted(made.posted_at)).map(|made| made.amount).sum()
    };
    if originals {
        return total - sum(&|_| true);
    }
    let pending = sum(&|posted| posted.is_none_or(|posted| posted > as_of));
    let gap = |(total, as_of): (Decimal, Date)| {
        let is_posted = |posted: Date| posted <= as_of && original_as_of.is_none_or(|first| posted > first);
        sum(&|posted| posted.is_some_and(is_posted)) - (original - total)
    };
    // Without cash, the source is right but for the adjustments that it does not show.
    let is_shown = allocations.last().is_some_and(|last| {
        last.figure != (total, as_of) && gap((total, as_of)) + pending == gap(last.figure)
    });
    if is_shown { total } else { total - pending }
}

/// Compares an account with what the formulas make of its rows.
fn check(account: &Value, rows: &[Row], allocations: &[Value], seed: u64) {
    let (_, latest) = rows.iter().enumerate().max_by_key(|(at, row)| (row.as_of, *at)).expect("rows");
    let kind = rows.iter().rev().find_map(|row| row.kind).unwrap_or(ItemKind::of_new(rows[0].total));
    let amounts = rows.iter().rev().find_map(|row| row.amounts.clone());
    let figures = rows.iter().flat_map(|row| [Some((row.total, Some(row.as_of))), row.original]).flatten();
    let sign = if kind.is_credit() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
    let original = figures.max_by_key(|(amount, day)| (sign * *amount, Reverse(*day))).expect("figures");
    let expected = json!({
        "kind": kind, "amounts": amounts.as_deref().unwrap_or("open_items"), "as_of": latest.as_of, "original_as_of": original.1
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&account[name], value, "seed {seed}: {name} of {account}: {rows:#?}");
    }
    let allocated = allocations.iter().map(|made| Made {
        amount: sign * decimal(&made["amount"]),
        posted_at: text(&made["posted_at"]),
        figure: (sign * decimal(&made["total_amount"]), text(&made["as_of"]).expect("a day")),
    });
    let allocated: Vec<_> = allocated.collect();
    let original_figure = (sign * original.0, original.1);
    let latest_figure = (sign * latest.total, latest.as_of);
    let is_originals = amounts.as_deref() == Some("originals");
    let open = sign * open_amount(is_originals, original_figure, latest_figure, &allocated);
    for (name, amount) in [
        ("total_amount", latest.total),
        ("open_amount", open),
        ("balance", -open),
        ("original_amount", original.0),
    ] {
        assert_eq!(
            decimal(&account[name]),
            amount,
            "seed {seed}: {name} of {account}: {rows:#?} {allocations:#?}"
        );
    }
}

#[tokio::test]
async fn amounts_are_those_of_the_formulas() {
    let seeds = env::var("SALDO_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(4);
    for seed in 0..seeds {
        history(seed).await;
    }
}
