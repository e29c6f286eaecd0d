//! Import profiles: their versions, their names, and the imports that use them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use local::Data;
use reqwest::Method;
use serde_json::{Value, json};
use testing::wire::{Fault, FaultPlan, intercepted};
use testing::{Answer, Tenant, TestStack, saldo};

use crate::aws_faults::{ATTEMPTS, quick};
use crate::uploads::{begin, import};

const PROFILES: &str = "/v1/import_profiles";

async fn create(tenant: &Tenant, name: &str, options: Value) -> Answer {
    tenant.json(Method::POST, PROFILES, json!({ "name": name, "options": options })).await
}

/// Creates a profile and returns it.
async fn created(tenant: &Tenant, name: &str, options: Value) -> Value {
    let answer = create(tenant, name, options).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

async fn change(tenant: &Tenant, path: &str, etag: Option<&str>, options: Value) -> Answer {
    let headers: Vec<_> = etag.map(|etag| ("if-match", etag)).into_iter().collect();
    let headers = [&[("content-type", "application/json")], &headers[..]].concat();
    tenant.send(Method::PUT, path, &headers, json!({ "options": options }).to_string()).await
}

fn german() -> Value {
    json!({
        "mapping": { "Nr": "external_id", "Kunde": "contact.name", "Betrag": "total_amount" },
        "decimal_separator": ",", "thousands_separator": ".", "defaults": { "currency": "EUR" }
    })
}

const LIST: &str = "Nr;Kunde;Betrag\nP-1;Müller;1.234,50\n";

#[tokio::test]
async fn versions_stay_and_changes_are_conditional() {
    let tenant = saldo().await.tenant().await;
    let new = create(&tenant, "erp", german()).await;
    assert_eq!(new.status, 201, "{new:?}");
    let (location, etag) = (new.header("location").to_owned(), new.header("etag").to_owned());
    let profile = new.json();
    assert_eq!((&profile["version"], &profile["options"]), (&json!(1), &german()), "{profile}");
    let by_name = format!("{PROFILES}/erp");
    for path in [&location, &by_name] {
        let read = tenant.get(path).await;
        assert_eq!((read.json(), read.header("etag")), (profile.clone(), etag.as_str()), "{path}");
    }
    let unchanged = tenant.send(Method::GET, &by_name, &[("if-none-match", &etag)], "").await;
    assert_eq!(unchanged.status, 304);

    let other = json!({ "decimal_separator": "." });
    let changed = change(&tenant, &by_name, Some(&etag), other.clone()).await;
    assert_eq!((changed.status.as_u16(), &changed.json()["version"]), (200, &json!(2)), "{changed:?}");
    assert_eq!(changed.json()["options"], other, "all options are replaced");
    let stale = change(&tenant, &by_name, Some(&etag), german()).await;
    assert_eq!(stale.problem(), (412, "precondition_failed".to_owned()));
    let same = change(&tenant, &location, None, other.clone()).await;
    assert_eq!((&same.json()["version"], same.header("etag")), (&json!(2), changed.header("etag")));
    for (version, options) in [(1, german()), (2, other)] {
        let read = tenant.get(&format!("{location}/versions/{version}")).await.json();
        assert_eq!((&read["version"], &read["options"]), (&json!(version), &options), "{read}");
    }
    for version in ["0", "3", "x", "-1"] {
        let read = tenant.get(&format!("{by_name}/versions/{version}")).await;
        assert_eq!(read.problem(), (404, "not_found".to_owned()), "{version}");
    }

    let delete = async |etag: &str| tenant.send(Method::DELETE, &by_name, &[("if-match", etag)], "").await;
    assert_eq!(delete(&etag).await.problem().0, 412);
    assert_eq!(delete(changed.header("etag")).await.status, 204);
    for path in [&location, &by_name, &format!("{location}/versions/1")] {
        assert_eq!(tenant.get(path).await.problem(), (404, "not_found".to_owned()), "{path}");
    }
    assert_eq!(tenant.send(Method::DELETE, &location, &[], "").await.problem().0, 404);
    let again = created(&tenant, "erp", json!({})).await;
    assert_ne!(again["id"], profile["id"], "another profile of the same name has another id");
    assert_eq!(again["version"], 1);
}

#[tokio::test]
async fn repeated_request_creates_one_profile() {
    let tenant = saldo().await.tenant().await;
    let body = json!({ "name": "erp", "options": {} }).to_string();
    let headers = [("idempotency-key", "profile-1"), ("content-type", "application/json")];
    let [first, second] = [(); 2].map(|()| tenant.send(Method::POST, PROFILES, &headers, body.as_str()));
    let (first, second) = (first.await, second.await);
    assert_eq!((first.status, first.json()), (second.status, second.json()));
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(create(&tenant, "erp", json!({})).await.problem(), (409, "profile_exists".to_owned()));
    let one = tenant.json(Method::POST, PROFILES, json!({ "name": "a", "options": {} }));
    let other = tenant.json(Method::POST, PROFILES, json!({ "name": "a", "options": {} }));
    let (one, other) = tokio::join!(one, other);
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "of two requests at the same moment one gets the name");
}

#[tokio::test]
async fn simultaneous_changes_make_a_version_each() {
    let tenant = saldo().await.tenant().await;
    let path =
        format!("{PROFILES}/{}", created(&tenant, "erp", json!({})).await["id"].as_str().expect("an id"));
    let changes = (1..=6).map(|line| change(&tenant, &path, None, json!({ "header_line": line })));
    let mut versions: Vec<_> = futures::future::join_all(changes)
        .await
        .iter()
        .map(|answer| answer.json()["version"].as_u64())
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (2..=7).map(Some).collect::<Vec<_>>());
    let mut lines = Vec::new();
    for version in 2..=7 {
        let read = tenant.get(&format!("{path}/versions/{version}")).await.json();
        lines.push(read["options"]["header_line"].as_u64());
    }
    lines.sort_unstable();
    assert_eq!(lines, (1..=6).map(Some).collect::<Vec<_>>(), "no version is lost");
}

#[tokio::test]
async fn profiles_are_listed_in_pages_without_options() {
    let tenant = saldo().await.tenant().await;
    let mut ids = Vec::new();
    for name in ["c", "a", "b"] {
        ids.push(created(&tenant, name, german()).await["id"].as_str().expect("an id").to_owned());
    }
    ids.sort();
    change(&tenant, &format!("{PROFILES}/a"), None, json!({})).await;
    let first = tenant.get(&format!("{PROFILES}?limit=2")).await.json();
    let second = tenant.get(&format!("{PROFILES}?limit=2&starting_after={}", ids[1])).await.json();
    assert_eq!((&first["has_more"], &second["has_more"]), (&json!(true), &json!(false)));
    let pages = [&first["data"], &second["data"]].map(|data| data.as_array().expect("a list").clone());
    let listed: Vec<_> = pages.concat().iter().map(|entry| entry["id"].as_str().map(str::to_owned)).collect();
    assert_eq!(listed, ids.into_iter().map(Some).collect::<Vec<_>>());
    assert!(pages.concat().iter().all(|entry| entry.get("options").is_none()));
    assert_eq!(
        saldo().await.tenant().await.get(PROFILES).await.json()["data"].as_array().map(Vec::len),
        Some(0)
    );
}

#[tokio::test]
async fn all_errors_of_a_profile_are_reported() {
    let tenant = saldo().await.tenant().await;
    let wrong = json!({
        "delimiter": "ab", "mapping": { "a": "no_field" }, "defaults": { "currency": "EURO" }, "colour": 1,
        "profile": "erp", "decimal_separator": ",", "thousands_separator": ","
    });
    let pointers = |answer: &Answer| {
        let errors = answer.json()["errors"].clone();
        let all = errors.as_array().expect("errors").iter();
        all.map(|error| error["pointer"].as_str().expect("a pointer").to_owned()).collect::<Vec<_>>()
    };
    let answer = create(&tenant, "No Name", wrong.clone()).await;
    assert_eq!(answer.problem(), (400, "invalid_request".to_owned()));
    let expected = [
        "/name",
        "/options/mapping",
        "/options/delimiter",
        "/options/thousands_separator",
        "/options/defaults/currency",
        "/options/colour",
        "/options/profile",
    ];
    assert_eq!(pointers(&answer), expected);
    created(&tenant, "erp", json!({})).await;
    let answer = change(&tenant, &format!("{PROFILES}/erp"), None, wrong).await;
    assert_eq!(pointers(&answer), &expected[1..]);
    let renamed = json!({ "name": "other", "options": {} });
    let answer = tenant.json(Method::PUT, &format!("{PROFILES}/erp"), renamed).await;
    assert_eq!(pointers(&answer), ["/name"]);
    let long = json!({ "mapping": { "x".repeat(100_000): "notes" } });
    assert_eq!(pointers(&create(&tenant, "long", long).await), ["/options/mapping"]);
}

#[tokio::test]
async fn import_uses_the_profile_and_keeps_its_options() {
    let tenant = saldo().await.tenant().await;
    let profile = created(&tenant, "erp", german()).await;
    let id = profile["id"].as_str().expect("an id");
    let about = json!({ "filename": "list.csv" });
    let job = import(&tenant, about.clone(), LIST.into(), json!({ "profile": "erp" })).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(1), &json!(0)), "{job}");
    assert_eq!(job["profile"], json!({ "id": id, "name": "erp", "version": 1 }));
    assert_eq!(job["options"], german());

    change(&tenant, &format!("{PROFILES}/erp"), None, json!({ "mapping": german()["mapping"] })).await;
    let job = import(&tenant, about.clone(), LIST.into(), json!({ "profile": format!("{id}@1") })).await;
    assert_eq!((&job["unchanged"], &job["profile"]["version"]), (&json!(1), &json!(1)), "{job}");
    // What the request states takes precedence; the second version has no separators.
    let stated =
        json!({ "profile": "erp", "decimal_separator": ",", "thousands_separator": ".", "dry_run": true });
    let job = import(&tenant, about.clone(), LIST.into(), stated).await;
    assert_eq!((&job["failed"], &job["profile"]["version"]), (&json!(0), &json!(2)), "{job}");
    assert_eq!(job["options"]["decimal_separator"], ",");
    let refused = import(&tenant, about.clone(), LIST.into(), json!({ "profile": "erp" })).await;
    assert_eq!(refused["errors"][0]["code"], "invalid_amount", "{refused}");

    let path = "/api/v1/import?profile=erp&decimal_separator=%2C&thousands_separator=.";
    let sent = tenant.send(Method::POST, path, &[("content-type", "text/csv")], LIST).await;
    assert_eq!(tenant.ended(&sent).await["unchanged"], 1);
    let listed = tenant.get("/api/v1/import?limit=1").await.json();
    assert_eq!(listed["data"][0]["profile"]["name"], "erp", "{listed}");

    tenant.send(Method::DELETE, &format!("{PROFILES}/erp"), &[], "").await;
    for named in ["erp", "erp@1", &format!("{id}@1"), id, "nothing", "nothing@7"] {
        let refused = begin(&tenant, about.clone(), LIST.into(), json!({ "profile": named })).await;
        assert_eq!(refused.problem(), (400, "invalid_request".to_owned()), "{named}");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/profile", "{named}");
        let path = format!("/api/v1/import?profile={named}");
        let refused = tenant.send(Method::POST, &path, &[("content-type", "text/csv")], LIST).await;
        assert_eq!(refused.problem(), (400, "invalid_parameter".to_owned()), "{named}");
    }
}

#[tokio::test]
async fn options_of_a_profile_that_do_not_fit_the_file_are_explained() {
    let tenant = saldo().await.tenant().await;
    created(&tenant, "erp", json!({ "header_line": 2, "decimal_separator": "," })).await;
    let row = "{\"contact\":{\"name\":\"A\"},\"total_amount\":1}\n".to_owned();
    let options = json!({ "profile": "erp", "decimal_separator": "." });
    let refused = begin(&tenant, json!({ "format": "ndjson" }), row.into(), options).await;
    assert_eq!(refused.problem(), (400, "invalid_request".to_owned()));
    let errors = &refused.json()["errors"];
    assert_eq!(
        (&errors[0]["pointer"], &errors[1]["pointer"]),
        (&json!("/decimal_separator"), &json!("/profile"))
    );
    let detail = errors[1]["detail"].as_str().expect("a detail");
    assert_eq!(detail, "header_line of erp (version 1): this option is only for CSV and XLSX");
}

#[tokio::test]
async fn deletion_that_dies_half_way_is_finished_later() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(stack.sdk());
    let faults = FaultPlan::fail_matching(&["Query"], "ipr_", Fault::Throttled);
    let app = stack.aws.app_over(&intercepted(&quick(&stack.aws.sdk_of("ImportFunction")), &faults));
    let old_versions = async |id: &str| {
        let items = dynamodb
            .scan()
            .table_name(&stack.aws.variables["SALDO_JOBS_TABLE"])
            .send()
            .await
            .expect("DynamoDB")
            .items;
        let is_old = |item: &HashMap<String, AttributeValue>| {
            let key = ["job", "part"].map(|name| item[name].as_s().expect("a text").clone());
            key[0].ends_with(id) && key[1].starts_with("version#")
        };
        items.unwrap_or_default().iter().filter(|item| is_old(item)).count()
    };
    for next in [Method::DELETE, Method::POST] {
        let body = json!({ "name": "erp", "options": {} });
        let (_, profile) = stack.ask(&app, Method::POST, PROFILES, body.clone()).await;
        let id = profile["id"].as_str().expect("an id").to_owned();
        let path = format!("{PROFILES}/erp");
        let (status, _) = stack.ask(&app, Method::PUT, &path, json!({ "options": german() })).await;
        assert_eq!((status.as_u16(), old_versions(&id).await), (200, 1));
        faults.fail_next(ATTEMPTS);
        let (status, answer) = stack.ask(&app, Method::DELETE, &path, Value::Null).await;
        assert_eq!((status.as_u16(), faults.failures_left()), (503, 0), "{answer}");
        let (status, _) = stack.ask(&app, Method::GET, &path, Value::Null).await;
        assert_eq!((status.as_u16(), old_versions(&id).await), (404, 1));
        let (path, body, expected) = match next {
            Method::POST => (PROFILES, body, 201),
            _ => (path.as_str(), Value::Null, 404),
        };
        let (status, answer) = stack.ask(&app, next, path, body).await;
        assert_eq!((status.as_u16(), old_versions(&id).await), (expected, 0), "{answer}");
    }
    stack.stop().await;
}

#[tokio::test]
async fn repeated_import_is_the_first_one_though_its_profile_has_changed() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    // The answer is not stored for its key.
    let faults = FaultPlan::fail_matching(&["UpdateItem"], "\"response\"", Fault::ServerError);
    let app = stack.aws.app_over(&intercepted(&quick(&stack.aws.sdk_of("ImportFunction")), &faults));
    let body = json!({ "name": "erp", "options": german() });
    assert_eq!(stack.ask(&app, Method::POST, PROFILES, body).await.0, 201);
    let headers = [("content-type", "text/csv"), ("idempotency-key", "import-1")];
    let import = async || {
        stack.send(&app, Method::POST, "/api/v1/import?profile=erp", &headers, LIST.to_owned()).await
    };
    faults.fail_next(ATTEMPTS);
    let (status, first) = import().await;
    assert_eq!((status.as_u16(), faults.failures_left()), (202, 0), "{first}");

    let other = json!({ "options": { "mapping": { "No": "external_id" } } });
    assert_eq!(stack.ask(&app, Method::PUT, &format!("{PROFILES}/erp"), other).await.0, 200);
    let (status, again) = import().await;
    assert_eq!((status.as_u16(), &again), (202, &first));
    let (_, listed) = stack.ask(&app, Method::GET, "/api/v1/import", Value::Null).await;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
    stack.stop().await;
}
