//! The OpenAPI document: the committed file matches the code, and it is complete and consistent.

use std::collections::BTreeSet;
use std::{env, fs};

use local::Data;
use serde_json::{Value, json};
use testing::services;

/// The document that the code generates, indented.
async fn document() -> String {
    let aws = services(&Data::Ephemeral).await;
    let document = local::openapi(&aws.app()).to_pretty_json().expect("JSON");
    aws.stop().await;
    document + "\n"
}

#[tokio::test]
async fn committed_document_matches_code() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let document = document().await;
    if env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(file, &document).expect("a file");
    }
    let committed = fs::read_to_string(file).expect("docs/openapi.json");
    assert!(
        committed == document,
        "docs/openapi.json differs from the code; update it: UPDATE_OPENAPI=1 cargo test --test e2e openapi"
    );
}

#[tokio::test]
async fn every_operation_is_fully_described() {
    let document: Value = serde_json::from_str(&document().await).expect("JSON");
    let tags: BTreeSet<&str> =
        document["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let id = operation["operationId"].as_str().expect("an operation id");
            assert!(ids.insert(id.to_owned()), "{id} is the name of two operations");
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            assert!(tags.contains(tag), "{method} {path} has the tag {tag}");
            for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let parameters = operation["parameters"].as_array().expect("parameters");
                assert!(
                    parameters.iter().any(|parameter| parameter["name"] == name),
                    "{method} {path}: {name}"
                );
            }
            let responses = operation["responses"].as_object().expect("responses");
            for (status, response) in responses {
                assert!(response["description"] != "", "{method} {path}: {status} is not described");
                let shown = response["content"].as_object().is_some_and(|content| !content.is_empty());
                assert!(
                    shown || ["204", "302", "303", "304", "307"].contains(&status.as_str()),
                    "{method} {path}: {status}"
                );
            }
        }
    }
}

#[tokio::test]
async fn examples_match_their_schemas() {
    let document: Value = serde_json::from_str(&document().await).expect("JSON");
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        let whole = json!({
            "$ref": format!("#/components/schemas/{name}"), "components": document["components"]
        });
        // A reference without a target is an error, too.
        let validator = jsonschema::draft202012::new(&whole).expect(name);
        if let Some(example) = schema.get("example") {
            let errors: Vec<String> = validator.iter_errors(example).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }
}
