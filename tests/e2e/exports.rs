//! Exports as their callers see them: what comes back, in which notation, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

/// Accounts of which the seed's filters match one.
async fn portfolio(tenant: &Tenant) {
    let job = tenant
        .import_rows(json!([
            {
                "contact": { "name": "María García", "phone": "+5491155551234" }, "total_amount": 45000,
                "external_id": tenant.external_id("INV-2026-0042"), "source_system": "SAP",
                "due_date": "2026-01-15", "currency": "ARS", "notes": "60 days past due"
            },
            {
                "contact": { "name": "Carlos López", "email": "carlos@example.com" }, "total_amount": 4999.99,
                "external_id": tenant.external_id("INV-2026-0099"), "due_date": "2026-01-15"
            },
            {
                "contact": { "name": "Not Due" }, "total_amount": 60000,
                "external_id": tenant.external_id("INV-2026-0100"), "due_date": "9999-12-31"
            },
            {
                "contact": { "name": "Resolved" }, "total_amount": 60000, "status": "resolved",
                "external_id": tenant.external_id("INV-2026-0101"), "due_date": "2026-01-15"
            }
        ]))
        .await;
    assert_eq!(job["imported"], 4, "{job}");
}

fn seed(format: &str) -> Value {
    json!({ "format": format, "filters": { "status": "active", "min_amount": 5000, "days_past_due_min": 30 } })
}

#[tokio::test]
async fn the_seeds_request_gets_a_csv_file_of_the_accounts_that_match() {
    testing::another_day_than_midnight().await;
    let tenant = saldo().await.tenant().await;
    portfolio(&tenant).await;
    let mut request = seed("csv");
    let file = tenant.export("accounts", request.clone()).await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "text/csv; charset=utf-8"));
    let today = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date();
    let disposition = format!(r#"attachment; filename="accounts-{today}.csv""#);
    assert_eq!(file.header("content-disposition"), disposition);
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(
        lines[0],
        "id,external_id,source_system,type,status,contact.name,contact.phone,contact.email,total_amount,balance,\
         currency,due_date,days_past_due,campaign_id,owner_id,notes,created_at,updated_at"
    );
    assert_eq!(lines.len(), 2, "{}", file.text);

    request["columns"] =
        json!(["contact.name", "total_amount", "balance", "contact.phone", "currency", "due_date"]);
    let file = tenant.export("accounts", request).await;
    assert_eq!(
        file.text,
        "contact.name,total_amount,balance,contact.phone,currency,due_date\n\
         María García,45000,-45000,+5491155551234,ARS,2026-01-15\n"
    );
}

#[tokio::test]
async fn the_same_in_json_is_the_bare_array_and_in_ndjson_one_object_a_line() {
    let tenant = saldo().await.tenant().await;
    portfolio(&tenant).await;
    let file = tenant.export("accounts", seed("json")).await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "application/json"));
    insta::assert_snapshot!(file.shown(&["id", "external_id", "days_past_due", "created_at", "updated_at"]), @r#"
    [
      {
        "balance": -45000,
        "campaign_id": null,
        "contact": {
          "email": null,
          "name": "María García",
          "phone": "+5491155551234"
        },
        "created_at": "[created_at]",
        "currency": "ARS",
        "days_past_due": "[days_past_due]",
        "due_date": "2026-01-15",
        "external_id": "[external_id]",
        "id": "[id]",
        "notes": "60 days past due",
        "owner_id": null,
        "source_system": "SAP",
        "status": "active",
        "total_amount": 45000,
        "type": "receivable",
        "updated_at": "[updated_at]"
      }
    ]
    "#);
    let account = &file.json()[0];
    assert_eq!(account["external_id"], tenant.external_id("INV-2026-0042"));
    assert!(account["days_past_due"].as_i64().is_some_and(|days| days > 300), "{account}");
    let order: Vec<usize> = ["\"id\"", "\"external_id\"", "\"contact\"", "\"balance\"", "\"updated_at\""]
        .map(|name| file.text.find(name).expect(name))
        .into();
    assert!(order.is_sorted(), "{}", file.text);

    let lines = tenant.export("accounts", seed("ndjson")).await;
    assert_eq!((lines.status.as_u16(), lines.header("content-type")), (200, "application/x-ndjson"));
    assert_eq!(lines.text, format!("{}\n", file.text.trim_start_matches('[').trim_end_matches(']')));

    for (format, nothing) in [("json", "[]"), ("csv", "id\n"), ("ndjson", "")] {
        let request = json!({ "format": format, "columns": ["id"], "filters": { "status": "nobody" } });
        assert_eq!(tenant.export("accounts", request).await.text, nothing);
    }
}

#[tokio::test]
async fn columns_are_picked_and_ordered_in_json_as_in_csv() {
    let tenant = saldo().await.tenant().await;
    let id = tenant.external_id("A");
    let row = json!([{ "contact": { "name": "Ana" }, "total_amount": "1.50", "external_id": id }]);
    tenant.import_rows(row).await;
    let savings = json!({
        "type": "savings", "balance": -5, "currency": "USD", "owner_id": "o", "identifier": "DE1"
    });
    tenant.json(Method::POST, "/v1/accounts", savings).await;
    let export = async |format: &str, external_id: Option<&str>| {
        let columns = json!(["balance", "contact.phone", "identifier", "contact.name"]);
        let filters = match external_id {
            Some(id) => json!({ "external_id": format!(" {id}") }),
            None => json!({ "type": "savings" }),
        };
        let request = json!({ "format": format, "columns": columns, "filters": filters });
        tenant.export("accounts", request).await.text
    };
    let contact = r#"{"phone":null,"name":"Ana"}"#;
    assert_eq!(
        export("json", Some(&id)).await,
        format!(r#"[{{"balance":-1.5,"contact":{contact},"identifier":null}}]"#)
    );
    assert_eq!(export("json", None).await, r#"[{"balance":-5,"contact":null,"identifier":"DE1"}]"#);
    let header = "balance,contact.phone,identifier,contact.name";
    assert_eq!(export("csv", Some(&id)).await, format!("{header}\n-1.5,,,Ana\n"));
    assert_eq!(export("csv", None).await, format!("{header}\n-5,,DE1,\n"));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_named_all_at_once_and_nothing_is_queued() {
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

    for (what, request, pointer) in [
        ("accounts", json!({}), "/format"),
        ("accounts", json!({ "format": "csv", "filters": [] }), "/filters"),
        ("accounts", json!({ "format": "csv", "filters": { "from": "2026-01-01" } }), "/filters/from"),
        ("accounts", json!({ "format": "csv", "columns": [] }), "/columns"),
        ("accounts", json!({ "format": "csv", "columns": vec!["id"; 20] }), "/columns"),
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
async fn filters_that_say_nothing_and_bounds_far_off_are_no_mistake() {
    let tenant = saldo().await.tenant().await;
    portfolio(&tenant).await;
    for (filters, count) in [
        (json!(null), 4),
        (json!({ "status": null, "min_amount": null, "days_past_due_min": null }), 4),
        (json!({ "days_past_due_max": 1_000_000 }), 4),
        (json!({ "days_past_due_min": -1_000_000 }), 3),
        (json!({ "days_past_due_min": 1_000_000 }), 0),
        (json!({ "days_past_due_max": -1_000_000 }), 1),
        (json!({ "min_amount": -1, "max_amount": "9999999999999999999999999999" }), 4),
        (json!({ "updated_since": "9999-12-30T22:00:00Z" }), 0),
        (json!({ "updated_since": "-009999-01-02T01:59:59Z" }), 4),
    ] {
        let request = json!({ "format": "json", "filters": filters });
        let file = tenant.export("accounts", request).await;
        assert_eq!(file.json().as_array().map(Vec::len), Some(count), "{filters}: {file:?}");
    }
}

#[tokio::test]
async fn an_export_by_link_is_a_job_with_a_file_that_is_what_it_says() {
    let tenant = saldo().await.tenant().await;
    portfolio(&tenant).await;
    let answer = tenant.export("accounts", json!({ "format": "csv" })).await.text;
    let accepted = tenant.export("accounts", json!({ "format": "csv", "delivery": "link" })).await;
    assert_eq!(accepted.json()["status"], "processing", "{accepted:?}");
    let id = accepted.json()["export_id"].as_str().expect("an id").to_owned();
    assert_eq!(accepted.header("location"), format!("/api/v1/export/{id}"));
    let job = tenant.ended(&accepted).await;
    insta::assert_snapshot!(
        testing::shown(&job, &["export_id", "bytes", "sha256", "created_at", "completed_at", "available_until", "url", "expires_at"]),
        @r#"
    {
      "available_until": "[available_until]",
      "bytes": "[bytes]",
      "completed_at": "[completed_at]",
      "created_at": "[created_at]",
      "expires_at": "[expires_at]",
      "export_id": "[export_id]",
      "format": "csv",
      "rows": 4,
      "sha256": "[sha256]",
      "status": "completed",
      "type": "accounts",
      "url": "[url]"
    }
    "#
    );
    assert_eq!(job["bytes"], answer.len(), "{job}");

    let url = job["url"].as_str().expect("a link");
    let file = reqwest::get(url).await.expect("the file");
    let header = |name: &str| file.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8");
    assert!(header("content-disposition").starts_with(r#"attachment; filename="accounts-"#));
    let bytes = file.bytes().await.expect("its bytes");
    assert_eq!(bytes, answer, "the same file, whichever way it comes");
    assert_eq!(job["sha256"], testing::sha256(&bytes));

    let listed = tenant.get("/api/v1/export").await.json();
    assert_eq!((&listed["data"][0]["export_id"], &listed["data"][0]["rows"]), (&json!(id), &json!(4)));
    let again = tenant.get(accepted.header("location")).await.json();
    assert_eq!(again["sha256"], job["sha256"]);
}

#[tokio::test]
async fn an_export_by_link_takes_an_owner_s_accounts_alone() {
    let tenant = saldo().await.tenant().await;
    let owner = tenant.external_id("owner");
    for owner in [owner.as_str(), "another"] {
        let account = json!({ "type": "savings", "balance": 1, "currency": "EUR", "owner_id": owner });
        assert_eq!(tenant.json(Method::POST, "/v1/accounts", account).await.status, 201);
    }
    let request = json!({ "format": "csv", "delivery": "link", "filters": { "owner_id": owner } });
    let job = tenant.ended(&tenant.export("accounts", request).await).await;
    assert_eq!((&job["status"], &job["rows"]), (&json!("completed"), &json!(1)), "{job}");
}

#[tokio::test]
async fn exports_are_listed_newest_first_a_page_at_a_time() {
    let tenant = saldo().await.tenant().await;
    let mut ids = Vec::new();
    for format in ["json", "csv", "ndjson", "json", "csv"] {
        let accepted = tenant.export("transactions", json!({ "format": format, "delivery": "link" })).await;
        let job = tenant.ended(&accepted).await;
        assert_eq!((&job["type"], &job["rows"]), (&json!("transactions"), &json!(0)), "{job}");
        let file = reqwest::get(job["url"].as_str().expect("a link")).await.expect("the file");
        assert_eq!(file.text().await.expect("text").len() as u64, job["bytes"].as_u64().expect("a number"));
        ids.insert(0, accepted.json()["export_id"].clone());
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/export?limit=2".to_owned();
    loop {
        let page = tenant.get(&path).await.json();
        let data = page["data"].as_array().expect("a page").clone();
        seen.extend(data.iter().map(|job| job["export_id"].clone()));
        if page["has_more"] == false {
            break;
        }
        let last = data.last().expect("more")["export_id"].as_str().expect("an id").to_owned();
        path = format!("/api/v1/export?limit=2&starting_after={last}");
    }
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn a_request_sent_again_under_its_key_is_the_same_export() {
    let tenant = saldo().await.tenant().await;
    portfolio(&tenant).await;
    let key = tenant.external_id("key");
    let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
    for body in [seed("csv"), json!({ "format": "csv", "delivery": "link" })] {
        let key = format!("{key}-{}", body["delivery"]);
        let headers = [headers[0], ("idempotency-key", key.as_str())];
        let send =
            async || tenant.send(Method::POST, "/api/v1/export/accounts", &headers, body.to_string()).await;
        let (first, second) = (send().await, send().await);
        assert_eq!(second.header("idempotency-replayed"), "true");
        for name in ["content-type", "content-disposition", "location"] {
            assert_eq!(first.header(name), second.header(name), "{name}");
        }
        assert_eq!((first.status, first.text), (second.status, second.text));
    }
    assert_eq!(tenant.get("/api/v1/export").await.json()["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_spreadsheet_gets_no_formula_and_raw_gets_the_text() {
    let tenant = saldo().await.tenant().await;
    let names = ["=HYPERLINK(\"http://x\")", "+1", "-1+2", "@SUM(A1)", "'quoted", "plain"];
    let row = |name: &&str| json!({ "contact": { "name": name, "phone": "+5491155551234" }, "total_amount": 5, "notes": "\t=1" });
    tenant.import_rows(names.iter().map(row).collect()).await;
    for (profile, mark) in [("spreadsheet", "'"), ("raw", "")] {
        let request = json!({
            "format": "csv", "profile": profile, "columns": ["contact.name", "contact.phone", "balance", "notes"]
        });
        let file = tenant.export("accounts", request).await.text;
        let mut csv = csv::Reader::from_reader(file.as_bytes());
        let mut read: Vec<Vec<String>> = csv
            .records()
            .map(|record| record.expect("a record").iter().map(str::to_owned).collect())
            .collect();
        read.sort();
        let marked = |name: &&str| match name.starts_with(['=', '+', '-', '@']) {
            true => format!("{mark}{name}"),
            false => (*name).to_owned(),
        };
        let mut expected: Vec<Vec<String>> = names
            .iter()
            .map(|name| {
                vec![marked(name), "+5491155551234".to_owned(), "-5".to_owned(), format!("{mark}\t{mark}=1")]
            })
            .collect();
        expected.sort();
        assert_eq!(read, expected, "{profile}");
    }
    let json = tenant.export("accounts", json!({ "format": "json", "columns": ["notes"] })).await.json();
    assert_eq!(json[0]["notes"], "\t=1", "programs get the text");
}

#[tokio::test]
async fn an_export_while_an_import_runs_has_every_account_once_and_whole() {
    const ACCOUNTS: usize = 700;
    let tenant = saldo().await.tenant().await;
    let rows = |version: usize, count: usize| {
        let row = |n: usize| {
            json!({
                "external_id": tenant.external_id(&format!("{n:05}")), "contact": { "name": format!("v{version}") },
                "total_amount": version, "notes": format!("v{version}"), "status": format!("v{version}")
            })
        };
        json!({ "accounts": (0..count).map(row).collect::<Vec<_>>() }).to_string()
    };
    tenant.ended(&tenant.import("application/json", rows(0, ACCOUNTS)).await).await;
    let (mut exports, mut version, mut mixed) = (0, 0, 0);
    while mixed < 3 && version < 10 {
        version += 1;
        let accepted = tenant.import("application/json", rows(version, ACCOUNTS + 50 * version)).await;
        loop {
            let running = tenant.get(accepted.header("location")).await.json()["status"] == "processing";
            let delivery = if exports % 2 == 0 { "auto" } else { "link" };
            let answer = tenant.export("accounts", json!({ "format": "ndjson", "delivery": delivery })).await;
            let file = if answer.status == 200 {
                answer.text
            } else {
                let job = tenant.ended(&answer).await;
                let file = reqwest::get(job["url"].as_str().expect("a link")).await.expect("a file");
                file.text().await.expect("text")
            };
            exports += 1;
            mixed += usize::from(whole_accounts(&file, ACCOUNTS, version));
            if !running {
                break;
            }
        }
    }
    assert!(mixed >= 3, "no export has seen an import half done, in {exports}");
}

/// Checks that each account is there once, in order, and as one import or the next has it. Says
/// whether some were as the one and some as the other.
fn whole_accounts(file: &str, at_least: usize, version: usize) -> bool {
    let accounts: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!((at_least..=at_least + 50 * version).contains(&accounts.len()), "{}", accounts.len());
    assert!(accounts.is_sorted_by(|a, b| a["id"].as_str() < b["id"].as_str()), "an account is there twice");
    let mut seen = [false; 2];
    for account in &accounts {
        let said = account["notes"].as_str().expect("notes");
        assert_eq!(
            (&account["contact"]["name"], &account["status"]),
            (&json!(said), &json!(said)),
            "{account}"
        );
        assert_eq!(format!("v{}", account["total_amount"]), said, "{account}");
        let newest = said == format!("v{version}");
        assert!(newest || said == format!("v{}", version - 1), "{account}");
        seen[usize::from(newest)] = true;
    }
    seen == [true, true]
}
