//! Workbooks in Office Open XML: imported by upload and in a request, exported in an answer and by a link. Those that are
//! imported are written by another library than Saldo's.

use calamine::{Data, DataType, Range, Reader, Xlsx};
use reqwest::Method;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet, XlsxError};
use saldo_domain::account::AccountField;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

use crate::round_trip::rows;
use crate::uploads::{announce, begin, import as upload};

pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A list as a ledger in Germany exports it: a title, its own headers, real dates, amounts in euros, and a row of totals.
pub(crate) fn german_list() -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Deckblatt")?.write(0, 0, "Debitoren")?;
    let sheet = workbook.add_worksheet();
    sheet.set_name("Offene Posten")?.write(0, 0, "Offene Posten per 30.11.2026")?;
    for (column, header) in (0..).zip(["Beleg", "Kunde", "Fällig am", "Betrag", "Bemerkung"]) {
        sheet.write(3, column, header)?;
    }
    let day = Format::new().set_num_format("dd.mm.yyyy");
    let euros = Format::new().set_num_format("#,##0.00\\ [$€-407]");
    let write = |sheet: &mut Worksheet, row: u32, id: &str, amount: f64| -> Result<(), XlsxError> {
        sheet.write(row, 0, id)?.write(row, 1, "Müller GmbH")?.write(row, 4, "")?;
        sheet.write_with_format(row, 2, &ExcelDateTime::from_ymd(2026, 12, 31)?, &day)?;
        sheet.write_with_format(row, 3, amount, &euros)?;
        Ok(())
    };
    write(sheet, 4, "00123", 1234.56)?;
    write(sheet, 5, "R-2", 1.1 + 2.2)?;
    write(sheet, 6, "R-3", 0.0)?;
    sheet.write_formula_with_format(6, 3, Formula::new("=D5*2").set_result("2469.12"), &euros)?;
    write(sheet, 7, "R-4", 0.0)?;
    sheet.write_formula(7, 3, Formula::new("=NA()").set_result("#N/A"))?;
    write(sheet, 8, "", 1.0)?;
    sheet.write(8, 0, 4711)?;
    sheet.write(9, 1, "Summe")?.write(9, 3, 7354.0)?;
    sheet.set_row_hidden(5)?;
    workbook.save_to_buffer()
}

fn options() -> Value {
    json!({
        "sheet": "Offene Posten",
        "mapping": {
            "Beleg": "external_id", "Kunde": "contact.name", "Fällig am": "due_date", "Betrag": "total_amount",
            "Bemerkung": "notes"
        },
        "defaults": { "currency": "EUR" },
        // For cells that hold texts.
        "decimal_separator": ",", "date_format": "DD.MM.YYYY"
    })
}

/// The findings of a job: the line and the code of each.
fn found(job: &Value, list: &str) -> Vec<(u64, String)> {
    let found = job[list].as_array().unwrap_or_else(|| panic!("{job}"));
    let of = |entry: &Value| {
        (entry["line"].as_u64().unwrap_or_default(), entry["code"].as_str().unwrap_or_default().to_owned())
    };
    found.iter().map(of).collect()
}

#[tokio::test]
async fn workbook_is_imported_by_the_types_of_its_cells() {
    let tenant = saldo().await.tenant().await;
    let book = german_list().expect("a workbook");
    let about = json!({ "format": "xlsx", "filename": "Offene Posten.xlsx" });
    let job = upload(&tenant, about, book, options()).await;
    assert_eq!(
        found(&job, "errors"),
        [(8, "error_value".to_owned()), (10, "blank_external_id".to_owned())],
        "{job}"
    );
    assert_eq!(found(&job, "warnings"), [(9, "numeric_id".to_owned())], "{job}");
    assert_eq!((&job["imported"], &job["total_records"]), (&json!(4), &json!(6)), "{job}");
    let request =
        json!({ "format": "json", "columns": ["external_id", "contact.name", "total_amount", "due_date"] });
    let mut accounts = tenant.export("accounts", request).await.json();
    let accounts = accounts.as_array_mut().expect("accounts");
    accounts.sort_by_key(|account| account["external_id"].to_string());
    let expected =
        [("00123", json!(1234.56)), ("4711", json!(1)), ("R-2", json!(3.3)), ("R-3", json!(2469.12))];
    let expected = expected.map(|(id, amount)| {
        json!({ "external_id": id, "contact": { "name": "Müller GmbH" }, "total_amount": amount, "due_date": "2026-12-31" })
    });
    assert_eq!(*accounts, expected);

    // The refused rows are a table of text with the same options.
    let path = format!("/api/v1/import/{}/errors", job["job_id"].as_str().expect("an id"));
    let refused = tenant.send(Method::GET, &path, &[("accept", "text/csv")], "").await;
    let lines: Vec<_> = refused.text.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines[0], "Beleg,Kunde,Fällig am,Betrag,Bemerkung,reason", "{refused:?}");
    assert!(lines[1].starts_with("R-4,Müller GmbH,31.12.2026,#N/A,,"), "{refused:?}");
    let corrected = refused.text.replacen("#N/A", "\"5,50\"", 1);
    let about = json!({ "format": "csv", "filename": "refused.csv" });
    let job = upload(&tenant, about, corrected.into(), options()).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(1), &json!(1)), "{job}");
}

#[tokio::test]
async fn import_of_one_of_several_sheets_is_a_warning_unless_it_is_chosen() {
    let tenant = saldo().await.tenant().await;
    let mut workbook = Workbook::new();
    for (row, name) in (0..).zip(["Mai", "Juni"]) {
        let sheet = workbook.add_worksheet().set_name(name).expect("a sheet");
        for (column, header) in (0..).zip(["external_id", "contact.name", "total_amount", "currency"]) {
            sheet.write(row, column, header).expect("a cell");
        }
        let cells = sheet.write(row + 1, 0, name).and_then(|sheet| sheet.write(row + 1, 1, "Ana"));
        cells.and_then(|sheet| sheet.write(row + 1, 2, 1)?.write(row + 1, 3, "EUR")).expect("cells");
    }
    let book = workbook.save_to_buffer().expect("a workbook");
    let about = json!({ "filename": "Posten.xlsx" });
    let job = upload(&tenant, about.clone(), book.clone(), json!({})).await;
    assert_eq!(
        (&job["imported"], found(&job, "warnings")),
        (&json!(1), vec![(0, "unread_sheets".to_owned())]),
        "{job}"
    );
    let reason = job["warnings"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("\"Juni\"") && !reason.contains("Mai"), "{job}");
    let chosen = upload(&tenant, about, book, json!({ "sheet": "Juni" })).await;
    assert_eq!((&chosen["imported"], found(&chosen, "warnings")), (&json!(1), vec![]), "{chosen}");
}

#[tokio::test]
async fn workbook_in_a_request_is_counted_and_refused_at_once() {
    let tenant = saldo().await.tenant().await;
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, header) in (0..).zip(["external_id", "contact.name", "total_amount"]) {
        sheet.write(0, column, header).expect("a cell");
    }
    for row in 1..=3 {
        let cells = sheet.write(row, 0, format!("W-{row}")).and_then(|sheet| sheet.write(row, 1, "Ana"));
        cells.and_then(|sheet| sheet.write(row, 2, f64::from(row) + 0.1)).expect("a cell");
    }
    let accepted = tenant.import(XLSX, workbook.save_to_buffer().expect("a workbook")).await;
    assert_eq!(accepted.json()["total_records"], 3, "{accepted:?}");
    assert_eq!(tenant.ended(&accepted).await["imported"], 3);
    for (body, code) in [
        (b"external_id,contact.name\n".to_vec(), "other_format"),
        (b"PK\x03\x04not really".to_vec(), "invalid_workbook"),
        (german_list().expect("a workbook"), "no_known_column"),
    ] {
        assert_eq!(tenant.import(XLSX, body).await.problem(), (400, code.to_owned()));
    }
    let named = tenant
        .send(
            Method::POST,
            "/api/v1/import?sheet=Mai",
            &[("content-type", XLSX)],
            german_list().expect("a workbook"),
        )
        .await;
    assert_eq!(named.problem(), (400, "no_such_sheet".to_owned()));
    assert!(named.text.contains("Offene Posten"), "{named:?}");
    for (query, option) in
        [("quote='", "quote"), ("encoding=utf-8", "encoding"), ("delimiter=;", "delimiter")]
    {
        let path = format!("/api/v1/import?{query}");
        let refused = tenant.send(Method::POST, &path, &[("content-type", XLSX)], "").await;
        assert!(refused.status == 400 && refused.text.contains(option), "{refused:?}");
    }
    let zipped = announce(&tenant, json!({ "format": "xlsx", "filename": "list.xlsx.gz" })).await;
    assert!(zipped.status == 400 && zipped.text.contains("compressed already"), "{zipped:?}");
}

#[tokio::test]
async fn files_that_are_no_workbooks_are_refused_with_what_they_are() {
    let tenant = saldo().await.tenant().await;
    let old = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 600]].concat();
    for (format, content, expected) in [
        ("xlsx", old.clone(), "an Excel workbook of an old version (.xls); save it as .xlsx or CSV"),
        ("csv", old, "an Excel workbook of an old version (.xls), or an encrypted one"),
        ("csv", german_list().expect("a workbook"), "import a workbook with the format `xlsx`"),
        ("xlsx", b"a;b\n".to_vec(), "not an Excel workbook; state the format `csv`"),
    ] {
        let about = json!({ "format": format, "filename": "list" });
        let refused = begin(&tenant, about, content, json!({})).await;
        assert_eq!(refused.problem(), (400, "other_format".to_owned()));
        assert!(refused.text.contains(expected), "{refused:?}");
    }
}

#[tokio::test]
async fn long_workbook_is_read_in_blocks_and_fails_where_it_is_damaged() {
    let tenant = saldo().await.tenant().await;
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, header) in (0..).zip(["external_id", "contact.name", "total_amount", "notes"]) {
        sheet.write(0, column, header).expect("a cell");
    }
    // Texts that can't be compressed: the list of parts is beyond the first block of four megabytes.
    let noise = |row: u32| testing::sha256(&row.to_le_bytes()) + &testing::sha256(&(!row).to_le_bytes());
    for row in 1..=1_200 {
        let notes: String = (0..60).map(|n| noise(row * 100 + n)).collect();
        let cells = sheet.write(row, 0, format!("L-{row}")).and_then(|sheet| sheet.write(row, 1, "Ana"));
        cells.and_then(|sheet| sheet.write(row, 2, row)?.write(row, 3, notes)).expect("a cell");
    }
    let book = workbook.save_to_buffer().expect("a workbook");
    assert!(book.len() > 4_300_000, "{}", book.len());
    let about = json!({ "format": "xlsx", "filename": "list.xlsx" });
    let job = upload(&tenant, about.clone(), book.clone(), json!({ "dry_run": true })).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(1_200), &json!(0)), "{job}");
    let damaged = |at: usize| {
        let mut damaged = book.clone();
        damaged[at..at + 100].fill(0);
        damaged
    };
    // Behind the texts of the first thousand rows.
    let job = upload(&tenant, about.clone(), damaged(book.len() / 100 * 95), json!({})).await;
    let reason = job["reason"].as_str().unwrap_or_default();
    assert!(job["status"] == "failed" && reason.contains("can't be read"), "{job}");
    for (content, options, code) in [
        (damaged(book.len() / 2), json!({}), "invalid_workbook"),
        (book[..book.len() - 100].to_vec(), json!({}), "invalid_workbook"),
        (book.clone(), json!({ "sheet": "Mai" }), "no_such_sheet"),
    ] {
        let refused = begin(&tenant, about.clone(), content, options).await;
        assert_eq!(refused.problem(), (400, code.to_owned()));
    }
}

/// The cells of a workbook's first sheet.
fn open(file: &[u8]) -> Range<Data> {
    let mut book = Xlsx::new(std::io::Cursor::new(file)).expect("a workbook");
    book.worksheet_range_at(0).expect("a sheet").expect("its cells")
}

/// All accounts with all their fields but the days past due, which change every day.
async fn export(tenant: &Tenant, mut request: Value) -> Vec<u8> {
    let names = AccountField::NAMES.iter().copied();
    request["columns"] = names.filter(|name| *name != "days_past_due").collect();
    let file = tenant.export("accounts", request).await;
    assert_eq!(file.status, 200, "{file:?}");
    file.bytes
}

#[tokio::test]
async fn exported_workbooks_and_local_tables_import_back_unchanged() {
    let tenant = saldo().await.tenant().await;
    let rows = rows(&tenant);
    let count = rows.as_array().map(Vec::len);
    assert_eq!(tenant.import_rows(rows).await["imported"], json!(count));
    let before = export(&tenant, json!({ "format": "ndjson" })).await;
    for (request, options) in [
        (json!({ "format": "xlsx" }), json!({})),
        (json!({ "format": "csv", "locale": "de" }), json!({ "decimal_separator": "," })),
        (
            json!({ "format": "csv", "locale": "es-AR", "profile": "raw" }),
            json!({ "decimal_separator": "," }),
        ),
        (json!({ "format": "csv", "locale": "en-GB" }), json!({})),
        (json!({ "format": "csv", "delimiter": "\t", "bom": true }), json!({})),
        (
            json!({ "format": "csv", "delimiter": "|", "decimal_separator": "," }),
            json!({ "decimal_separator": "," }),
        ),
    ] {
        let format = request["format"].clone();
        let file = export(&tenant, request.clone()).await;
        let about = json!({ "format": format, "filename": "export" });
        let job = upload(&tenant, about, file, options).await;
        assert_eq!((&job["unchanged"], &job["failed"]), (&json!(count), &json!(0)), "{request} {job}");
        assert!(export(&tenant, json!({ "format": "ndjson" })).await == before, "{request}");
    }
}

#[tokio::test]
async fn exported_workbook_has_typed_cells() {
    let tenant = saldo().await.tenant().await;
    let job = tenant
        .import_rows(json!([
            { "external_id": "00123", "contact": { "name": "=1+1" }, "total_amount": "1234.50", "currency": "EUR",
              "due_date": "2026-12-31", "notes": "'=1" },
            { "external_id": "00124", "contact": { "name": "Long" }, "total_amount": "12345678901234.56", "currency": "EUR" }
        ]))
        .await;
    assert_eq!(job["imported"], 2, "{job}");
    let request = json!({ "format": "xlsx", "locale": "de",
        "columns": ["external_id", "contact.name", "total_amount", "due_date", "days_past_due", "notes", "created_at"] });
    let file = tenant.export("accounts", request.clone()).await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, XLSX));
    assert!(file.header("content-disposition").ends_with(".xlsx\""), "{file:?}");
    let cells = open(&file.bytes);
    let header: Vec<_> = cells.rows().next().expect("a header").iter().map(ToString::to_string).collect();
    assert_eq!(header[..4], ["external_id", "contact.name", "total_amount", "due_date"]);
    let row = |id: &str| {
        let mut rows = cells.rows();
        rows.find(|row| row[0] == Data::String(id.to_owned())).expect("a row").to_vec()
    };
    let (short, long) = (row("00123"), row("00124"));
    assert_eq!(short[1..3], [Data::String("=1+1".to_owned()), Data::Float(1234.5)]);
    assert!(
        matches!(&short[3], Data::DateTime(day) if day.is_datetime() && (day.as_f64() - 46387.0).abs() < 1e-9),
        "{short:?}"
    );
    assert!(short[4].is_float() || short[4].is_int(), "{short:?}");
    assert_eq!(short[5], Data::String("''=1".to_owned()));
    assert!(matches!(&short[6], Data::DateTime(_)), "{short:?}");
    // Spreadsheets keep fifteen digits.
    assert_eq!(long[2], Data::String("12345678901234.56".to_owned()));

    let mut by_link = request;
    by_link["delivery"] = json!("link");
    let job = tenant.ended(&tenant.export("accounts", by_link).await).await;
    assert_eq!((&job["format"], &job["rows"]), (&json!("xlsx"), &json!(2)), "{job}");
    let got = reqwest::get(job["url"].as_str().expect("a link")).await.expect("a file");
    assert_eq!(got.headers()["content-type"], XLSX);
    assert_eq!(open(&got.bytes().await.expect("a file")).height(), 3);
}

#[tokio::test]
async fn transactions_are_exported_as_workbooks_and_local_tables() {
    let tenant = saldo().await.tenant().await;
    let transactions = json!({ "transactions": [
        { "accountIdentifier": "A-1", "transactionId": "1", "text": "Miete;=1", "amount": "800.00", "currency": "EUR", "valutaAt": "2026-01-02" }
    ] });
    tenant.json(Method::POST, "/api/public/v1/transactions", transactions).await;
    let columns = json!(["transactionId", "text", "amount", "valutaAt"]);
    let file = tenant.export("transactions", json!({ "format": "xlsx", "columns": columns })).await;
    let cells = open(&file.bytes);
    let row = cells.rows().nth(1).expect("a row");
    assert_eq!(row[..3], [Data::String("1".into()), Data::String("Miete;=1".into()), Data::Float(800.0)]);
    assert!(matches!(&row[3], Data::DateTime(_)), "{row:?}");
    let file =
        tenant.export("transactions", json!({ "format": "csv", "locale": "de", "columns": columns })).await;
    assert_eq!(file.text, "\u{feff}transactionId;text;amount;valutaAt\n1;\"Miete;'=1\";800,00;2026-01-02\n");
}

#[tokio::test]
async fn options_of_tables_are_checked() {
    let tenant = saldo().await.tenant().await;
    for (request, field) in [
        (json!({ "format": "csv", "locale": "tlh" }), "locale"),
        (json!({ "format": "csv", "delimiter": "x" }), "delimiter"),
        (json!({ "format": "csv", "delimiter": ",", "decimal_separator": "," }), "delimiter"),
        (json!({ "format": "csv", "locale": "de", "delimiter": "," }), "delimiter"),
        (json!({ "format": "json", "locale": "de" }), "locale"),
        (json!({ "format": "ndjson", "bom": true }), "bom"),
        (json!({ "format": "xlsx", "decimal_separator": "," }), "decimal_separator"),
    ] {
        let refused = tenant.export("accounts", request.clone()).await;
        assert_eq!(refused.status, 400, "{request} {refused:?}");
        assert_eq!(refused.json()["errors"][0]["pointer"], format!("/{field}"), "{refused:?}");
    }
}
