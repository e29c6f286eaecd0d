//! Imports of files, and their exit status.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write as _;

use crate::cli::User;

const GOOD: &str = "external_id,contact.name,total_amount\nA-1,María García,100.50\nA-2,Carlos López,80\n";
const BAD: &str =
    "external_id,contact.name,total_amount\nA-1,María García,100.50\nA-2,,80\nA-3,Ana Ruiz,eighty\n";

#[tokio::test]
async fn all_rows_stored_is_exit_status_0() {
    let (user, tenant) = User::of_tenant().await;
    user.write("receivables.csv", GOOD);
    let ran = user.run(&["import", "receivables.csv", "--wait"]).await;
    insta::assert_snapshot!("import_stored", ran.shown());
    let accounts = tenant.get("/v1/accounts").await.json();
    assert_eq!(accounts["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(user.files("receivables"), ["receivables.csv"]);

    let again = user.run(&["import", "receivables.csv", "--wait", "--output", "json"]).await;
    let job = again.json();
    assert_eq!((again.code, &job["updated"], &job["unchanged"]), (Some(0), &json!(2), &json!(2)));
    assert_eq!(
        tenant.get("/api/v1/import").await.json()["data"].as_array().map(Vec::len),
        Some(2),
        "two jobs"
    );
}

#[tokio::test]
async fn refused_rows_are_exit_status_1_and_in_a_file() {
    let (user, _) = User::of_tenant().await;
    user.write("debts/receivables.csv", BAD);
    let ran = user.run(&["import", "debts/receivables.csv", "--wait"]).await;
    insta::assert_snapshot!("import_refused", ran.shown());
    let refused = user.read("debts/receivables-refused.csv");
    insta::assert_snapshot!("refused_rows", refused);

    // Another file, since the first may be in the middle of a correction.
    assert_eq!(user.run(&["import", "debts/receivables.csv", "--wait"]).await.code, Some(1));
    assert_eq!(user.read("debts/receivables-refused-2.csv"), refused);
    // A file that was named is replaced.
    user.write("bad.csv", "old");
    let named = user.run(&["import", "debts/receivables.csv", "--wait", "--failed", "bad.csv"]).await;
    assert_eq!((named.code, user.read("bad.csv")), (Some(1), refused.clone()));
    assert!(named.stderr.starts_with("2 rows were refused: see bad.csv."), "{named:?}");

    let corrected = refused.replace("A-2,,", "A-2,Carlos López,").replace("eighty", "80");
    user.write("debts/receivables-refused.csv", corrected);
    let ran = user.run(&["import", "debts/receivables-refused.csv", "--wait", "--output", "json"]).await;
    assert_eq!((ran.code, &ran.json()["imported"]), (Some(0), &json!(2)));
}

#[tokio::test]
async fn superseded_rows_are_exit_status_1() {
    let (user, _) = User::of_tenant().await;
    user.write("receivables.csv", format!("{GOOD}A-1,Ana Ruiz,250\n"));
    let ran = user.run(&["import", "receivables.csv", "--wait"]).await;
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("1 row was not stored, because a later row has the same external_id"),
        "{ran:?}"
    );
    assert_eq!(user.files("receivables"), ["receivables.csv"]);
}

#[tokio::test]
async fn dry_run_stores_nothing_and_the_upload_is_used_again() {
    let (user, tenant) = User::of_tenant().await;
    user.write("receivables.csv", BAD);
    let tried = user.run(&["import", "receivables.csv", "--dry-run", "--wait"]).await;
    insta::assert_snapshot!("import_dry_run", tried.shown());
    assert_eq!(tenant.get("/v1/accounts").await.json()["data"], json!([]));
    let uploads = user.files(".local/state"); // none: the folder is nested
    assert!(uploads.is_empty());
    let entries = || std::fs::read_dir(user.path(".local/state/saldo/imports")).expect("the folder").count();
    assert_eq!(entries(), 1);
    let ran = user.run(&["import", "receivables.csv", "--wait", "--failed", "-"]).await;
    assert!(ran.code == Some(1) && ran.stdout.contains("A-3,Ana Ruiz,eighty,"), "{ran:?}");
    assert_eq!(entries(), 1, "the upload, which is valid for days, and no import");
}

#[tokio::test]
async fn options_come_from_the_profile_and_the_command_line() {
    let (user, tenant) = User::of_tenant().await;
    user.write("debitoren.csv", "Nr;Kunde;Betrag\nA-1;Müller;1234,50\n");
    let profile = "[import.erp]\ndecimal_separator = ','\nmapping = { Kunde = 'contact.name', Betrag = 'total_amount' }\n";
    user.write(".config/saldo/config.toml", profile);
    let ran =
        user.run(&["import", "debitoren.csv", "--profile", "erp", "--map", "Nr=external_id", "--wait"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let account = &tenant.get("/v1/accounts").await.json()["data"][0];
    assert_eq!(
        (account["external_id"].as_str(), account["balance"].to_string()),
        (Some("A-1"), "-1234.5".to_owned())
    );

    let unknown = user.run(&["import", "debitoren.csv", "--profile", "ERP"]).await;
    insta::assert_snapshot!(
        "unknown_profile",
        unknown.shown().replace(&user.path("").display().to_string(), "HOME/")
    );
    user.write(".config/saldo/config.toml", "");
    let stored = [
        &["profiles", "save", "erp", "--map", "Kunde=contact.name", "--map", "Betrag=total_amount"][..],
        &["--decimal-separator", ",", "--set", "defaults={\"currency\":\"EUR\"}"],
    ];
    assert_eq!(user.run(&stored.concat()).await.code, Some(0));
    user.write("more.csv", "Nr;Kunde;Betrag\nA-2;Söhne;2,50\n");
    let named =
        ["import", "more.csv", "--profile", "erp@1", "--map", "Nr=external_id", "--wait", "--output", "json"];
    let job = user.run(&named).await.json();
    assert_eq!((&job["imported"], &job["profile"]["version"]), (&json!(1), &json!(1)), "{job}");
    let refused = user.run(&["import", "debitoren.csv", "--decimal-separator", "x"]).await;
    insta::assert_snapshot!("refused_option", refused.shown());
}

#[tokio::test]
async fn other_formats_compressed_files_and_stdin_are_imported() {
    let (user, _) = User::of_tenant().await;
    user.write("a.ndjson", "{\"contact\":{\"name\":\"Ana\"},\"total_amount\":1}\n");
    user.write("b.json", r#"{"accounts":[{"contact":{"name":"Ana"},"total_amount":1}]}"#);
    let mut gzip = GzEncoder::new(vec![], Compression::default());
    gzip.write_all(GOOD.as_bytes()).expect("written");
    user.write("c.csv.gz", gzip.finish().expect("gzip"));
    user.write("d.csv", GOOD);
    user.write("unnamed", GOOD);
    for (arguments, rows) in [
        (&["a.ndjson"][..], 1),
        (&["b.json", "--gzip"], 1),
        (&["c.csv.gz"], 2),
        (&["d.csv", "--gzip"], 2),
        (&["-", "--format", "csv"], 2),
        (&["-"], 2),
        (&["unnamed"], 2),
    ] {
        let command = [&["import"], arguments, &["--wait", "--output", "json"]].concat();
        let ran = user.run_with(&command, GOOD).await;
        assert_eq!(
            (ran.code, &ran.json()["total_records"]),
            (Some(0), &json!(rows)),
            "{arguments:?} {ran:?}"
        );
    }
    let refused = user.run_with(&["import", "-", "--format", "csv", "--wait"], BAD).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("saldo jobs download imp_"), "{refused:?}");
    user.write("e.ndjson", "{\"contact\":{\"name\":\"Ana\"}}\n");
    assert_eq!(user.run(&["import", "e.ndjson", "--wait"]).await.code, Some(1));
    assert_eq!(user.read("e-refused.ndjson"), "{\"contact\":{\"name\":\"Ana\"}}\n");
}

#[tokio::test]
async fn files_that_are_no_list_are_exit_status_2() {
    let (user, _) = User::of_tenant().await;
    user.write("workbook.csv", b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00\x21\x00");
    user.write("letter.pdf", "%PDF-1.7");
    user.write("letter.csv", "Dear Sir or Madam,\nplease pay.\n");
    user.write("empty.csv", "");
    user.write("list.csv", r#"{"accounts":[]}"#);
    for (name, arguments) in [
        ("not_csv_workbook", &["workbook.csv", "--wait"][..]),
        ("not_csv_letter", &["letter.csv", "--wait"]),
        ("not_csv_json", &["list.csv", "--wait"]),
        ("unknown_format", &["letter.pdf", "--wait"]),
        ("empty_file", &["empty.csv"]),
        ("missing_file", &["missing.csv"]),
        ("folder", &[".", "--format", "csv"]),
    ] {
        let ran = user.run(&[&["import"], arguments].concat()).await;
        assert_eq!(ran.code, Some(2), "{name}: {ran:?}");
        insta::assert_snapshot!(name, ran.shown());
    }
    assert_eq!(user.files("workbook"), ["workbook.csv"]);
}

#[tokio::test]
async fn wrong_key_is_exit_status_2_and_not_shown() {
    let (user, tenant) = User::of_tenant().await;
    user.write("receivables.csv", GOOD);
    let unknown = format!("{}x", tenant.key);
    let ran = user.with("SALDO_KEY", &unknown).run(&["import", "receivables.csv", "--wait"]).await;
    insta::assert_snapshot!("wrong_key", ran.shown());
    assert!(!ran.stderr.contains(&tenant.key));
}

#[tokio::test]
async fn import_without_wait_names_its_job() {
    let (user, _) = User::of_tenant().await;
    user.write("receivables.csv", GOOD);
    let ran = user.run(&["import", "receivables.csv"]).await;
    assert!(ran.code == Some(0) && ran.stdout.starts_with("JOB     imp_"), "{ran:?}");
    let id = ran.stdout.split_whitespace().nth(1).expect("an id");
    let ended = user.run(&["jobs", "show", id, "--wait", "--output", "json"]).await;
    assert_eq!((ended.code, &ended.json()["imported"]), (Some(0), &json!(2)));
}
