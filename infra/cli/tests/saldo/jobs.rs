//! The list of jobs, and single jobs.

use serde_json::json;

use crate::cli::{User, plain};

#[tokio::test]
async fn jobs_are_listed_newest_first() {
    let (user, tenant) = User::of_tenant().await;
    assert_eq!(user.run(&["jobs", "list"]).await.stdout, "There are no jobs.\n");
    for rows in [json!([{ "contact": { "name": "Ana" }, "total_amount": 1 }]), json!([{}])] {
        tenant.import_rows(rows).await;
    }
    let accepted = tenant.export("accounts", json!({ "format": "csv", "delivery": "link" })).await;
    tenant.ended(&accepted).await;
    insta::assert_snapshot!("jobs_list", plain(&user.run(&["jobs", "list"]).await.stdout));
    let first =
        user.run(&["jobs", "list", "--kind", "import", "--limit", "1", "--output", "json"]).await.json();
    assert_eq!((first.as_array().map(Vec::len), &first[0]["failed"]), (Some(1), &json!(1)));

    let id = first[0]["job_id"].as_str().expect("an id");
    let shown = user.run(&["jobs", "show", id]).await;
    insta::assert_snapshot!("jobs_show", shown.shown());
    assert_eq!(user.run(&["jobs", "show", id, "--wait"]).await.code, Some(1));
    assert_eq!(user.run(&["jobs", "download", id]).await.stdout, "{}\n");
    let ended = user.run(&["jobs", "cancel", id]).await;
    insta::assert_snapshot!("cancel_ended", ended.shown());
    let unknown = user.run(&["jobs", "show", "imp_01890000-0000-7000-8000-000000000000"]).await;
    insta::assert_snapshot!("unknown_job", unknown.shown());
}

#[tokio::test]
async fn list_is_read_page_by_page() {
    let (user, tenant) = User::of_tenant().await;
    for _ in 0..3 {
        tenant.import_rows(json!([{}])).await;
    }
    let all = user.run(&["jobs", "list", "--output", "json", "--limit", "1000"]).await.json();
    assert_eq!(all.as_array().map(Vec::len), Some(3));
}
