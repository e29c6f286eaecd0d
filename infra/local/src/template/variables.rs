//! Compares the variables that each binary reads with those that the template gives its functions.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{BehaviorVersion, SdkConfig};
use saldo_store::Environment;

use super::Template;
use crate::App;

/// The variable that only the local stack sets.
const LOCAL: &str = "SALDO_ALLOW_LOOPBACK";
/// Variables that every binary reads for its logs and metrics.
const OF_ALL: [&str; 2] = ["RUST_LOG", "SALDO_STACK"];

fn sdk() -> SdkConfig {
    SdkConfig::builder().behavior_version(BehaviorVersion::v2026_01_12()).build()
}

/// The variables that `build` reads.
fn read_by<T>(build: impl FnOnce(&mut Environment) -> T) -> BTreeSet<String> {
    let read = Arc::new(Mutex::new(BTreeSet::new()));
    let noted = Arc::clone(&read);
    let variables = move |name: &str| {
        noted.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        Some(if name == "SALDO_IP_ADDRESS" { "192.0.2.1" } else { "https://name.example" }.to_owned())
    };
    Environment::new(variables, &sdk()).build(build).map(drop).expect("every variable has a value");
    let mut read = read.lock().expect("no panic").clone();
    read.remove(LOCAL);
    read
}

/// The variables that a binary reads: what its `main` builds.
fn variables_of(binary: &str) -> BTreeSet<String> {
    use saldo_jobs as jobs;
    match binary {
        "accounts" => read_by(accounts::Stores::new),
        "clients" => read_by(clients::Stores::new),
        "docs" => BTreeSet::new(),
        "export" => read_by(export::Stores::new),
        "export-dead-letters" => read_by(jobs::export::Stores::new),
        "export-worker" => read_by(jobs::export::Worker::new),
        "import" => read_by(import::Stores::new),
        "import-dead-letters" => read_by(jobs::import::Stores::new),
        "import-worker" => read_by(jobs::import::Worker::new),
        "keys" => read_by(keys::Stores::new),
        "notifications-dead-letters" => read_by(jobs::notifications::Stores::new),
        "notifications-worker" => read_by(jobs::notifications::Worker::new),
        "status" => read_by(status::Stores::new),
        "sync" => {
            read_by(|environment| (sync::Stores::new(environment), notifications::Stores::new(environment)))
        }
        "sync-dead-letters" => read_by(jobs::sync::Stores::new),
        "sync-schedule" => read_by(jobs::sync::schedule::Schedule::new),
        "sync-worker" => read_by(jobs::sync::Worker::new),
        "transactions" => read_by(transactions::Stores::new),
        other => panic!("the variables of {other} are not known"),
    }
}

#[test]
fn functions_get_the_variables_that_they_read() {
    let template = Template::load().expect("a good template");
    for function in template.resources("AWS::Serverless::Function").expect("functions") {
        let binary = function.metadata["BuildProperties"]["Binary"].as_str().expect("a binary");
        let given = template.environment_of(&function.logical_id).expect("an environment");
        let given: BTreeSet<_> = given.into_keys().filter(|name| !OF_ALL.contains(&name.as_str())).collect();
        assert_eq!(given, variables_of(binary), "{}", function.logical_id);
    }
}

#[test]
fn settings_are_the_variables_of_the_admin_command() {
    let settings = Template::load().and_then(|template| template.variables()).expect("the output Settings");
    let settings: BTreeSet<_> = settings.into_keys().collect();
    let read = read_by(admin::Stores::new);
    assert!(read.is_subset(&settings), "{read:?}");
    // Tests reach every store with the settings.
    let variables = settings.into_iter().map(|name| (name, "name".to_owned())).collect();
    App::new(&variables, &sdk()).expect("the variables of all stores");
}
