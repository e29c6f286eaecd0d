//! Runs the `admin` binary against a local stack.

use std::process::Command;

use local::{Data, Functions, sqs_event};
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Tenant, TestStack, services};

/// The result of a run of the command.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

type Environment = [(String, String)];

async fn run(environment: &Environment, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_admin"));
    command.env_clear().envs(environment.iter().map(|(name, value)| (name, value))).args(arguments);
    // The services run on this thread.
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread");
    let output = output.expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs a command that succeeds, and returns its JSON.
async fn done(environment: &Environment, arguments: &[&str]) -> Value {
    let ran = run(environment, &[arguments, &["--output", "json"]].concat()).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    serde_json::from_str(&ran.stdout).expect("JSON")
}

/// Runs a command that fails, and returns its exit code and its one line of stderr.
async fn refused(environment: &Environment, arguments: &[&str]) -> (Option<i32>, String) {
    let ran = run(environment, arguments).await;
    assert_eq!((ran.stdout.as_str(), ran.stderr.lines().count()), ("", 1), "{ran:?}");
    (ran.code, ran.stderr.trim_end().to_owned())
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} in {value}"))
}

#[tokio::test]
async fn organization_is_created_with_a_key_that_works_until_it_is_revoked() {
    let aws = services(&Data::Ephemeral).await;
    let environment = aws.environment();
    let listener = local::listen(0).await.expect("a free port");
    let functions =
        Functions::start(aws.template(), aws.sdk_config(), |_| aws.app(), listener).expect("the functions");

    let create =
        ["org", "create", "--name", "Núñez & Co", "--currency", "EUR", "--time-zone", "Europe/Berlin"];
    let created = done(&environment, &create).await;
    let (org, first) = (text(&created, "id"), text(&created, "key"));
    let described = json!({ "id": org, "name": "Núñez & Co", "currency": "EUR", "time_zone": "Europe/Berlin", "shards": 16 });
    assert_eq!(done(&environment, &["org", "show", org]).await, described);
    assert_eq!(done(&environment, &["org", "list"]).await, json!([described]));
    let tenant = Tenant::new(functions.url.clone(), first.to_owned(), None);
    assert_eq!(tenant.get("/api/v1/import").await.status, 200);

    let large = ["org", "create", "--name", "Large", "--currency", "EUR", "--shards", "256"];
    let large = done(&environment, &large).await;
    assert_eq!((&large["shards"], text(&large, "id").ends_with("-256")), (&json!(256), true));
    assert_eq!(tenant.with_key(text(&large, "key")).get("/v1/accounts").await.status, 200);
    let other =
        run(&environment, &["org", "create", "--name", "A", "--currency", "EUR", "--shards", "17"]).await;
    assert_eq!(other.code, Some(2), "{other:?}");

    let create = ["key", "create", org, "--name", "ERP", "--scope", "export,import", "--scope", "import"];
    let made = done(&environment, &create).await;
    assert_eq!((text(&made, "status"), &made["scopes"]), ("valid", &json!(["import", "export"])));
    let erp = tenant.with_key(text(&made, "key"));
    assert_eq!(erp.get("/api/v1/import").await.status, 200);
    assert_eq!(erp.get("/v1/accounts").await.problem().0, 403);

    let revoked = done(&environment, &["key", "revoke", org, text(&made, "id")]).await;
    assert_eq!(text(&revoked, "status"), "revoked");
    assert_eq!(erp.get("/api/v1/import").await.problem(), (401, "key_revoked".to_owned()));
    assert_eq!(tenant.get("/api/v1/import").await.status, 200);

    let listed = run(&environment, &["key", "list", org]).await;
    let lines: Vec<_> = listed.stdout.lines().collect();
    assert!(lines[0].starts_with("ID ") && lines[0].ends_with("SCOPES"), "{listed:?}");
    assert!(lines[1].contains("  first  ") && lines[2].contains("  ERP    "), "{listed:?}");
    let listed = done(&environment, &["key", "list", org]).await.to_string() + &listed.stdout;
    for key in [first, text(&made, "key")] {
        assert!(!listed.contains(key), "a key is shown again");
    }

    // The last key, which the API refuses to revoke, and the key that it has created.
    let body = json!({ "name": "child", "scopes": ["import"] });
    let child = tenant.json(Method::POST, "/api/v1/keys", body).await.json();
    let id = text(&created, "key_id");
    assert_eq!(tenant.delete(&format!("/api/v1/keys/{id}")).await.problem(), (409, "last_key".to_owned()));
    done(&environment, &["key", "revoke", org, id, "--cascade"]).await;
    for key in [first, text(&child, "key")] {
        let refused = tenant.with_key(key).get("/api/v1/import").await;
        assert_eq!(refused.problem(), (401, "key_revoked".to_owned()));
    }
    let listed = done(&environment, &["key", "list", org]).await;
    let listed =
        listed.as_array().into_iter().flatten().find(|key| key["id"] == child["id"]).expect("the child");
    assert_eq!((text(listed, "created_by"), text(listed, "revoked_by")), (id, "operator"));
    functions.stop().await;
    aws.stop().await;
}

#[tokio::test]
async fn redirect_uris_are_registered_listed_and_removed() {
    let aws = services(&Data::Ephemeral).await;
    let environment = aws.environment();
    let created = done(&environment, &["org", "create", "--name", "A", "--currency", "EUR"]).await;
    let org = text(&created, "id");
    let uris =
        async |arguments: &[&str]| done(&environment, &[&["org", "redirect-uris"], arguments].concat()).await;
    let done_page = "https://app.example/done";
    assert_eq!(uris(&["list", org]).await, json!([]));
    let both = json!([{ "redirect_uri": done_page }, { "redirect_uri": "https://b.example/" }]);
    uris(&["add", org, done_page]).await;
    assert_eq!(uris(&["add", org, "https://b.example"]).await, both);
    assert_eq!(uris(&["add", org, done_page]).await, both);
    for bad in
        ["http://app.example/done", "https://user@app.example/", "https://app.example/#x", "app.example"]
    {
        let (code, said) = refused(&environment, &["org", "redirect-uris", "add", org, bad]).await;
        assert!(code == Some(1) && said.contains("expected an https URL"), "{said}");
    }
    assert_eq!(uris(&["remove", org, "https://b.example/"]).await, json!([{ "redirect_uri": done_page }]));
    let missing = ["org", "redirect-uris", "remove", org, "https://b.example/"];
    let said = "admin: https://b.example/ is not registered".to_owned();
    assert_eq!(refused(&environment, &missing).await, (Some(1), said));

    let confirmed = done(&environment, &["org", "confirm-redirects", org, "on"]).await;
    assert_eq!(confirmed, json!({ "uris": [done_page], "confirm": true }));
    let shown = done(&environment, &["org", "show", org]).await;
    assert_eq!(shown["redirects"], confirmed);
    done(&environment, &["org", "confirm-redirects", org, "off"]).await;
    assert_eq!(uris(&["remove", org, done_page]).await, json!([]));
    assert_eq!(done(&environment, &["org", "show", org]).await.get("redirects"), None);
    aws.stop().await;
}

#[tokio::test]
async fn errors_are_one_line() {
    let aws = services(&Data::Ephemeral).await;
    let environment = aws.environment();
    let org = "org_aaaaaaaaaaaaaaaa";
    let import = "imp_01890000-0000-7000-8000-000000000000";
    for (arguments, code, why) in [
        (&["org", "show", org][..], 1, "there is no org_aaaaaaaaaaaaaaaa"),
        (&["key", "list", org], 1, "there is no org_aaaaaaaaaaaaaaaa"),
        (
            &["key", "revoke", org, "key_aaaaaaaaaaaaaaaa"],
            1,
            "org_aaaaaaaaaaaaaaaa has no key_aaaaaaaaaaaaaaaa",
        ),
        (&["job", "list", org], 1, "there is no org_aaaaaaaaaaaaaaaa"),
        (
            &["job", "show", org, import],
            1,
            "org_aaaaaaaaaaaaaaaa has no imp_01890000-0000-7000-8000-000000000000",
        ),
        (
            &["job", "redrive", org, import],
            1,
            "org_aaaaaaaaaaaaaaaa has no imp_01890000-0000-7000-8000-000000000000",
        ),
        (
            &["job", "show", org, "txn_1"],
            2,
            "invalid value 'txn_1' for '<JOB>': not the id of a job: those begin with imp_, exp_ or syn_, and a UUID follows",
        ),
        (
            &["org", "create", "--name", "A", "--currency", "EUR", "--time-zone", "Mars"],
            2,
            "invalid value 'Mars' for '--time-zone <TIME_ZONE>': not a time zone of the IANA database such as \
             America/Argentina/Buenos_Aires",
        ),
        (
            &["org", "create"],
            2,
            "the following required arguments were not provided: --name <NAME> --currency <CURRENCY>",
        ),
        (
            &[
                "key",
                "create",
                org,
                "--name",
                "A",
                "--scope",
                "import",
                "--expires-at",
                "2020-01-31T12:00:00Z",
            ],
            1,
            "--expires-at is not in the future",
        ),
    ] {
        assert_eq!(refused(&environment, arguments).await, (Some(code), format!("admin: {why}")));
    }
    let (code, why) = refused(&[], &["org", "list"]).await;
    assert_eq!(code, Some(1));
    assert!(
        why.starts_with("admin: the environment does not identify a stack; see --help: not set"),
        "{why}"
    );

    let gone: Vec<_> = environment
        .iter()
        .map(|(name, value)| match name.as_str() {
            "AWS_ENDPOINT_URL_DYNAMODB" => (name.clone(), "http://127.0.0.1:9".to_owned()),
            _ => (name.clone(), value.clone()),
        })
        .collect();
    let (code, why) = refused(&gone, &["org", "list"]).await;
    assert_eq!(code, Some(1));
    assert!(why.starts_with("admin: Scan on keys failed: "), "{why}");
    aws.stop().await;
}

#[tokio::test]
async fn exhausted_import_is_found_and_redriven() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let (environment, org) = (stack.aws.environment(), stack.org.to_string());
    let row = json!({ "contact": { "name": "María García" }, "total_amount": 1 });
    let body = json!({ "accounts": [row, row] });
    let (_, accepted) = stack.ask(&stack.app, Method::POST, "/api/v1/import", body).await;
    let import = text(&accepted, "job_id");
    let show = ["job", "show", &org, import];
    let redrive = ["job", "redrive", &org, import];

    let shown = done(&environment, &show).await;
    assert_eq!((text(&shown, "status"), text(&shown, "outstanding")), ("processing", "its plan"));
    let messages = stack.messages(&stack.aws.variables["SALDO_PLAN_QUEUE"]).await;
    saldo_jobs::import::handle_dead_letters((&stack.app).into(), sqs_event(&messages)).await;
    let shown = done(&environment, &show).await;
    assert_eq!(text(&shown, "status"), "failed");
    assert!(text(&shown, "outstanding").contains("job redrive"), "{shown}");

    let redriven = done(&environment, &redrive).await;
    assert_eq!((text(&redriven, "job"), &redriven["queued"]), (import, &json!(true)));
    let messages = stack.messages(&stack.aws.variables["SALDO_PLAN_QUEUE"]).await;
    saldo_jobs::import::handle((&stack.app).into(), sqs_event(&messages)).await;
    let shown = done(&environment, &show).await;
    assert_eq!((text(&shown, "status"), &shown["imported"]), ("completed", &json!(2)));
    assert_eq!(shown["outstanding"], Value::Null);
    assert!(!shown.to_string().contains("María"));
    assert_eq!(
        text(&done(&environment, &redrive).await, "outcome"),
        "has ended, and no part of it is exhausted; or it waits for a confirmation"
    );
    stack.stop().await;
}

#[tokio::test]
async fn jobs_with_lost_messages_are_found_and_redriven() {
    let stack = TestStack::start(&Data::Ephemeral).await;
    let (environment, org) = (stack.aws.environment(), stack.org.to_string());
    let body = json!({ "accounts": [{ "contact": { "name": "A" }, "total_amount": 1 }] });
    let (_, accepted) = stack.ask(&stack.app, Method::POST, "/api/v1/import", body).await;
    let body = json!({ "format": "csv", "delivery": "link" });
    let (_, export) = stack.ask(&stack.app, Method::POST, "/api/v1/export/accounts", body).await;
    let (import, export) = (text(&accepted, "job_id"), text(&export, "export_id"));
    let variables = &stack.aws.variables;
    stack.messages(&variables["SALDO_PLAN_QUEUE"]).await;
    let exports = stack.messages(&variables["SALDO_EXPORT_QUEUE"]).await;

    let ids = |jobs: Value| {
        let jobs = jobs.as_array().cloned().unwrap_or_default();
        jobs.iter().map(|job| text(job, "id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(done(&environment, &["job", "unfinished"]).await), [import, export]);
    assert_eq!(ids(done(&environment, &["job", "list", &org]).await), [export, import]);
    let list = ["job", "list", &org, "--kind", "export", "--limit", "1"];
    assert_eq!(ids(done(&environment, &list).await), [export]);
    assert_eq!(ids(done(&environment, &["job", "list", &org, "--kind", "sync"]).await), [""; 0]);

    let redriven = done(&environment, &["job", "redrive-unfinished"]).await;
    assert_eq!(redriven, json!({ "jobs": 2, "deliveries": 0 }));
    let depths = done(&environment, &["dead-letters", "list"]).await;
    let depths = depths.as_array().expect("a list").iter();
    let waiting: Vec<_> = depths.map(|depth| (text(depth, "holds"), depth["waiting"].as_u64())).collect();
    let dead_letters = ("dead letters", Some(0));
    assert_eq!(
        waiting,
        [
            ("imports to be planned", Some(1)),
            ("chunks of imports", Some(0)),
            ("exports", Some(1)),
            ("synchronizations", Some(0)),
            ("notifications", Some(0)),
            dead_letters,
            dead_letters,
            dead_letters,
            dead_letters
        ]
    );

    // A failed export is final.
    saldo_jobs::export::handle_dead_letters((&stack.app).into(), sqs_event(&exports)).await;
    let (code, why) = refused(&environment, &["job", "redrive", &org, export]).await;
    assert_eq!(code, Some(1));
    assert!(
        why.ends_with("has failed and can't be redriven: its caller has to request a new export"),
        "{why}"
    );
    stack.stop().await;
}
