//! The template: it has the same routes as the code and cargo lambda's router, and no role allows
//! tables, queues or keys that its function does not use.

use std::collections::BTreeSet;
use std::process::Command;
use std::{env, fs};

use local::{Data, Statement, Template, TemplateRoute};
use serde_json::{Value, json};
use testing::{CALLS, services};

/// The actions on a queue that Lambda performs with a function's role, and that the function performs
/// for failed messages.
const POLL: [&str; 4] =
    ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];

#[tokio::test]
async fn template_and_code_have_same_routes() {
    let aws = services(&Data::Ephemeral).await;
    let routes = local::routes(&aws.app());
    let in_code: BTreeSet<(String, String)> =
        routes.table().iter().map(|route| (route.method.to_string(), route.path.clone())).collect();
    let in_template = local::template_routes().expect("a good template").into_iter();
    let in_template: BTreeSet<(String, String)> =
        in_template.map(|route| (route.method, route.path)).collect();
    assert_eq!(in_code, in_template);
    aws.stop().await;
}

#[test]
fn cargo_lambda_and_template_route_to_same_functions() {
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1", "--manifest-path", workspace])
        .output()
        .expect("cargo");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let router = &metadata["metadata"]["lambda"]["watch"]["router"];
    for TemplateRoute { method, path, binary } in local::template_routes().expect("a good template") {
        let rest = router.as_object().expect("a router").iter().find(|(pattern, _)| {
            pattern.strip_suffix("{*rest}").is_some_and(|prefix| path.starts_with(prefix))
        });
        let target = router.get(&path).or(rest.map(|(_, target)| target));
        let function = match target {
            Some(Value::Array(by_method)) => by_method
                .iter()
                .find(|target| target["method"] == method.as_str())
                .and_then(|target| target["function"].as_str()),
            Some(target) => target.as_str(),
            None => None,
        };
        assert_eq!(function, Some(binary.as_str()), "{method} {path}");
    }
}

#[test]
fn every_worker_can_poll_its_queue() {
    let roles = local::template_roles().expect("a good template");
    for source in local::template_sources().expect("a good template") {
        let role = &roles[&source.function_name];
        for action in POLL {
            let allows = |statement: &Statement| {
                statement.action.iter().any(|allowed| allowed == action)
                    && statement.resource.contains(&source.event_source_arn)
            };
            assert!(role.iter().any(allows), "{}: {action}", source.function_name);
        }
    }
}

#[test]
fn invalid_parameters_are_rejected_before_deployment() {
    let template = Template::load().expect("a good template");
    let many = "https://a.example,http://localhost:5173";
    for (name, good, bad) in [
        (
            "CorsOrigins",
            ["", "*", "https://app.example.com", many],
            [
                "app.example.com",
                "https://a.example/",
                "https://a.example, https://b.example",
                "*,https://a.example",
            ],
        ),
        ("WarmWriteUnits", ["0", "4000", "9999", "20000"], ["", "1", "3999", "04000"]),
    ] {
        let parameter = template.parameter(name);
        assert!(parameter["ConstraintDescription"].is_string(), "{parameter}");
        let pattern = parameter["AllowedPattern"].as_str().expect("a pattern");
        let schema = jsonschema::validator_for(&json!({ "pattern": pattern })).expect("a good pattern");
        for (values, accepted) in [(good, true), (bad, false)] {
            for value in values {
                assert_eq!(schema.is_valid(&json!(value)), accepted, "{name}: {value:?}");
            }
        }
        assert!(schema.is_valid(&parameter["Default"]), "{parameter}");
    }
}

#[test]
#[ignore = "needs the calls of the whole suite, from the file that SALDO_CALLS names"]
fn no_role_has_unused_tables_queues_or_keys() {
    let file = env::var(CALLS).expect(CALLS);
    let used = fs::read_to_string(file).expect("the calls of the suite");
    let polls = local::template_sources().expect("a good template").into_iter().flat_map(|source| {
        POLL.map(|action| format!("{} {action} {}", source.function_name, source.event_source_arn))
    });
    let used: BTreeSet<String> = used.lines().map(str::to_owned).chain(polls).collect();
    let mut unused = Vec::new();
    for (function, role) in local::template_roles().expect("a good template") {
        for Statement { action, resource, .. } in role {
            let is_used = |on: &&String| {
                action.iter().any(|action| used.contains(&format!("{function} {action} {on}")))
            };
            // Functions share the prefixes of files.
            let records = resource.iter().filter(|on| !on.starts_with("arn:aws:s3:"));
            unused.extend(records.filter(|on| !is_used(on)).map(|on| format!("{function}: {on}")));
        }
    }
    assert!(unused.is_empty(), "allowed, and never used:\n{}", unused.join("\n"));
}
