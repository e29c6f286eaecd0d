//! Previews of workbooks, in requests and uploaded, and what they say beside what the import then stores.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use testing::{Answer, Tenant, saldo};

use crate::upload_heads::large_workbook;
use crate::uploads::{announce, import, send};
use crate::workbooks::{XLSX, german_list};

const PREVIEWS: &str = "/v1/imports/preview";

async fn post(tenant: &Tenant, query: &str, content_type: &str, body: Vec<u8>) -> Answer {
    let path = format!("{PREVIEWS}{query}");
    tenant.send(Method::POST, &path, &[(CONTENT_TYPE.as_str(), content_type)], body).await
}

/// The options that are proposed of one field.
fn proposed<'a>(shown: &'a Value, option: &str) -> &'a Value {
    &shown["options"][option]
}

#[tokio::test]
async fn workbook_is_previewed_by_the_types_of_its_cells() {
    let tenant = saldo().await.tenant().await;
    let book = german_list().expect("a workbook");
    let shown = post(&tenant, "", "application/octet-stream", book.clone()).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let shown = shown.json();
    // The first sheet has no table.
    let detected = json!({
        "encoding": null, "encoding_assumed": false, "sheet": "Offene Posten", "delimiter": null, "quote": null,
        "header_line": 4, "decimal_separator": null, "thousands_separator": null, "date_format": null
    });
    assert_eq!((&shown["format"], &shown["detected"]), (&json!("xlsx"), &detected), "{shown}");
    let sheets =
        json!([{ "name": "Deckblatt", "hidden": false }, { "name": "Offene Posten", "hidden": false }]);
    assert_eq!(shown["sheets"], sheets);
    let unread =
        shown["warnings"].as_array().into_iter().flatten().find(|found| found["code"] == "unread_sheets");
    let reason = unread.and_then(|found| found["reason"].as_str());
    assert!(reason.is_some_and(|reason| reason.contains("\"Deckblatt\"")), "{shown}");
    assert_eq!((&shown["ambiguities"], &shown["missing"]), (&json!([]), &json!([])), "{shown}");
    assert_eq!(
        shown["options"],
        json!({
            "sheet": "Offene Posten", "defaults": { "currency": "EUR" },
            "columns": [
                { "from": "Beleg", "to": "external_id" }, { "from": "Kunde", "to": "contact.name" },
                { "from": "Fällig am", "to": "due_date" }, { "from": "Betrag", "to": "total_amount" }
            ]
        })
    );
    assert_eq!(
        shown["columns"][3],
        json!({
            "number": 4, "header": "Betrag", "field": "total_amount",
            "samples": ["1234.56 €", "3.3 €", "2469.12 €"]
        })
    );
    assert_eq!((&shown["read"]["rows"], &shown["read"]["refused"]), (&json!(6), &json!(2)), "{shown}");
    let codes =
        [(3, "errors", "error_value"), (4, "warnings", "numeric_id"), (5, "errors", "blank_external_id")];
    for (row, list, code) in codes {
        assert_eq!(shown["rows"][row][list][0]["code"], code, "{shown}");
    }
    let account = &shown["rows"][0]["account"];
    assert_eq!(
        (&account["external_id"], account["total_amount"].to_string(), &account["due_date"]),
        (&json!("00123"), "1234.56".to_owned(), &json!("2026-12-31"))
    );

    let as_xlsx = post(&tenant, "", XLSX, book.clone()).await.json();
    assert_eq!(as_xlsx, shown);
    let about = json!({ "filename": "Offene Posten.xlsx" });
    let created = announce(&tenant, about.clone()).await.json();
    assert_eq!(send(&created, book.clone()).await, 200);
    let request = json!({ "upload_id": created["upload_id"] });
    assert_eq!(tenant.json(Method::POST, PREVIEWS, request).await.json(), shown);
    let job = import(&tenant, about, book, shown["options"].clone()).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(4), &json!(2)), "{job}");
}

#[tokio::test]
async fn texts_in_a_workbook_are_judged_as_in_csv() {
    let tenant = saldo().await.tenant().await;
    let book = |amounts: [&str; 2], dates: [&str; 2]| {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        for (column, header) in (0..).zip(["Rechnung", "Kunde", "Fällig am", "Betrag"]) {
            sheet.write(0, column, header).expect("a cell");
        }
        for (row, (amount, date)) in (1..).zip(amounts.into_iter().zip(dates)) {
            sheet
                .write(row, 0, format!("R-{row}"))
                .and_then(|sheet| sheet.write(row, 1, "Ana"))
                .expect("cells");
            sheet.write(row, 2, date).and_then(|sheet| sheet.write(row, 3, amount)).expect("cells");
        }
        // A number, whatever the texts are written in.
        sheet.write(3, 0, "R-3").and_then(|sheet| sheet.write(3, 1, "Bo")).expect("cells");
        sheet.write(3, 3, 99.9).expect("a cell");
        workbook.save_to_buffer().expect("a workbook")
    };
    let proven =
        post(&tenant, "", XLSX, book(["1.234,56", "25.000"], ["31.12.2026", "05.01.2027"])).await.json();
    assert_eq!((&proven["ambiguities"], &proven["read"]["refused"]), (&json!([]), &json!(0)), "{proven}");
    assert_eq!(
        ["decimal_separator", "thousands_separator", "date_format", "encoding", "delimiter"]
            .map(|option| proposed(&proven, option).clone()),
        [json!(","), json!("."), json!("DD.MM.YYYY"), Value::Null, Value::Null]
    );
    let amounts: Vec<_> =
        (0..3).map(|row| proven["rows"][row]["account"]["total_amount"].to_string()).collect();
    assert_eq!(amounts, ["1234.56", "25000", "99.9"]);
    let open = post(&tenant, "", XLSX, book(["25.000", "1.250"], ["01/02/2026", "03/04/2026"])).await.json();
    let options: Vec<_> =
        open["ambiguities"].as_array().expect("a list").iter().map(|one| &one["option"]).collect();
    assert_eq!(options, ["thousands_separator", "date_format"], "{open}");
    assert_eq!(
        (&open["read"]["refused"], &open["rows"][2]["account"]["total_amount"]),
        (&json!(2), &json!(99.9))
    );
}

#[tokio::test]
async fn large_workbook_is_read_as_far_as_a_megabyte_of_its_values() {
    let tenant = saldo().await.tenant().await;
    let book = large_workbook(["Beleg", "Kunde", "Offener Betrag", "Währung"], 40_000).expect("a workbook");
    let created = announce(&tenant, json!({ "filename": "list.xlsx" })).await.json();
    assert_eq!(send(&created, book).await, 200);
    let request = json!({ "upload_id": created["upload_id"] });
    let shown = tenant.json(Method::POST, PREVIEWS, request).await.json();
    assert_eq!(
        (&shown["read"]["complete"], &shown["read"]["refused"]),
        (&json!(false), &json!(0)),
        "{shown}"
    );
    let rows = shown["read"]["rows"].as_u64().expect("a number");
    assert!((10_000..20_001).contains(&rows), "{rows}");
    assert_eq!(shown["rows"].as_array().map(Vec::len), Some(20));
    assert_eq!((&shown["refusal"], &shown["detected"]["header_line"]), (&Value::Null, &json!(1)));
    let sheets =
        json!([{ "name": "Deckblatt", "hidden": true }, { "name": "Offene Posten", "hidden": false }]);
    assert_eq!((&shown["sheets"], proposed(&shown, "sheet")), (&sheets, &Value::Null));
}

#[tokio::test]
async fn workbooks_that_can_t_be_imported_are_explained() {
    let tenant = saldo().await.tenant().await;
    let book = german_list().expect("a workbook");
    let cut = book[..book.len() / 2].to_vec();
    let answer = post(&tenant, "", "application/octet-stream", cut).await;
    assert_eq!(answer.problem(), (400, "invalid_workbook".to_owned()));
    let answer = post(&tenant, "?sheet=Mai", XLSX, book.clone()).await;
    assert_eq!(answer.problem(), (400, "no_such_sheet".to_owned()));
    let shown = post(&tenant, "?sheet=Deckblatt", XLSX, book.clone()).await.json();
    assert_eq!(
        (&shown["refusal"]["code"], &shown["rows"]),
        (&json!("no_known_column"), &json!([])),
        "{shown}"
    );
    let answer = post(&tenant, "?delimiter=;", XLSX, book).await;
    assert_eq!(answer.json()["errors"][0]["parameter"], "delimiter");

    // The whole sheet was read, so the cells that an import refuses are found.
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, header) in (0..).zip(["Beleg", "Kunde", "Betrag"]) {
        sheet.write(0, column, header).expect("a cell");
    }
    for row in 1..4 {
        sheet.write(row, 0, format!("R-{row}")).and_then(|sheet| sheet.write(row, 2, 5)).expect("cells");
    }
    sheet.merge_range(1, 1, 3, 1, "Ana", &rust_xlsxwriter::Format::new()).expect("a range");
    let shown = post(&tenant, "", XLSX, workbook.save_to_buffer().expect("a workbook")).await.json();
    assert_eq!(shown["refusal"]["code"], "merged_cells", "{shown}");
}
