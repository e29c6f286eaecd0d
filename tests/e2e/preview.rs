//! Previews of imports: of uploads and of bodies, whole and cut, and what they say beside what the import then stores.

use std::fmt::Write as _;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use testing::{Answer, Tenant, saldo};

use crate::uploads::{announce, gzip, import, send};

const PREVIEWS: &str = "/v1/imports/preview";
const BYTES: &str = "application/octet-stream";

async fn post(tenant: &Tenant, query: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let path = format!("{PREVIEWS}{query}");
    tenant.send(Method::POST, &path, &[(CONTENT_TYPE.as_str(), content_type)], body).await
}

/// Previews a table in the body.
async fn preview(tenant: &Tenant, body: impl Into<Vec<u8>>) -> Value {
    let answer = post(tenant, "", BYTES, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Previews an uploaded file.
async fn preview_upload(tenant: &Tenant, about: Value, content: Vec<u8>, options: Value) -> Answer {
    let created = announce(tenant, about).await.json();
    assert_eq!(send(&created, content).await, 200);
    let mut request = options;
    request["upload_id"] = created["upload_id"].clone();
    tenant.json(Method::POST, PREVIEWS, request).await
}

/// A text in Windows-1252, in which `€` is 0x80.
fn windows_1252(text: &str) -> Vec<u8> {
    text.chars().map(|c| if c == '€' { 0x80 } else { u8::try_from(u32::from(c)).expect("Latin") }).collect()
}

const GERMAN: &str = "Offene Posten;Stand 30.11.2026\r\n\r\nBelegnummer;Kunde;Fällig am;Offener Betrag;Text\r\n\
    R-1;Müller GmbH;31.12.2026;1.234,56 €;Lieferung\r\nR-2;Söhne & Co;05.01.2027;25.000,00 €;\r\n;Summe;;26.234,56 €;\r\n";

#[tokio::test]
async fn proposed_options_import_the_file_as_it_was_shown() {
    let tenant = saldo().await.tenant().await;
    let content = windows_1252(GERMAN);
    let shown = preview(&tenant, content.clone()).await;
    let detected = json!({
        "encoding": "windows-1252", "encoding_assumed": true, "sheet": null, "delimiter": ";", "quote": "\"", "header_line": 3,
        "decimal_separator": ",", "thousands_separator": ".", "date_format": "DD.MM.YYYY"
    });
    assert_eq!((&shown["detected"], &shown["ambiguities"]), (&detected, &json!([])), "{shown}");
    assert_eq!(
        shown["columns"][1],
        json!({
            "number": 2, "header": "Kunde", "field": "contact.name", "samples": ["Müller GmbH", "Söhne & Co", "Summe"]
        })
    );
    let read = json!({ "bytes": content.len(), "complete": true, "rows": 3, "refused": 1, "superseded": 0 });
    assert_eq!(shown["read"], read);
    let account = &shown["rows"][0]["account"];
    assert_eq!(
        (&account["external_id"], &account["contact"]["name"], &account["due_date"], &account["currency"]),
        (&json!("R-1"), &json!("Müller GmbH"), &json!("2026-12-31"), &json!("EUR")),
        "{shown}"
    );
    assert_eq!(account["total_amount"].to_string(), "1234.56");
    assert_eq!(shown["rows"][2]["errors"][0]["code"], "blank_external_id", "{shown}");
    assert_eq!(shown["warnings"][0]["code"], "assumed_encoding", "{shown}");
    // Nothing was stored.
    assert_eq!(tenant.get("/api/v1/import").await.json()["data"], json!([]));
    assert_eq!(tenant.get("/v1/accounts").await.json()["data"], json!([]));

    let about = json!({ "format": "csv", "filename": "debitoren.csv" });
    let of_upload = preview_upload(&tenant, about.clone(), content.clone(), json!({})).await.json();
    assert_eq!(of_upload, shown);
    let job = import(&tenant, about, content, shown["options"].clone()).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(2), &json!(1)), "{job}");
    let exported = tenant.export("accounts", json!({ "format": "json", "filters": {} })).await.json();
    let stored = exported.as_array().expect("accounts");
    let stored = stored.iter().find(|stored| stored["external_id"] == "R-1").expect("the account");
    for (field, value) in account.as_object().expect("an account") {
        if let Some(stored) = stored.get(field) {
            assert_eq!(stored, value, "{field}");
        }
    }
}

#[tokio::test]
async fn likely_encoding_is_not_stated_for_ids() {
    let tenant = saldo().await.tenant().await;
    // `Ł` in Windows-1250, `£` in Windows-1252.
    let content = b"external_id;contact.name;total_amount\n\xa3-1;\xa3ukasz;1\n".to_vec();
    let shown = preview(&tenant, content).await;
    assert_eq!(shown["detected"]["encoding_assumed"], true, "{shown}");
    assert_eq!(shown["options"]["encoding"], Value::Null, "{shown}");
    assert_eq!(shown["rows"][0]["errors"][0]["code"], "uncertain_id", "{shown}");
}

#[tokio::test]
async fn ambiguous_columns_are_chosen_by_the_caller() {
    let tenant = saldo().await.tenant().await;
    let csv = "Invoice,Customer,Due date,Amount\nI-1,ACME,01/02/2026,25.000\nI-2,Foo Ltd,03/04/2026,1.250\n";
    let shown = preview(&tenant, csv).await;
    let options: Vec<_> =
        shown["ambiguities"].as_array().expect("a list").iter().map(|one| &one["option"]).collect();
    assert_eq!(options, ["thousands_separator", "date_format"], "{shown}");
    assert_eq!(
        shown["ambiguities"][1]["choices"],
        json!([
            { "options": { "date_format": "DD/MM/YYYY" }, "text": "01/02/2026", "read_as": "2026-02-01" },
            { "options": { "date_format": "MM/DD/YYYY" }, "text": "01/02/2026", "read_as": "2026-01-02" }
        ])
    );
    assert_eq!(shown["ambiguities"][0]["choices"][1]["read_as"], "25000");
    assert!(
        shown["options"]["date_format"].is_null() && shown["options"]["decimal_separator"].is_null(),
        "{shown}"
    );
    assert_eq!(
        (&shown["read"]["refused"], &shown["rows"][0]["account"]),
        (&json!(2), &Value::Null),
        "{shown}"
    );

    let chosen = "?date_format=MM/DD/YYYY&decimal_separator=,&thousands_separator=.";
    let chosen = post(&tenant, chosen, BYTES, csv).await.json();
    assert_eq!((&chosen["ambiguities"], &chosen["read"]["refused"]), (&json!([]), &json!(0)), "{chosen}");
    assert_eq!(chosen["options"]["date_format"], "MM/DD/YYYY");
    let account = &chosen["rows"][0]["account"];
    assert_eq!(
        (account["total_amount"].to_string(), &account["due_date"]),
        ("25000".to_owned(), &json!("2026-01-02"))
    );
}

#[tokio::test]
async fn names_of_currencies_are_to_be_replaced_by_codes() {
    let tenant = saldo().await.tenant().await;
    let csv = |header: &str| {
        format!("Invoice,Customer,Amount,{header}\nI-1,ACME,25.00,Euro\nI-2,Foo,1.50,US-Dollar\n")
    };
    for (header, option, refused) in [("Currency", "columns", 2), ("Währung", "defaults", 0)] {
        let shown = preview(&tenant, csv(header)).await;
        let ambiguity = &shown["ambiguities"][0];
        assert_eq!(
            (&ambiguity["columns"], &ambiguity["option"], &shown["read"]["refused"]),
            (&json!([4]), &json!(option), &json!(refused)),
            "{shown}"
        );
        let reason = ambiguity["reason"].as_str().unwrap_or_default();
        assert!(reason.starts_with("Euro is not an ISO 4217 currency code such as EUR: replace"), "{reason}");
    }
    // If most are codes, only the rows with others are refused.
    let most = "Rechnung,Kunde,Betrag,Währung\nI-1,ACME,25.00,EUR\nI-2,Foo,1.50,EU\nI-3,Bar,2.50,USD\n";
    let shown = preview(&tenant, most).await;
    assert_eq!(
        (&shown["columns"][3]["field"], &shown["read"]["refused"]),
        (&json!("currency"), &json!(1)),
        "{shown}"
    );
    let chosen = "?defaults=%7B%22currency%22%3A%22USD%22%7D&columns=%5B%7B%22from%22%3A%22Currency%22%2C%22to%22%3A%22notes%22%7D%5D";
    let chosen = post(&tenant, chosen, BYTES, csv("Currency")).await.json();
    assert_eq!((&chosen["ambiguities"], &chosen["read"]["refused"]), (&json!([]), &json!(0)), "{chosen}");
    assert_eq!(chosen["rows"][1]["account"]["currency"], "USD");
}

#[tokio::test]
async fn large_files_are_read_to_the_last_whole_row_of_a_megabyte() {
    let tenant = saldo().await.tenant().await;
    let mut csv = "Belegnummer;Kunde;Fälligkeit;Betrag\n".to_owned();
    let row = |n: usize| {
        format!(
            "R-{n:06};Kunde {};{:02}.{:02}.2026;{},{:02}\n",
            n % 977,
            n % 28 + 1,
            n % 12 + 1,
            n % 5000,
            n % 100
        )
    };
    (0..60_000).for_each(|n| csv.push_str(&row(n)));
    assert!(csv.len() > 2_000_000);
    let whole = &csv[..=csv[..1_000_000].rfind('\n').expect("rows")];
    let shown = preview(&tenant, &csv.as_bytes()[..1_000_001]).await;
    let read = json!({
        "bytes": whole.len(), "complete": false, "rows": whole.lines().count() - 1, "refused": 0, "superseded": 0
    });
    assert_eq!((&shown["read"], &shown["refusal"]), (&read, &Value::Null));
    assert_eq!(shown["rows"].as_array().map(Vec::len), Some(20));
    assert_eq!(shown["detected"]["date_format"], "DD.MM.YYYY");

    // A compressed file is read as far as a megabyte of it, and of its text, goes.
    let about = json!({ "format": "csv", "filename": "debitoren.csv.gz" });
    let of_gzip = preview_upload(&tenant, about, gzip(csv.as_bytes()), json!({})).await.json();
    assert_eq!((&of_gzip["read"], &of_gzip["compressed"]), (&read, &json!(true)));
    let mut noise = Vec::new();
    let mut state = 1_u32;
    for n in 0..100_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.extend(
            format!("R-{n};Kunde {state:08x}{:08x};31.12.2026;{},50\n", state.rotate_left(9), state % 9999)
                .bytes(),
        );
    }
    let file = gzip(&["Belegnummer;Kunde;Fälligkeit;Betrag\n".as_bytes(), &noise].concat());
    assert!(file.len() > 1_500_000, "{}", file.len());
    let of_part = preview(&tenant, &file[..1_000_001]).await;
    assert_eq!((&of_part["read"]["complete"], &of_part["refusal"]), (&json!(false), &Value::Null));
    assert!(of_part["read"]["rows"].as_u64().is_some_and(|rows| rows > 1_000), "{}", of_part["read"]);

    // The end is in the middle of a quoted cell.
    let mut quoted = "Belegnummer,Kunde,Betrag,Text\n".to_owned();
    while quoted.len() < 1_000_100 {
        let number = quoted.len();
        writeln!(quoted, "R-{number},Kunde {number},5.00,\"two\nlines, {number}\"").expect("in memory");
    }
    let cut = quoted[..1_000_000].rfind("\"two").expect("a cell") + 6;
    let of_quoted =
        post(&tenant, "", BYTES, [&quoted.as_bytes()[..cut], &vec![b'x'; 1_000_001 - cut]].concat()).await;
    let of_quoted = of_quoted.json();
    assert_eq!(
        (&of_quoted["read"]["refused"], &of_quoted["refusal"]),
        (&json!(0), &Value::Null),
        "{of_quoted}"
    );
}

#[tokio::test]
async fn objects_are_previewed_without_a_mapping() {
    let tenant = saldo().await.tenant().await;
    let row = json!({ "external_id": "A-1", "contact": { "name": "Ana" }, "total_amount": "12.50" });
    let body = json!({ "accounts": [row, { "total_amount": 1 }] }).to_string();
    let shown = post(&tenant, "", "application/json", body).await.json();
    assert_eq!((&shown["columns"], &shown["read"]["refused"]), (&json!([]), &json!(1)), "{shown}");
    assert_eq!(shown["rows"][0]["account"]["contact"]["name"], "Ana");
    assert_eq!(shown["rows"][1]["errors"][0]["field"], "contact.name");
    let lines = format!("{row}\n{row}\n");
    let shown = post(&tenant, "", "application/x-ndjson", lines).await.json();
    let superseded = [0, 1].map(|n| shown["rows"][n]["superseded"].clone());
    assert_eq!(
        (&shown["read"]["superseded"], superseded),
        (&json!(1), [json!(true), json!(false)]),
        "{shown}"
    );
}

#[tokio::test]
async fn files_that_can_t_be_imported_are_explained() {
    let tenant = saldo().await.tenant().await;
    for (body, code) in [
        (&b""[..], "no_rows"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "invalid_workbook"),
        (b"Dear Sir or Madam,\nplease pay.\n", "no_known_column"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "invalid_encoding"),
    ] {
        let answer = post(&tenant, "", BYTES, body).await;
        assert_eq!(answer.problem(), (400, code.to_owned()), "{body:?}: {answer:?}");
    }
    let answer = post(&tenant, "", "text/html", "<p>").await;
    assert_eq!(answer.problem().0, 415);
    let answer = post(&tenant, "?date_format=DD", BYTES, GERMAN).await;
    assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()));
    let answer = post(&tenant, "?delimiter=;", "application/x-ndjson", "{}").await;
    assert_eq!(answer.json()["errors"][0]["parameter"], "delimiter");
    let unknown = json!({ "upload_id": "upl_01a1fd41-537e-701e-acb7-251229a0b855" });
    let answer = tenant.json(Method::POST, PREVIEWS, unknown).await;
    assert_eq!(
        (answer.problem().0, answer.json()["errors"][0]["pointer"].clone()),
        (400, json!("/upload_id"))
    );
    let created = announce(&tenant, json!({ "format": "csv" })).await.json();
    let early = tenant.json(Method::POST, PREVIEWS, json!({ "upload_id": created["upload_id"] })).await;
    assert_eq!(early.problem(), (409, "nothing_uploaded".to_owned()));

    // A table without an amount, and one that breaks off, are shown with what would be refused.
    let shown = preview(&tenant, "Telefon;Kunde\n+491511234567;Müller\n").await;
    assert_eq!(
        (&shown["missing"], &shown["refusal"]["code"]),
        (&json!(["total_amount"]), &json!("missing_column"))
    );
    assert_eq!(shown["columns"][1]["field"], "contact.name", "{shown}");
    // With external ids, such a table may change accounts that exist.
    let shown = preview(&tenant, "Belegnummer;Kunde;Telefon\nR-1;Müller;+491511234567\n").await;
    let change = json!({ "external_id": "R-1", "contact": { "name": "Müller", "phone": "+491511234567" } });
    assert_eq!(
        (&shown["missing"], &shown["read"]["refused"], &shown["rows"][0]["account"]),
        (&json!(["total_amount"]), &json!(0), &change),
        "{shown}"
    );
    assert_eq!(shown["warnings"][0]["code"], "incomplete_rows", "{shown}");
    let shown = preview(&tenant, "Belegnummer;Kunde;Betrag\nR-1;Müller;5\nR-2;\"Maier;7\n").await;
    assert_eq!(
        (&shown["read"]["rows"], &shown["refusal"]["code"]),
        (&json!(1), &json!("unclosed_quote")),
        "{shown}"
    );
}

#[tokio::test]
async fn body_with_replaced_bytes_is_refused_as_an_import_refuses_it() {
    let tenant = saldo().await.tenant().await;
    // What API Gateway makes of bytes beyond UTF-8 in a text.
    let replaced = "Nr;Kunde;Betrag\nR-1;M\u{fffd}ller;5\n";
    let answer = post(&tenant, "", "text/csv", replaced).await;
    assert_eq!(answer.problem(), (400, "invalid_encoding".to_owned()));
    assert_eq!(post(&tenant, "", BYTES, replaced).await.status, 200, "bytes are passed on as they are");
}
