//! Complete files: the question before many items are closed, and its exit status.

use serde_json::json;

use crate::cli::User;

fn list(numbers: impl Iterator<Item = u32>) -> String {
    let rows = numbers.map(|number| format!("C-{number},Ana Ruiz,10,EUR\n"));
    "external_id,contact.name,total_amount,currency\n".to_owned() + &rows.collect::<String>()
}

#[tokio::test]
async fn many_closings_are_exit_status_3_until_they_are_confirmed() {
    let (user, tenant) = User::of_tenant().await;
    user.write("first.csv", list(1..=30));
    user.write("next.csv", list(1..=8));
    let complete = ["--complete", "--source-system", "SAP", "--currency", "EUR"];
    let import =
        async |file: &str, more: &[&str]| user.run(&[&["import", file][..], &complete, more].concat()).await;
    let stored = import("first.csv", &[]).await;
    assert_eq!(stored.code, Some(0), "{stored:?}");

    let waits = import("next.csv", &[]).await;
    assert_eq!(waits.code, Some(3), "{waits:?}");
    assert!(waits.stderr.contains("The file omits 22 of 30 open items:"), "{waits:?}");
    assert_eq!(waits.stderr.lines().filter(|line| line.starts_with("C-")).count(), 20, "{waits:?}");
    assert!(waits.stderr.contains("and 2 more: `saldo jobs closings imp_"), "{waits:?}");
    assert!(waits.stderr.contains("closed nothing yet"), "{waits:?}");
    assert!(waits.stdout.contains("awaiting_confirmation"), "{waits:?}");

    // The same command continues with the same import.
    let again = import("next.csv", &["--output", "json"]).await;
    assert_eq!(again.code, Some(3), "{again:?}");
    let id = again.json()["job_id"].as_str().expect("an id").to_owned();
    let listed = user.run(&["jobs", "closings", &id, "--output", "json"]).await.json();
    assert_eq!(listed.as_array().map(Vec::len), Some(22), "{listed}");
    let confirmed = import("next.csv", &["--yes", "--output", "json"]).await;
    assert_eq!((confirmed.code, &confirmed.json()["closed"]), (Some(0), &json!(22)), "{confirmed:?}");
    assert_eq!(confirmed.json()["job_id"], json!(id));
    let jobs = tenant.get("/api/v1/import").await.json();
    assert_eq!(jobs["data"].as_array().map(Vec::len), Some(2), "{jobs}");
    let late = user.run(&["jobs", "confirm", &id]).await;
    assert_eq!(late.code, Some(2), "{late:?}");
}

#[tokio::test]
async fn waiting_import_is_confirmed_by_its_id() {
    let (user, _) = User::of_tenant().await;
    user.write("first.csv", list(1..=30));
    user.write("next.csv", list(1..=1));
    let complete = ["--complete", "--source-system", "SAP", "--output", "json"];
    user.run(&[&["import", "first.csv"][..], &complete].concat()).await;
    let waits = user.run(&[&["import", "next.csv"][..], &complete].concat()).await;
    let id = waits.json()["job_id"].as_str().expect("an id").to_owned();
    let confirmed = user.run(&["jobs", "confirm", &id, "--wait", "--output", "json"]).await;
    assert_eq!((confirmed.code, &confirmed.json()["closed"]), (Some(0), &json!(29)), "{confirmed:?}");
}
