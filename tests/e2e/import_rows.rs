//! The result of every row of an import, and the account that it stores.

use insta::assert_snapshot;
use saldo_domain::account::Account;
use saldo_domain::id::AccountId;
use serde_json::{Value, json};
use testing::{Tenant, saldo, shown};

/// The tenant's account with this external id.
async fn stored(tenant: &Tenant, external_id: &str) -> Option<Account> {
    let saldo = saldo().await;
    let (app, org) = (saldo.app().await?, tenant.org()?);
    let id = AccountId::of_external(org, &external_id.parse().expect("an external id"));
    Some(app.accounts.get(org, &id).await.expect("DynamoDB").expect("the account"))
}

/// Rows with every kind of error, among valid ones.
fn mixed_rows(tenant: &Tenant) -> String {
    let id = |name: &str| tenant.external_id(name);
    let rows = json!([
        { "contact": {}, "total_amount": 1, "external_id": id("no-name") },
        { "contact": { "name": "A" } },
        { "contact": { "name": "A" }, "total_amount": -1 },
        { "contact": { "name": "A" }, "total_amount": "12.5", "external_id": id("text") },
        { "contact": { "name": "A" }, "total_amount": 12.345, "currency": "ARS" },
        { "contact": { "name": "A" }, "total_amount": 100.5, "currency": "JPY" },
        { "contact": { "name": "A", "phone": "011 5555-1234" }, "total_amount": 1 },
        { "contact": { "name": "A" }, "total_amount": 1, "due_date": "15/01/2026" },
        { "contact": { "name": "A" }, "total_amount": 1, "currency": "XYZ" },
        { "contact": { "name": "first" }, "total_amount": 1, "external_id": id("twice") },
        { "contact": { "name": "second" }, "total_amount": 2, "external_id": id("twice") },
        { "contact": { "name": "A" }, "total_amount": 1, "external_id": id("extra"), "colour": "red" },
        { "contact": { "name": "Ñandú Žofie 💸 李" }, "total_amount": 1, "external_id": id("emoji"), "notes": "día\n\t💶" },
        { "contact": { "name": "A" }, "total_amount": 0.01, "external_id": id("cent") },
        "not a row"
    ]);
    let mut body = json!({ "accounts": rows }).to_string();
    // Literal JSON, since no JSON library writes a number with 28 digits.
    body.insert_str(
        body.len() - 2,
        &format!(r#",{{"contact":{{"name":"A"}},"total_amount":12345678901234567890123456.78,"external_id":"{}"}}"#, id("long")),
    );
    body
}

#[tokio::test]
async fn every_invalid_row_is_listed() {
    let tenant = saldo().await.tenant().await;
    let job = tenant.ended(&tenant.import("application/json", mixed_rows(&tenant)).await).await;

    assert_snapshot!(shown(&job, &["job_id", "external_id", "created_at", "completed_at", "control_totals", "rows_per_second"]), @r#"
    {
      "completed_at": "[completed_at]",
      "control_totals": "[control_totals]",
      "created_at": "[created_at]",
      "errors": [
        {
          "code": "required",
          "external_id": "[external_id]",
          "field": "contact.name",
          "index": 0,
          "reason": "the field is required: the account does not exist yet"
        },
        {
          "code": "required",
          "field": "total_amount",
          "index": 1,
          "reason": "the field is required"
        },
        {
          "code": "too_many_digits",
          "field": "total_amount",
          "index": 4,
          "reason": "amounts in ARS have at most 2 decimal places"
        },
        {
          "code": "too_many_digits",
          "field": "total_amount",
          "index": 5,
          "reason": "amounts in JPY have at most 0 decimal places"
        },
        {
          "code": "invalid_phone",
          "field": "contact.phone",
          "index": 6,
          "reason": "not a phone number in E.164 form, such as +5491155551234: + and country code, digits only, as many as the country uses"
        },
        {
          "code": "invalid_date",
          "field": "due_date",
          "index": 7,
          "reason": "15/01/2026 is not a calendar date such as 2026-12-31 (`date_format` YYYY-MM-DD)"
        },
        {
          "code": "unknown_currency",
          "field": "currency",
          "index": 8,
          "reason": "XYZ is not an ISO 4217 currency code such as ARS, EUR or USD; write the code instead of the currency's name"
        },
        {
          "code": "invalid_row",
          "field": null,
          "index": 14,
          "reason": "the row is not a JSON object"
        }
      ],
      "failed": 8,
      "imported": 7,
      "job_id": "[job_id]",
      "processed": 16,
      "rows_per_second": "[rows_per_second]",
      "seconds_remaining": null,
      "status": "completed_with_errors",
      "superseded": 1,
      "total_records": 16,
      "unchanged": 0,
      "updated": 0,
      "warnings": [
        {
          "code": "unknown_field",
          "external_id": "[external_id]",
          "field": "colour",
          "index": 11,
          "reason": "accounts have no such field; it was left out"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn valid_rows_among_invalid_ones_are_stored_exactly() {
    let tenant = saldo().await.tenant().await;
    let id = |name: &str| tenant.external_id(name);
    tenant.ended(&tenant.import("application/json", mixed_rows(&tenant)).await).await;
    if let Some(account) = stored(&tenant, &id("long")).await {
        assert_eq!(
            account.total_amount.map(|a| a.to_string()).as_deref(),
            Some("12345678901234567890123456.78")
        );
        assert_eq!(account.balance.to_string(), "-12345678901234567890123456.78");
    }
    if let Some(account) = stored(&tenant, &id("emoji")).await {
        assert_eq!(account.contact.map(|c| c.name.to_string()).as_deref(), Some("Ñandú Žofie 💸 李"));
        assert_eq!(account.notes.map(String::from).as_deref(), Some("día\n\t💶"));
    }
    for (name, amount) in [("text", "12.5"), ("cent", "0.01"), ("twice", "2")] {
        if let Some(account) = stored(&tenant, &id(name)).await {
            assert_eq!(account.total_amount.map(|a| a.to_string()).as_deref(), Some(amount), "{name}");
            assert_eq!((account.kind.as_str(), account.status.as_str()), ("receivable", "active"));
            assert_eq!(account.currency.code(), "ARS");
        }
    }
}

#[tokio::test]
async fn upsert_replaces_given_keeps_missing_and_clears_null_fields() {
    let tenant = saldo().await.tenant().await;
    let id = tenant.external_id("upsert");
    let full = json!([{
        "contact": { "name": "Ana", "phone": "+5491155551234", "email": "ana@example.com" }, "total_amount": 10,
        "external_id": id, "currency": "USD", "due_date": "2026-01-15", "source_system": "SAP", "status": "escalated",
        "campaign_id": "c1", "owner_id": "o1", "type": "loan", "notes": "n"
    }]);
    tenant.import_rows(full).await;
    let before = stored(&tenant, &id).await;

    tenant
        .import_rows(json!([{ "contact": { "name": "Ana" }, "total_amount": 10, "external_id": id }]))
        .await;
    let kept = stored(&tenant, &id).await;
    assert_eq!(kept.is_some(), tenant.org().is_some());
    assert_eq!(before, kept, "a row without changes changes nothing");

    tenant
        .import_rows(json!([{
            "contact": { "name": "Bea", "phone": null, "email": null }, "total_amount": 20.5, "external_id": id,
            "currency": null, "due_date": null, "source_system": null, "status": null, "campaign_id": null,
            "owner_id": null, "type": null, "notes": null
        }]))
        .await;
    if let (Some(kept), Some(cleared)) = (kept, stored(&tenant, &id).await) {
        let contact = cleared.contact.expect("a contact");
        assert_eq!((contact.name.as_str(), contact.phone, contact.email), ("Bea", None, None));
        assert_eq!((cleared.due_date, cleared.source_system, cleared.campaign_id), (None, None, None));
        assert_eq!((cleared.owner_id, cleared.notes), (None, None));
        assert_eq!((cleared.kind.as_str(), cleared.status.as_str()), ("receivable", "active"));
        assert_eq!(
            (cleared.currency.code(), cleared.total_amount.map(|a| a.to_string())),
            ("ARS", Some("20.5".into()))
        );
        assert_eq!(cleared.created_at, kept.created_at);
    }
}

#[tokio::test]
async fn amount_without_currency_is_validated_with_account_currency() {
    let tenant = saldo().await.tenant().await;
    let row = |name: &str, amount: Value, currency: Option<&str>| {
        let mut row = json!({ "contact": { "name": "A" }, "total_amount": amount, "external_id": tenant.external_id(name) });
        if let Some(currency) = currency {
            row["currency"] = json!(currency);
        }
        row
    };
    let made = tenant
        .import_rows(json!([row("yen", json!(100), Some("JPY")), row("dinar", json!("1.234"), Some("KWD"))]))
        .await;
    assert_eq!(made["imported"], 2, "{made}");
    let changed =
        tenant.import_rows(json!([row("yen", json!(100.5), None), row("dinar", json!("2.345"), None)])).await;
    assert_eq!((&changed["updated"], &changed["failed"]), (&json!(1), &json!(1)), "{changed}");
    assert_eq!(changed["errors"][0]["code"], "too_many_digits");
    assert_eq!(changed["errors"][0]["reason"], "amounts in JPY have at most 0 decimal places");
    if let Some(account) = stored(&tenant, &tenant.external_id("dinar")).await {
        assert_eq!((account.currency.code(), account.balance.to_string()), ("KWD", "-2.345".to_owned()));
    }
}

#[tokio::test]
async fn rows_without_external_id_make_one_account_each() {
    let tenant = saldo().await.tenant().await;
    let row = json!({ "contact": { "name": "A" }, "total_amount": 1 });
    for _ in 0..2 {
        let job = tenant.import_rows(json!([row, row])).await;
        assert_eq!((&job["imported"], &job["updated"]), (&json!(2), &json!(0)));
    }
}

#[tokio::test]
async fn import_of_many_chunks_counts_every_row_once() {
    let tenant = saldo().await.tenant().await;
    let row = |n: usize| match n {
        n if n % 100 == 7 => json!({ "contact": { "name": "bad" }, "total_amount": "x" }),
        n if n % 100 == 8 => {
            json!({ "contact": { "name": "twice" }, "total_amount": n, "external_id": tenant.external_id("same") })
        }
        n => {
            json!({ "contact": { "name": "good" }, "total_amount": n, "external_id": tenant.external_id(&n.to_string()) })
        }
    };
    let rows: Vec<Value> = (0..1_300).map(row).collect();
    let job = tenant.import_rows(json!(rows)).await;
    let count = |name: &str| job[name].as_u64().expect(name);
    assert_eq!(
        (count("total_records"), count("failed"), count("superseded")),
        (1_300, 13, 12),
        "{}",
        job["status"]
    );
    assert_eq!((count("imported"), count("updated")), (1_275, 0));
    assert_eq!(job["errors"].as_array().map(Vec::len), Some(13));
    if let Some(account) = stored(&tenant, &tenant.external_id("same")).await {
        assert_eq!(
            account.total_amount.map(|a| a.to_string()).as_deref(),
            Some("1208"),
            "the last row with an id wins"
        );
    }
}
