//! Adjustments: balances of open items that are set by hand, their acknowledgement, and what later files make of them.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Answer, Tenant, another_day_than_midnight, saldo};

use crate::open_amounts::{account, codes, days_ago, import, shown};

/// The path of the account with an external id.
async fn path(tenant: &Tenant, external_id: &str) -> String {
    format!("/v1/accounts/{}", shown(tenant, external_id).await.0["id"].as_str().expect("an id"))
}

async fn set_balance(tenant: &Tenant, external_id: &str, balance: Value) -> Value {
    let path = path(tenant, external_id).await;
    let changed = tenant.json(Method::PUT, &path, json!({ "balance": balance })).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.json()["balance"], balance, "{changed:?}");
    changed.json()
}

/// The allocations of an account: kind, amount, and day.
async fn allocations(tenant: &Tenant, external_id: &str) -> Vec<Value> {
    let path = format!("{}/allocations?limit=100", path(tenant, external_id).await);
    tenant.get(&path).await.json()["data"].as_array().expect("a list").clone()
}

async fn acknowledge(tenant: &Tenant, lines: Value) -> Answer {
    tenant.json(Method::POST, "/v1/postings/acknowledge", json!({ "lines": lines })).await
}

fn line(allocation: &Value, posted_at: &str) -> Value {
    json!({
        "account_id": allocation["account_id"], "allocation_id": allocation["id"], "posted_at": posted_at
    })
}

/// An import of one account with this amount, as of some days ago.
async fn figure(tenant: &Tenant, external_id: &str, amount: i64, days: i64) -> Value {
    let list = format!("external_id,contact.name,total_amount\n{external_id},A,{amount}\n");
    import(tenant, &list, json!({ "as_of": days_ago(days) })).await
}

async fn open_amount(tenant: &Tenant, external_id: &str) -> Value {
    let account = account(tenant, external_id).await;
    let (open, balance) = (account["open_amount"].as_f64(), account["balance"].as_f64());
    assert_eq!(open, balance.map(|balance| 0.0 - balance), "{account}");
    account["open_amount"].clone()
}

#[tokio::test]
async fn balance_by_hand_is_an_adjustment_that_later_files_do_not_undo() {
    another_day_than_midnight().await;
    let tenant = saldo().await.tenant().await;
    figure(&tenant, "A-1", 1000, 9).await;
    assert_eq!(allocations(&tenant, "A-1").await, Vec::<Value>::new());
    let changed = set_balance(&tenant, "A-1", json!(-900)).await;
    assert_eq!((&changed["total_amount"], &changed["open_amount"]), (&json!(1000), &json!(900)), "{changed}");
    let made = allocations(&tenant, "A-1").await;
    let [adjustment] = &made[..] else { panic!("{made:?}") };
    let found =
        [&adjustment["kind"], &adjustment["amount"], &adjustment["currency"], &adjustment["posted_at"]];
    assert_eq!(found, [&json!("adjustment"), &json!(100), &json!("ARS"), &Value::Null], "{adjustment}");
    assert_eq!(adjustment["made_on"], days_ago(0), "{adjustment}");

    // The same figure again, a part that was paid, and the adjustment, which the source seems to show.
    for (amount, days, open) in [(1000, 8, 900), (700, 7, 600), (900, 6, 900), (650, 5, 550)] {
        figure(&tenant, "A-1", amount, days).await;
        assert_eq!(open_amount(&tenant, "A-1").await, open, "{amount}");
    }
    // An older file changes nothing.
    let stale = figure(&tenant, "A-1", 800, 8).await;
    assert_eq!(codes(&stale, "warnings"), [(0, "stale_as_of".to_owned())], "{stale}");
    assert_eq!(open_amount(&tenant, "A-1").await, 550);

    let answer = acknowledge(&tenant, json!([line(adjustment, &days_ago(5))])).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["lines"], json!([{ "index": 0, "result": "acknowledged", "errors": [] }]));
    assert_eq!(open_amount(&tenant, "A-1").await, 650, "the source's figure has it");
    assert_eq!(allocations(&tenant, "A-1").await[0]["posted_at"], days_ago(5));
    // From a later day on, it is not in the figure of the day before.
    acknowledge(&tenant, json!([line(adjustment, &days_ago(4))])).await;
    assert_eq!(open_amount(&tenant, "A-1").await, 550);
    let moved = figure(&tenant, "A-1", 650, 4).await;
    assert_eq!((&moved["updated"], &moved["unchanged"]), (&json!(1), &json!(0)), "a newer day: {moved}");
    assert_eq!(open_amount(&tenant, "A-1").await, 650);
}

#[tokio::test]
async fn adjustment_that_the_source_shows_is_not_undone() {
    another_day_than_midnight().await;
    let tenant = saldo().await.tenant().await;
    for (external_id, balance) in [("S-1", -900), ("S-2", -850), ("S-3", -800)] {
        figure(&tenant, external_id, 1000, 9).await;
        set_balance(&tenant, external_id, json!(-900)).await;
        figure(&tenant, external_id, 900, 8).await;
        assert_eq!(open_amount(&tenant, external_id).await, 900, "the source shows it");
        set_balance(&tenant, external_id, json!(balance)).await;
        let made = allocations(&tenant, external_id).await;
        let amounts: Vec<_> = made.iter().skip(1).map(|made| made["amount"].as_i64()).collect();
        assert_eq!(
            amounts,
            [900 + balance].into_iter().filter(|amount| *amount != 0).map(Some).collect::<Vec<_>>()
        );
        acknowledge(&tenant, json!([line(&made[0], &days_ago(8))])).await;
        assert_eq!(open_amount(&tenant, external_id).await, -balance, "{made:?}");
    }
    // An older file that comes later explains nothing.
    figure(&tenant, "S-4", 500, 5).await;
    set_balance(&tenant, "S-4", json!(0)).await;
    figure(&tenant, "S-4", 1000, 7).await;
    assert_eq!(open_amount(&tenant, "S-4").await, 0);
}

#[tokio::test]
async fn every_balance_can_be_set() {
    let tenant = saldo().await.tenant().await;
    for (external_id, kind, sign) in
        [("E-1", "invoice", 1), ("E-2", "credit_note", -1), ("E-3", "payment", -1)]
    {
        let list = |amount: i64| {
            format!("external_id,contact.name,total_amount,kind\n{external_id},A,{},{kind}\n", sign * amount)
        };
        // The source has lost 300 on the same day, and then 200 until a later one.
        for (amount, days) in [(1000, 5), (700, 5), (500, 4)] {
            import(&tenant, &list(amount), json!({ "as_of": days_ago(days) })).await;
            for open in [700, 400, 100, 0, -50, 1000, 1300, amount, 200, 200] {
                set_balance(&tenant, external_id, json!(-sign * open)).await;
                assert_eq!(open_amount(&tenant, external_id).await, sign * open, "{kind} {amount}");
            }
            set_balance(&tenant, external_id, json!(-sign * amount)).await;
        }
        set_balance(&tenant, external_id, json!(0)).await;
        assert_eq!(shown(&tenant, external_id).await.0["status"], "resolved");
    }
}

#[tokio::test]
async fn raw_export_with_adjustments_changes_no_amount_weeks_later() {
    let tenant = saldo().await.tenant().await;
    figure(&tenant, "R-1", 1000, 40).await;
    import(&tenant, "external_id,contact.name,total_amount,amounts\nR-2,B,500,originals\n", json!({})).await;
    set_balance(&tenant, "R-1", json!(-850)).await;
    set_balance(&tenant, "R-2", json!(-450)).await;
    let raw = json!({ "format": "csv", "profile": "raw" });
    let exported = tenant.export("accounts", raw).await.text;
    for _ in 0..2 {
        let job = tenant.ended(&tenant.import("text/csv", exported.clone()).await).await;
        assert_eq!((&job["unchanged"], &job["failed"]), (&json!(2), &json!(0)), "{job}");
        assert_eq!(
            (open_amount(&tenant, "R-1").await, open_amount(&tenant, "R-2").await),
            (json!(850), json!(450))
        );
    }
    figure(&tenant, "R-1", 600, 3).await;
    set_balance(&tenant, "R-1", json!(-300)).await;
    tenant.ended(&tenant.import("text/csv", exported).await).await;
    assert_eq!(
        (open_amount(&tenant, "R-1").await, open_amount(&tenant, "R-2").await),
        (json!(300), json!(450))
    );
}

#[tokio::test]
async fn balance_of_a_row_is_ignored_beside_its_amount_and_refused_alone() {
    let tenant = saldo().await.tenant().await;
    figure(&tenant, "B-1", 100, 2).await;
    let id = shown(&tenant, "B-1").await.0["id"].clone();
    let job = tenant.import_rows(json!([{ "id": id, "total_amount": 80, "balance": -5 }])).await;
    assert_eq!((&job["updated"], &job["warnings"]), (&json!(1), &json!([])), "{job}");
    assert_eq!(open_amount(&tenant, "B-1").await, 80);
    let job = tenant.import_rows(json!([{ "id": id, "balance": -5, "notes": "x" }])).await;
    let error = &job["errors"][0];
    assert_eq!((&error["field"], &error["code"]), (&json!("balance"), &json!("read_only")), "{job}");
    assert!(error.to_string().contains("PUT /v1/accounts"), "{error}");
    assert_eq!(open_amount(&tenant, "B-1").await, 80);
}

#[tokio::test]
async fn every_line_of_an_acknowledgement_is_answered() {
    let tenant = saldo().await.tenant().await;
    figure(&tenant, "L-1", 100, 3).await;
    set_balance(&tenant, "L-1", json!(-90)).await;
    let made = allocations(&tenant, "L-1").await;
    let [adjustment] = &made[..] else { panic!("{made:?}") };
    let day = days_ago(2);
    let mut unknown = line(adjustment, &day);
    unknown["allocation_id"] = json!("all_01990000-0000-7000-8000-000000000000");
    let mut nowhere = line(adjustment, &day);
    nowhere["account_id"] = json!("acc_aaaaaaaaaaaaaaaa");
    let lines = json!([line(adjustment, &day), unknown, nowhere, { "posted_at": "2199-12-31" }, 7, line(adjustment, &day)]);
    let answer = acknowledge(&tenant, lines.clone()).await.json();
    let results: Vec<_> =
        answer["lines"].as_array().expect("lines").iter().map(|line| &line["result"]).collect();
    assert_eq!(results, ["acknowledged", "failed", "failed", "failed", "failed", "acknowledged"], "{answer}");
    let counts = [&answer["acknowledged"], &answer["unchanged"], &answer["failed"]];
    assert_eq!(counts, [&json!(2), &json!(0), &json!(4)], "{answer}");
    let codes: Vec<_> =
        answer["lines"][3]["errors"].as_array().expect("errors").iter().map(|error| &error["code"]).collect();
    assert_eq!(codes, ["required", "required", "too_late"], "{answer}");
    let etag = shown(&tenant, "L-1").await.1;
    let again = acknowledge(&tenant, lines).await.json();
    assert_eq!((&again["acknowledged"], &again["unchanged"]), (&json!(0), &json!(2)), "{again}");
    assert_eq!(shown(&tenant, "L-1").await.1, etag, "repeated, it changes nothing");
    // The last of several lines about an adjustment counts.
    for result in ["acknowledged", "unchanged"] {
        let lines = json!([line(adjustment, &days_ago(1)), line(adjustment, &days_ago(3))]);
        let answer = acknowledge(&tenant, lines).await.json();
        assert_eq!(answer[result], 2, "{answer}");
        assert_eq!(allocations(&tenant, "L-1").await[0]["posted_at"], days_ago(3));
    }
    for refused in [json!([]), Value::Null, json!("x")] {
        assert_eq!(acknowledge(&tenant, refused).await.status, 400);
    }
}

#[tokio::test]
async fn hundreds_of_adjustments_are_acknowledged_with_one_request() {
    let tenant = saldo().await.tenant().await;
    figure(&tenant, "H-1", 1000, 3).await;
    let path = path(&tenant, "H-1").await;
    for number in 1..=120 {
        let changed = tenant.json(Method::PUT, &path, json!({ "balance": number - 1000 })).await;
        assert_eq!(changed.status, 200, "{changed:?}");
    }
    let (mut made, mut next): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let after = next.map(|next| format!("&starting_after={next}")).unwrap_or_default();
        let page = tenant.get(&format!("{path}/allocations?limit=50{after}")).await.json();
        made.extend(page["data"].as_array().expect("a list").iter().cloned());
        next = page["next_starting_after"].as_str().map(str::to_owned);
        assert_eq!(page["has_more"], next.is_some(), "{page}");
        if next.is_none() {
            break;
        }
    }
    assert_eq!(made.len(), 120);
    let lines: Vec<_> = made.iter().map(|allocation| line(allocation, &days_ago(3))).collect();
    let answer = acknowledge(&tenant, json!(lines)).await.json();
    assert_eq!((&answer["acknowledged"], &answer["failed"]), (&json!(120), &json!(0)), "{answer}");
    // The original figure is of that day, so it has them already.
    assert_eq!(open_amount(&tenant, "H-1").await, 1000);
}

#[tokio::test]
async fn large_file_and_dry_run_count_adjustments() {
    another_day_than_midnight().await;
    let tenant = saldo().await.tenant().await;
    figure(&tenant, "F-7", 100, 5).await;
    set_balance(&tenant, "F-7", json!(-60)).await;
    // More rows than a chunk has, so that chunk workers write them.
    let list = |amount: i64| {
        let row = |n: i64| format!("F-{n},A,{}\n", if n == 7 { amount } else { 10 });
        "external_id,contact.name,total_amount\n".to_owned() + &(0..600).map(row).collect::<String>()
    };
    for (amount, days, open) in [(100, 4, 60), (80, 3, 40), (60, 2, 60)] {
        let options = json!({ "as_of": days_ago(days), "dry_run": true });
        let before = shown(&tenant, "F-7").await;
        let tried = import(&tenant, &list(amount), options).await;
        assert_eq!(shown(&tenant, "F-7").await, before, "a dry run");
        let job = import(&tenant, &list(amount), json!({ "as_of": days_ago(days) })).await;
        for count in ["imported", "updated", "unchanged", "failed"] {
            assert_eq!(tried[count], job[count], "{count}: {tried} {job}");
        }
        assert_eq!(open_amount(&tenant, "F-7").await, open, "{amount}");
    }
}

#[tokio::test]
async fn deleted_account_takes_its_allocations_with_it() {
    let tenant = saldo().await.tenant().await;
    figure(&tenant, "D-1", 100, 3).await;
    set_balance(&tenant, "D-1", json!(-60)).await;
    let path = path(&tenant, "D-1").await;
    assert_eq!(tenant.delete(&path).await.status, 204);
    assert_eq!(tenant.get(&format!("{path}/allocations")).await.status, 404);
    assert_eq!(tenant.delete(&path).await.status, 404);
    figure(&tenant, "D-1", 100, 2).await;
    assert_eq!(open_amount(&tenant, "D-1").await, 100);
    assert_eq!(allocations(&tenant, "D-1").await, Vec::<Value>::new());
    set_balance(&tenant, "D-1", json!(-70)).await;
    assert_eq!(allocations(&tenant, "D-1").await.len(), 1);
}

#[tokio::test]
async fn adjustments_count_in_their_currency() {
    let tenant = saldo().await.tenant().await;
    let list = |currency: &str, amount: u32| {
        format!("external_id,contact.name,total_amount,currency\nC-1,A,{amount},{currency}\n")
    };
    import(&tenant, &list("EUR", 100), json!({ "as_of": days_ago(5) })).await;
    set_balance(&tenant, "C-1", json!(-80)).await;
    import(&tenant, &list("USD", 130), json!({ "as_of": days_ago(4) })).await;
    assert_eq!(open_amount(&tenant, "C-1").await, 130);
    import(&tenant, &list("EUR", 100), json!({ "as_of": days_ago(3) })).await;
    assert_eq!(open_amount(&tenant, "C-1").await, 80);
    // By hand, another currency is a correction: the numbers stay.
    let path = path(&tenant, "C-1").await;
    let changed = tenant.json(Method::PUT, &path, json!({ "currency": "CHF" })).await.json();
    assert_eq!((&changed["total_amount"], &changed["balance"]), (&json!(100), &json!(-80)), "{changed}");
    let made = allocations(&tenant, "C-1").await;
    let copied: Vec<_> = made.iter().map(|made| (&made["amount"], &made["currency"])).collect();
    assert_eq!(copied, [(&json!(20), &json!("EUR")), (&json!(20), &json!("CHF"))], "{made:?}");
    let refused = tenant.json(Method::PUT, &path, json!({ "currency": "JPY", "balance": "-1.5" })).await;
    assert_eq!(refused.status, 400, "{refused:?}");
}

#[tokio::test]
async fn terms_of_an_open_item_are_set_by_hand() {
    let tenant = saldo().await.tenant().await;
    figure(&tenant, "T-1", 100, 3).await;
    let path = path(&tenant, "T-1").await;
    let terms = json!({
        "kind": "credit_note", "discount_until": "2026-04-01", "discount_amount": 2.5, "references": ["PO 7", "LS-9"]
    });
    let changed = tenant.json(Method::PUT, &path, terms.clone()).await.json();
    for (name, value) in terms.as_object().expect("an object") {
        assert_eq!(&changed[name], value, "{name}: {changed}");
    }
    // The next file states none of them, and an adjustment reduces a credit, too.
    figure(&tenant, "T-1", -100, 2).await;
    let changed =
        tenant.json(Method::PUT, &path, json!({ "balance": 70, "discount_amount": null })).await.json();
    assert_eq!((&changed["open_amount"], changed.get("discount_amount")), (&json!(-70), None), "{changed}");
    assert_eq!(allocations(&tenant, "T-1").await[0]["amount"], -30);
    for (body, pointer) in [
        (json!({ "discount_amount": 1.005 }), "/discount_amount"),
        (json!({ "discount_until": "1969-12-31" }), "/discount_until"),
        (json!({ "kind": "journal" }), "/kind"),
        (json!({ "references": [7] }), "/references"),
    ] {
        let refused = tenant.json(Method::PUT, &path, body).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["errors"][0]["pointer"]),
            (400, &json!(pointer)),
            "{refused:?}"
        );
    }
    let savings = json!({ "type": "savings", "balance": 5, "currency": "USD", "owner_id": "o" });
    let savings = tenant.json(Method::POST, "/v1/accounts", savings).await;
    let refused = tenant.json(Method::PUT, savings.header("location"), json!({ "kind": "invoice" })).await;
    assert_eq!(refused.json()["errors"][0]["code"], "read_only", "{refused:?}");
}

#[tokio::test]
async fn client_shows_what_is_still_owed_in_each_currency() {
    let tenant = saldo().await.tenant().await;
    let list = "external_id,contact.name,total_amount,currency,client_external_id\n\
        O-1,A,100.10,EUR,7\nO-2,A,-30,EUR,7\nO-3,A,50,USD,7\nO-4,A,0.05,EUR,7\n";
    import(&tenant, list, json!({})).await;
    set_balance(&tenant, "O-1", json!(-60.05)).await;
    let client = tenant.get("/api/clients?external_id=7").await.json()["data"][0].clone();
    let account = json!({ "type": "savings", "balance": 5, "currency": "EUR", "owner_id": client["id"] });
    assert_eq!(tenant.json(Method::POST, "/v1/accounts", account).await.status, 201);
    let path = format!("/api/clients/{}", client["id"].as_str().expect("an id"));
    let client = tenant.get(&path).await.json();
    let expected =
        json!([{ "currency": "EUR", "open_amount": 30.10 }, { "currency": "USD", "open_amount": 50 }]);
    assert_eq!(client["open_amounts"], expected, "{client}");
    assert_eq!(client["balances"][0]["balance"], -25.10, "{client}");
    let listed = tenant.get("/api/clients?external_id=7").await.json();
    assert_eq!(listed["data"][0]["open_amounts"], expected, "{listed}");
}
