//! Every filter, alone and with every other, at its bounds and just beside them, compared with a scan
//! of all accounts in memory.
//!
//! `SALDO_SEEDS` is the number of random portfolios.

use std::env;

use futures::{StreamExt, stream};
use jiff::Span;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use saldo_domain::money::Decimal;
use serde_json::{Map, Value, json};
use testing::{Tenant, saldo};

const ACCOUNTS: usize = 80;
/// How many exports are requested at the same time.
const IN_FLIGHT: usize = 8;

/// A filter, and whether an exported account matches it.
type Filter = (Value, Box<dyn Fn(&Value) -> bool + Send + Sync>);

#[tokio::test]
async fn every_filter_and_pair_of_filters_finds_exactly_matching_accounts() {
    let seeds = env::var("SALDO_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(1);
    for seed in 0..seeds {
        testing::another_day_than_midnight().await;
        let mut random = StdRng::seed_from_u64(seed);
        let tenant = saldo().await.tenant().await;
        let accounts = portfolio(&tenant, &mut random).await;
        let groups = filters(&accounts, &mut random);
        let mut asked: Vec<Vec<&Filter>> = groups.iter().flatten().map(|filter| vec![filter]).collect();
        for (at, first) in groups.iter().enumerate() {
            for second in &groups[at + 1..] {
                // Each value of both filters is combined with one of the other's. All combinations
                // would be three times as many.
                let shift = random.random_range(0..second.len());
                let others = second.iter().cycle().skip(shift);
                asked.extend(first.iter().zip(others).map(|(first, second)| vec![first, second]));
            }
        }
        let matched: Vec<usize> = stream::iter(asked)
            .map(|filters| check(&tenant, &accounts, filters))
            .buffer_unordered(IN_FLIGHT)
            .collect()
            .await;
        let telling = matched.iter().filter(|count| (1..accounts.len()).contains(*count)).count();
        println!(
            "seed {seed}: {} exports, {telling} of them of some accounts and not of others",
            matched.len()
        );
        assert!(telling * 3 > matched.len(), "most filters find no account or all of them: {telling}");
    }
}

/// Requests one export and compares it with the model. Returns how many accounts match.
async fn check(tenant: &Tenant, accounts: &[Value], filters: Vec<&Filter>) -> usize {
    let mut merged = Map::new();
    let mut crossed = false;
    for (name, value) in filters.iter().filter_map(|(filter, _)| filter.as_object()).flatten() {
        merged.insert(name.clone(), value.clone());
    }
    for [from, to] in [["min_amount", "max_amount"], ["days_past_due_min", "days_past_due_max"]] {
        let end =
            |name: &str| merged.get(name).map(|end| end.to_string().parse::<Decimal>().expect("a number"));
        crossed |= end(from).zip(end(to)).is_some_and(|(from, to)| from > to);
    }
    let request = json!({ "format": "json", "filters": merged });
    let answer = tenant.export("accounts", request.clone()).await;
    if crossed {
        assert_eq!(answer.status, 400, "{request}");
        return 0;
    }
    let expected: Vec<&Value> =
        accounts.iter().filter(|account| filters.iter().all(|(_, matches)| matches(account))).collect();
    let found = answer.json();
    let found: Vec<&Value> = found.as_array().expect("an array").iter().collect();
    assert_eq!(found, expected, "{request}");
    found.len()
}

/// Creates random accounts, by import and one by one, and returns all of them from an export without
/// filters.
async fn portfolio(tenant: &Tenant, random: &mut StdRng) -> Vec<Value> {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut some =
        |of: &[&str]| of.choose(random).filter(|text| !text.is_empty()).map(|text| (*text).to_owned());
    let mut rows = Vec::new();
    for n in 0..ACCOUNTS {
        let day = |days: &str| today.saturating_add(Span::new().days(days.parse::<i64>().expect("a number")));
        rows.push(json!({
            "contact": { "name": format!("{n}") },
            "external_id": some(&["", "x"]).map(|_| tenant.external_id(&n.to_string())),
            "total_amount": some(&["0", "0.01", "99.99", "100", "100.00", "100.01", "5000", "9999999999999999999999999.99"]),
            "due_date": some(&["", "-400", "-31", "-30", "-29", "-1", "0", "1", "30"]).map(|days| day(&days)),
            "status": some(&["", "active", "resolved", "Active", "active "]),
            "currency": some(&["", "ARS", "USD", "EUR"]),
            "type": some(&["", "receivable", "loan"]),
            "campaign_id": some(&["", "c1", "c2"]),
            "source_system": some(&["", "SAP", "sap", "S4"]),
            "owner_id": some(&["", "o1", "o2"])
        }));
    }
    let (first, second) = rows.split_at(ACCOUNTS / 2);
    for rows in [first, second] {
        assert_eq!(tenant.import_rows(json!(rows)).await["failed"], 0);
    }
    for owner in ["o1", "o2"] {
        let account = json!({ "type": "loan", "balance": -100, "currency": "ARS", "owner_id": owner });
        assert_eq!(tenant.json(reqwest::Method::POST, "/v1/accounts", account).await.status, 201);
    }
    let accounts = tenant.export("accounts", json!({ "format": "json" })).await.json();
    let accounts = accounts.as_array().expect("an array").clone();
    assert_eq!(accounts.len(), ACCOUNTS + 2);
    accounts
}

/// The filters, each with some values: those of some accounts, the next lower and higher ones, and one
/// that no account has.
fn filters(accounts: &[Value], random: &mut StdRng) -> Vec<Vec<Filter>> {
    let of_random = |random: &mut StdRng, field: &str| {
        let values: Vec<&Value> =
            accounts.iter().map(|account| &account[field]).filter(|value| !value.is_null()).collect();
        (*values.choose(random).expect("some account has it")).clone()
    };
    let mut groups = Vec::new();
    for field in ["status", "campaign_id", "source_system", "currency", "type", "owner_id", "external_id"] {
        let nothing = if field == "currency" { "XTS" } else { "nothing" };
        let values = [of_random(random, field), of_random(random, field), json!(nothing)];
        groups.push(values.into_iter().map(|value| is(field, value)).collect());
    }
    for (name, field, step, at_least) in [
        ("min_amount", "total_amount", "0.01", true),
        ("max_amount", "total_amount", "0.01", false),
        ("days_past_due_min", "days_past_due", "1", true),
        ("days_past_due_max", "days_past_due", "1", false),
    ] {
        let step: Decimal = step.parse().expect("a number");
        let bound = number(&of_random(random, field)).expect("a number");
        groups.push(
            [bound - step, bound, bound + step].map(|bound| bounded(name, field, bound, at_least)).into(),
        );
    }
    let moment =
        |value: &Value| value.as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok()).expect("a moment");
    let updated = moment(&of_random(random, "updated_at"));
    let micro = Span::new().microseconds(random.random_range(1..1_000));
    let since = [updated.saturating_sub(micro), Ok(updated), updated.saturating_add(micro)];
    let since = since.map(|since| {
        let since = since.expect("a moment");
        let matches = move |account: &Value| moment(&account["updated_at"]) >= since;
        (json!({ "updated_since": since.to_string() }), Box::new(matches) as Box<_>)
    });
    groups.push(since.into());
    groups
}

fn is(field: &'static str, wanted: Value) -> Filter {
    (json!({ field: &wanted }), Box::new(move |account| account[field] == wanted))
}

fn bounded(name: &'static str, field: &'static str, bound: Decimal, at_least: bool) -> Filter {
    let matches = move |account: &Value| {
        number(&account[field]).is_some_and(|value| if at_least { value >= bound } else { value <= bound })
    };
    let bound: Value = serde_json::from_str(&bound.normalize().to_string()).expect("a number");
    (json!({ name: bound }), Box::new(matches))
}

fn number(value: &Value) -> Option<Decimal> {
    value.as_number().map(|number| number.to_string().parse().expect("a number"))
}
