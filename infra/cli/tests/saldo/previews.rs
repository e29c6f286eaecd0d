//! Previews, and imports with the options that they propose.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::Router;
use axum::extract::{Request, State};
use rust_xlsxwriter::{Workbook, XlsxError};
use serde_json::{Value, json};
use testing::sha256;
use tokio::net::TcpListener;

use crate::cli::User;

const GERMAN: &str = "Offene Posten;Stand 30.11.2026\r\n\r\nBelegnummer;Kunde;Fällig am;Offener Betrag\r\n\
    R-1;Müller GmbH;31.12.2026;1.234,56 €\r\nR-2;Söhne & Co;05.01.2027;25.000,00 €\r\n;Summe;;26.234,56 €\r\n";

/// A text in Windows-1252, in which `€` is 0x80.
fn windows_1252(text: &str) -> Vec<u8> {
    text.chars().map(|c| if c == '€' { 0x80 } else { u8::try_from(u32::from(c)).expect("Latin") }).collect()
}

#[tokio::test]
async fn proposed_options_import_a_german_list() {
    let (user, tenant) = User::of_tenant().await;
    user.write("debitoren.csv", windows_1252(GERMAN));
    let shown = user.run(&["preview", "debitoren.csv", "--save-options", "erp.json"]).await;
    insta::assert_snapshot!("preview", shown.shown());
    insta::assert_snapshot!("saved_options", user.read("erp.json"));
    assert_eq!(tenant.get("/api/v1/import").await.json()["data"], json!([]), "nothing is stored");

    let ran =
        user.run(&["import", "debitoren.csv", "--options", "erp.json", "--wait", "--output", "json"]).await;
    assert_eq!(
        (ran.code, &ran.json()["imported"], &ran.json()["failed"]),
        (Some(1), &json!(2), &json!(1)),
        "{ran:?}"
    );
    let piped = user.run(&["preview", "debitoren.csv", "--save-options", "-"]).await;
    assert_eq!(piped.stdout, user.read("erp.json"));
}

#[tokio::test]
async fn choices_are_options_of_the_command() {
    let (user, _) = User::of_tenant().await;
    user.write(
        "aging.csv",
        "Invoice,Customer,Due date,Amount\nI-1,ACME,01/02/2026,25.000\nI-2,Foo,03/04/2026,80\n",
    );
    let shown = user.run(&["preview", "aging.csv"]).await;
    insta::assert_snapshot!("preview_ambiguous", shown.shown());
    let chosen = ["--date-format", "MM/DD/YYYY", "--decimal-separator", ",", "--thousands-separator", "."];
    let shown = user.run(&[&["preview", "aging.csv", "--output", "json"], &chosen[..]].concat()).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let account = &shown.json()["rows"][0]["account"];
    assert_eq!(
        (&account["due_date"], account["total_amount"].to_string()),
        (&json!("2026-01-02"), "25000".to_owned())
    );
}

#[tokio::test]
async fn files_that_can_t_be_previewed_are_exit_status_2() {
    let (user, _) = User::of_tenant().await;
    user.write("letter.csv", "Dear Sir or Madam,\nplease pay.\n");
    user.write("empty.csv", "");
    user.write("letter.pdf", "%PDF-1.7");
    user.write("numbers.csv", "Telefon;Kunde\n+491511234567;Müller\n");
    user.write("options.json", "[]");
    for (name, arguments) in [
        ("preview_letter", &["letter.csv"][..]),
        ("preview_without_amount", &["numbers.csv"]),
        ("preview_format", &["letter.pdf"]),
        ("preview_bad_options", &["numbers.csv", "--options", "options.json"]),
    ] {
        let ran = user.run(&[&["preview"], arguments].concat()).await;
        assert_eq!(ran.code, Some(2), "{name}: {ran:?}");
        insta::assert_snapshot!(name, ran.shown());
    }
    let ran = user.run(&["preview", "empty.csv"]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(2), "saldo: empty.csv is empty.\n"));
    let piped = user.run_with(&["preview", "-", "--format", "csv", "--output", "json"], GERMAN).await;
    let read: &Value = &piped.json()["read"];
    assert_eq!((piped.code, &read["rows"]), (Some(1), &json!(3)), "{piped:?}");
}

/// Answers with the third version of a profile, and keeps the path and query of the last request.
async fn third_version(State(last): State<Arc<Mutex<String>>>, request: Request) -> Json<Value> {
    *last.lock().expect("the query") = request.uri().to_string();
    Json(json!({ "version": 3, "options": { "mapping": { "Kunde": "contact.name" } } }))
}

#[tokio::test]
async fn columns_are_added_to_the_version_of_the_profile_that_was_read() {
    let last = Arc::<Mutex<String>>::default();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(third_version).with_state(Arc::clone(&last));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let user = User::new().with("SALDO_URL", &url).with("SALDO_KEY", "saldo_k_1");
    user.write("list.csv", "Nr;Kunde;Betrag\nA-1;Müller;5\n");
    for (arguments, profile) in [
        (&["--profile", "erp", "--map", "Nr=external_id"][..], "profile=erp%403"),
        (&["--profile", "erp@2", "--map", "Nr=external_id"], "profile=erp%402"),
        (&["--profile", "erp"], "profile=erp"),
    ] {
        user.run(&[&["preview", "list.csv"], arguments].concat()).await;
        let query = last.lock().expect("the query").clone();
        assert!(query.split(['?', '&']).any(|pair| pair == profile), "{query}");
    }

    // API Gateway refuses long paths.
    let columns: Vec<_> =
        (1..200).map(|at| json!({ "from": format!("{at} {}", "x".repeat(60)), "to": "notes" })).collect();
    user.write("options.json", json!({ "columns": columns }).to_string());
    user.run(&["preview", "list.csv", "--options", "options.json"]).await;
    assert_eq!(last.lock().expect("the path").as_str(), "/api/v1/import/uploads");
    let piped = user.run_with(&["preview", "-", "--options", "options.json"], "Nr;Kunde\n1;Al\n").await;
    assert_eq!((piped.code, piped.stderr.contains("Name the file")), (Some(2), true), "{piped:?}");
    server.abort();
}

#[tokio::test]
async fn workbooks_are_sent_whole_or_uploaded() {
    let (user, tenant) = User::of_tenant().await;
    let book = |rows: u32| -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        workbook.add_worksheet().set_name("Deckblatt")?.write(0, 0, "Debitoren")?;
        let sheet = workbook.add_worksheet().set_name("Offene Posten")?;
        for (column, header) in (0..).zip(["Beleg", "Kunde", "Betrag", "Text"]) {
            sheet.write(0, column, header)?;
        }
        for row in 1..=rows {
            let noise = ["a", "b", "c"].map(|salt| sha256(format!("{row}{salt}").as_bytes())).concat();
            sheet.write(row, 0, format!("R-{row}"))?.write(row, 1, "Müller")?;
            sheet.write(row, 2, f64::from(row))?.write(row, 3, noise)?;
        }
        workbook.save_to_buffer()
    };
    user.write("small.xlsx", book(2).expect("a workbook"));
    let shown = user.run(&["preview", "small.xlsx", "--sheet", "2", "--save-options", "erp.json"]).await;
    insta::assert_snapshot!("preview_workbook", shown.shown());
    let ran =
        user.run(&["import", "small.xlsx", "--options", "erp.json", "--wait", "--output", "json"]).await;
    assert_eq!((ran.code, &ran.json()["imported"]), (Some(0), &json!(2)), "{ran:?}");

    let large = book(60_000).expect("a workbook");
    assert!(large.len() > 4_000_000, "{}", large.len());
    user.write("large.xlsx", &large);
    let shown = user.run(&["preview", "large.xlsx", "--output", "json"]).await;
    let shown_of_large = shown.json();
    assert_eq!((shown.code, &shown_of_large["read"]["complete"]), (Some(0), &json!(false)), "{shown:?}");
    assert_eq!(shown_of_large["options"]["sheet"], "Offene Posten");
    assert_eq!(tenant.get("/api/v1/import").await.json()["data"].as_array().map(Vec::len), Some(1));
    let piped = user.run_with(&["preview", "-"], &large).await;
    let expected = "saldo: a workbook of more than 4000000 bytes can't be previewed from standard input. Name the file.\n";
    assert_eq!((piped.code, piped.stderr.as_str()), (Some(2), expected));
}
