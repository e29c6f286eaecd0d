//! What the first bytes of an uploaded file decide: its format, and whether it has the columns that it needs.

use reqwest::Method;
use rust_xlsxwriter::{Workbook, XlsxError};
use serde_json::json;
use testing::saldo;

use crate::uploads::{begin, gzip, import};

#[tokio::test]
async fn format_follows_from_the_first_bytes_and_agrees_with_the_name() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id;contact.name;total_amount\nF-1;A;1\n".as_bytes().to_vec();
    let row = r#"{"external_id":"F-1","contact":{"name":"A"},"total_amount":1}"#;
    let (json, ndjson) = (format!(r#"{{ "accounts": [{row}] }}"#), format!("{row}\n"));
    for (name, content) in [
        (None, csv.clone()),
        (Some("list.txt"), csv.clone()),
        (Some("list.csv.gz"), gzip(&csv)),
        (Some("list"), json.clone().into()),
        (Some("list.json"), json.clone().into()),
        (Some("list.jsonl.gz"), gzip(ndjson.as_bytes())),
        (None, ndjson.clone().into()),
    ] {
        let about = name.map_or_else(|| json!({}), |name| json!({ "filename": name }));
        let job = import(&tenant, about, content, json!({})).await;
        assert_eq!((&job["total_records"], &job["failed"]), (&json!(1), &json!(0)), "{name:?}: {job}");
    }
    for (name, stated, content, is) in [
        ("list.csv", None, json.clone().into_bytes(), "the file is JSON; its name says another format"),
        ("list.json", None, csv.clone(), "the file is a table (CSV); its name says another format"),
        (
            "list.csv",
            None,
            b"PK\x03\x04\x14\0".to_vec(),
            "the file is an Excel workbook (.xlsx); its name says another format",
        ),
        ("list.csv", None, gzip(&csv), "the file is compressed with gzip"),
        ("list.csv", Some("json"), csv.clone(), "the file is a table (CSV); state the format `csv`"),
        ("list.ndjson", Some("ndjson"), json.into_bytes(), "the file is JSON; state the format `json`"),
    ] {
        let options = stated.map_or_else(|| json!({}), |stated| json!({ "format": stated }));
        let refused = begin(&tenant, json!({ "filename": name }), content, options).await;
        assert_eq!(refused.problem(), (400, "other_format".to_owned()), "{name}");
        assert!(
            refused.json()["detail"].as_str().is_some_and(|detail| detail.starts_with(is)),
            "{refused:?}"
        );
    }
    // The format that is stated for the import takes precedence over that of the upload.
    let about = json!({ "format": "csv", "filename": "list.csv" });
    let job = import(&tenant, about, ndjson.into(), json!({ "format": "ndjson" })).await;
    assert_eq!(job["total_records"], 1, "{job}");
    let path = "/api/v1/import?format=ndjson";
    let refused = tenant.send(Method::POST, path, &[("content-type", "text/csv")], csv).await;
    assert_eq!(refused.problem(), (400, "invalid_parameter".to_owned()));
}

#[tokio::test]
async fn missing_columns_of_a_large_file_are_refused_before_the_import_begins() {
    let tenant = saldo().await.tenant().await;
    let rows = |header: &str| format!("{header}\n{}", "Müller;5;EUR\n".repeat(200_000));
    let latin = [b"contact.name;Betrag;currency\n".to_vec(), b"M\xfcller;5;EUR\n".repeat(200_000)].concat();
    let wide: Vec<u8> = format!("\u{feff}{}", rows("contact.name;Betrag;currency"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, content) in [
        ("list.csv", rows("contact.name;Betrag;currency").into_bytes()),
        ("list.csv.gz", gzip(rows("contact.name;Betrag;currency").as_bytes())),
        ("latin.csv", latin),
        ("wide.csv", wide),
    ] {
        let refused = begin(&tenant, json!({ "filename": name }), content, json!({})).await;
        assert_eq!(refused.problem(), (400, "missing_column".to_owned()), "{name}");
        let detail = refused.json()["detail"].as_str().expect("a detail").to_owned();
        for part in
            ["no column for total_amount", "line 1: \"contact.name\", \"Betrag\"", "the fields are id, "]
        {
            assert!(detail.contains(part), "{name}: {detail}");
        }
    }
    assert_eq!(tenant.get("/api/v1/import").await.json()["data"], json!([]), "no job");
    // With a column that names the account, new accounts are checked row by row.
    let csv = "external_id;contact.name\nM-1;Müller\nM-2;Söhne\n";
    let job = import(&tenant, json!({ "filename": "list.csv" }), csv.into(), json!({})).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(0), &json!(2)), "{job}");
    assert_eq!(
        (&job["errors"][0]["field"], &job["errors"][0]["code"]),
        (&json!("total_amount"), &json!("required"))
    );
}

/// A workbook of more than a megabyte, with these headers.
pub(crate) fn large_workbook(headers: [&str; 4], rows: u32) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Deckblatt")?.set_hidden(true).write(0, 0, "Debitoren")?;
    let sheet = workbook.add_worksheet().set_name("Offene Posten")?.set_active(true);
    for (column, header) in (0..).zip(headers) {
        sheet.write(0, column, header)?;
    }
    let mut state = 1_u32;
    for row in 0..rows {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let customer = format!("Kunde {state:08x}{:08x}", state.rotate_left(9));
        sheet.write(row + 1, 0, format!("R-{row:07}"))?.write(row + 1, 1, customer)?;
        sheet.write(row + 1, 2, f64::from(state % 100_000) / 100.0)?.write(row + 1, 3, "EUR")?;
    }
    workbook.save_to_buffer()
}

#[tokio::test]
async fn header_of_a_large_workbook_is_checked_before_the_import_begins() {
    let tenant = saldo().await.tenant().await;
    let book = |headers| {
        let book = large_workbook(headers, 40_000).expect("a workbook");
        assert!(book.len() > 1_100_000, "{}", book.len());
        book
    };
    let about = json!({ "filename": "list.xlsx" });
    let refused =
        begin(&tenant, about.clone(), book(["Beleg", "contact.name", "Betrag", "currency"]), json!({}));
    let refused = refused.await;
    assert_eq!(refused.problem(), (400, "missing_column".to_owned()));
    let detail = refused.json()["detail"].as_str().expect("a detail").to_owned();
    assert!(detail.contains("line 1: \"Beleg\", \"contact.name\", \"Betrag\""), "{detail}");
    let whole = book(["external_id", "contact.name", "total_amount", "currency"]);
    let refused = begin(&tenant, about.clone(), whole.clone(), json!({ "sheet": "Mai" })).await;
    assert_eq!(refused.problem(), (400, "no_such_sheet".to_owned()));
    let cut = whole[..1_090_000].to_vec();
    let refused = begin(&tenant, about.clone(), cut, json!({})).await;
    assert_eq!(refused.problem(), (400, "invalid_workbook".to_owned()));
    assert_eq!(tenant.get("/api/v1/import").await.json()["data"], json!([]), "no job");
    let accepted = begin(&tenant, about, whole, json!({ "dry_run": true })).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
}
