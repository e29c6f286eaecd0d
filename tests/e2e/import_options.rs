//! Files as other systems write them, imported with options that say how they are written, and refused or warned of
//! without.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Answer, Tenant, saldo};

use crate::uploads;
use crate::uploads::{gzip, import as upload};

/// Imports an uploaded CSV file with options.
async fn import(tenant: &Tenant, csv: impl Into<Vec<u8>>, options: Value) -> Value {
    upload(tenant, json!({ "format": "csv", "filename": "list.csv" }), csv.into(), options).await
}

/// The answer to the request that imports an uploaded CSV file with options.
async fn begin(tenant: &Tenant, csv: impl Into<Vec<u8>>, options: Value) -> Answer {
    uploads::begin(tenant, json!({ "format": "csv", "filename": "list.csv" }), csv.into(), options).await
}

async fn import_text(tenant: &Tenant, csv: &str) -> Value {
    tenant.ended(&tenant.import("text/csv", csv).await).await
}

/// The errors or warnings of a job: the index and the code of each.
fn found(job: &Value, list: &str) -> Vec<(Option<u64>, String)> {
    let found = job[list].as_array().unwrap_or_else(|| panic!("{list}: {job}"));
    let code = |entry: &Value| entry["code"].as_str().expect("a code").to_owned();
    found.iter().map(|entry| (entry["index"].as_u64(), code(entry))).collect()
}

/// A member of the tenant's accounts by their external ids.
async fn stored(tenant: &Tenant, member: &str) -> Vec<(String, Value)> {
    let accounts = tenant.export("accounts", json!({ "format": "json", "filters": {} })).await.json();
    let of = |account: &Value| {
        let id = account["external_id"].as_str().unwrap_or_default().to_owned();
        (id, account.pointer(member).cloned().unwrap_or_default())
    };
    let mut all: Vec<_> = accounts.as_array().expect("accounts").iter().map(of).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

fn pairs(expected: &[(&str, Value)]) -> Vec<(String, Value)> {
    expected.iter().map(|(id, value)| ((*id).to_owned(), value.clone())).collect()
}

#[tokio::test]
async fn german_list_with_title_and_totals_is_imported() {
    let tenant = saldo().await.tenant().await;
    let csv = "Offene Posten;Stand 30.11.2026\r\n\r\n\"Beleg-\nnr.\";Kunde;Fällig am;Betrag;Telefon\r\n\
        R-1;Müller GmbH;31.12.2026;1.234,56 €;0151 1234567\r\nR-2; Söhne & Co ;5.1.2027;25.000;+49 (0)151/123 45 67\r\n\
        ;Summe;;26.234,56;\r\n;;;;\r\n";
    let csv: Vec<u8> = encoding(csv);
    let options = json!({
        "columns": [
            { "from": "Beleg- nr.", "to": "external_id" }, { "from": "Kunde", "to": "contact.name" },
            { "from": "Fällig am", "to": "due_date" }, { "from": 4, "to": "total_amount" },
            { "from": "Telefon", "to": "contact.phone" }
        ],
        "defaults": { "currency": "EUR", "source_system": "SAP" },
        "decimal_separator": ",", "thousands_separator": ".", "date_format": "DD.MM.YYYY", "default_country": "DE",
        "encoding": "windows-1252"
    });
    let job = import(&tenant, csv, options).await;
    assert_eq!(found(&job, "errors"), [(Some(2), "blank_external_id".to_owned())], "{job}");
    assert_eq!((&job["imported"], &job["warnings"]), (&json!(2), &json!([])), "{job}");
    assert_eq!(job["errors"][0]["line"], 7, "{job}");
    for (member, one, other) in [
        ("/total_amount", json!(1234.56), json!(25000)),
        ("/contact/name", json!("Müller GmbH"), json!("Söhne & Co")),
        ("/contact/phone", json!("+491511234567"), json!("+491511234567")),
        ("/due_date", json!("2026-12-31"), json!("2027-01-05")),
        ("/currency", json!("EUR"), json!("EUR")),
        ("/source_system", json!("SAP"), json!("SAP")),
    ] {
        assert_eq!(stored(&tenant, member).await, pairs(&[("R-1", one), ("R-2", other)]), "{member}");
    }
}

/// A text in Windows-1252, in which `€` is 0x80.
fn encoding(text: &str) -> Vec<u8> {
    text.chars().map(|c| if c == '€' { 0x80 } else { u8::try_from(u32::from(c)).expect("Latin") }).collect()
}

#[tokio::test]
async fn stated_separators_decide_amounts() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id;contact.name;total_amount;currency\nA-1;A;1.234,56;EUR\nA-2;A;2.000,00 €;eur\nA-3;A;1\u{a0}234,56;EUR\n\
        A-4;A;1250.75;EUR\nA-5;A;25.000;EUR\nA-6;A;(5,00);EUR\nA-7;A;5,00 $;EUR\nA-8;A;EUR 7,50;EUR\n";
    let job = import(&tenant, csv, json!({ "decimal_separator": ",", "thousands_separator": "." })).await;
    let expected = [(2, "invalid_amount"), (3, "invalid_amount"), (6, "currency_mismatch")];
    assert_eq!(found(&job, "errors"), expected.map(|(index, code)| (Some(index), code.to_owned())), "{job}");
    let reason = job["errors"][1]["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("1250.75 is not a decimal number such as 1250 or 1.250,75"), "{reason}");
    let spaces =
        "external_id;contact.name;total_amount\nB-1;A;1\u{a0}234,56\nB-2;A;1\u{202f}234,56\nB-3;A;1 234,56\n";
    let job = import(&tenant, spaces, json!({ "decimal_separator": ",", "thousands_separator": " " })).await;
    assert_eq!(job["imported"], 3, "{job}");
    let swiss = "external_id;contact.name;total_amount\nC-1;A;1'234.50\nC-2;A;7’000\n";
    assert_eq!(import(&tenant, swiss, json!({ "thousands_separator": "'" })).await["imported"], 2);
    let amounts = [
        ("A-1", json!(1234.56)),
        ("A-2", json!(2000)),
        ("A-5", json!(25000)),
        ("A-6", json!(-5)),
        ("A-8", json!(7.5)),
        ("B-1", json!(1234.56)),
        ("B-2", json!(1234.56)),
        ("B-3", json!(1234.56)),
        ("C-1", json!(1234.5)),
        ("C-2", json!(7000)),
    ];
    assert_eq!(stored(&tenant, "/total_amount").await, pairs(&amounts));
    let ambiguous =
        import_text(&tenant, "external_id,contact.name,total_amount,currency\nD-1,A,3.000,JPY\n").await;
    assert_eq!(found(&ambiguous, "errors"), [(Some(0), "ambiguous_amount".to_owned())], "{ambiguous}");
    assert!(
        ambiguous["errors"][0]["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("`thousands_separator`"))
    );
}

#[tokio::test]
async fn debits_credits_and_signs_are_amounts() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id;contact.name;Soll;Haben\nA-1;A;12,50;\nA-2;A;20;7,50\nA-3;A;;5\n";
    let columns = json!({ "debit": "Soll", "credit": "Haben" });
    let job = import(&tenant, csv, json!({ "amount": columns, "decimal_separator": "," })).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(3), &json!(0)), "{job}");
    let csv = "external_id;contact.name;Betrag;S/H\nB-1;A;1;S\nB-2;A;2;H\nB-3;A;3;?\n";
    let job = import(&tenant, csv, json!({ "amount": { "column": "Betrag", "sign": "S/H" } })).await;
    assert_eq!(found(&job, "errors"), [(Some(2), "invalid_amount".to_owned())], "{job}");
    let amounts = [
        ("A-1", json!(12.5)),
        ("A-2", json!(12.5)),
        ("A-3", json!(-5)),
        ("B-1", json!(1)),
        ("B-2", json!(-2)),
    ];
    assert_eq!(stored(&tenant, "/total_amount").await, pairs(&amounts));
}

#[tokio::test]
async fn dates_are_read_in_the_stated_format() {
    let tenant = saldo().await.tenant().await;
    let header = "external_id;contact.name;total_amount;due_date\n";
    for (id, date, format) in [
        ("A", "31.12.2026", "DD.MM.YYYY"),
        ("B", "12/31/2026", "MM/DD/YYYY"),
        ("C", "31/12/26", "DD/MM/YY"),
        ("D", "46387", "serial"),
        ("E", "31.12.2026 00:00:00", "D.M.YYYY"),
    ] {
        let csv = format!("{header}{id};A;1;{date}\n");
        let job = import(&tenant, csv.as_str(), json!({ "date_format": format })).await;
        assert_eq!(job["imported"], 1, "{format}: {job}");
        let job = import_text(&tenant, &csv).await;
        assert_eq!(found(&job, "errors"), [(Some(0), "invalid_date".to_owned())], "{job}");
        let reason = job["errors"][0]["reason"].as_str().expect("a reason");
        assert!(reason.contains(date) && reason.contains("`date_format`"), "{reason}");
    }
    let dates = ["A", "B", "C", "D", "E"].map(|id| (id, json!("2026-12-31")));
    assert_eq!(stored(&tenant, "/due_date").await, pairs(&dates));
    let csv = format!("{header}F;A;1;0026-06-26\nG;A;1;2200-01-01\n");
    assert_eq!(found(&import_text(&tenant, &csv).await, "errors").len(), 2);
}

#[tokio::test]
async fn legacy_encoding_is_stated_or_assumed_with_a_warning() {
    let tenant = saldo().await.tenant().await;
    // Łódź Świętokrzyska in Windows-1250.
    let name = b"\xa3\xf3d\x9f \x8cwi\xeatokrzyska";
    let file = |id: &[u8]| {
        [b"external_id;contact.name;total_amount;currency\n", id, b";", name, b";1;PLN\n"].concat()
    };
    let stated = import(&tenant, file(b"A-1"), json!({ "encoding": "windows-1250" })).await;
    assert_eq!((&stated["imported"], &stated["warnings"]), (&json!(1), &json!([])), "{stated}");
    let assumed = import(&tenant, file(b"A-2"), json!({})).await;
    assert_eq!(found(&assumed, "warnings"), [(None, "assumed_encoding".to_owned())], "{assumed}");
    assert!(
        assumed["warnings"][0]["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("read as windows-1250"))
    );
    // In another encoding, the id would be another one.
    let uncertain = import(&tenant, file(b"\xa3-3"), json!({})).await;
    assert_eq!(found(&uncertain, "errors"), [(Some(0), "uncertain_id".to_owned())], "{uncertain}");
    let names = ["A-1", "A-2"].map(|id| (id, json!("Łódź Świętokrzyska")));
    assert_eq!(stored(&tenant, "/contact/name").await, pairs(&names));
}

#[tokio::test]
async fn header_is_found_below_other_lines() {
    let tenant = saldo().await.tenant().await;
    let csv = "\"Konto\";\"DE89370400440532013000\"\n\"\"\n\"Rechnung\";\"Kunde\";\"Betrag\"\n\"A-1\";\"Muster\";\"12,50\"\n***ENDE***\n";
    let mapping = json!({ "Rechnung": "external_id", "Kunde": "contact.name", "Betrag": "total_amount" });
    let job = import(&tenant, csv, json!({ "mapping": mapping, "decimal_separator": "," })).await;
    assert_eq!(
        (&job["imported"], found(&job, "errors")),
        (&json!(1), vec![(Some(1), "column_count".to_owned())]),
        "{job}"
    );
    assert_eq!((&job["errors"][0]["line"], &job["warnings"][0]["line"]), (&json!(5), &json!(3)), "{job}");
    let stated =
        import(&tenant, csv, json!({ "mapping": mapping, "decimal_separator": ",", "header_line": 3 })).await;
    assert_eq!(stated["updated"], 1, "{stated}");
    let wrong = begin(&tenant, csv, json!({ "mapping": mapping, "header_line": 1 })).await;
    assert_eq!(wrong.problem(), (400, "invalid_request".to_owned()));
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/mapping");
    let reason = wrong.json()["detail"].as_str().expect("a reason").to_owned();
    assert!(reason.contains("line 1: \"Konto\", \"DE89370400440532013000\""), "{reason}");

    // The error names the options that name missing columns.
    let columns = json!([{ "from": "Fällig", "to": "due_date" }, { "from": "Notiz", "to": "notes" }]);
    let both = begin(
        &tenant,
        csv,
        json!({ "mapping": { "Belege": "external_id" }, "columns": columns, "header_line": 3 }),
    )
    .await;
    let pointers = |answer: &Answer| {
        let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.into_iter().map(|error| error["pointer"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(pointers(&both), [json!("/mapping"), json!("/columns")], "{both:?}");
    let wrong = begin(&tenant, csv, json!({ "columns": columns, "header_line": 3 })).await;
    assert_eq!(pointers(&wrong), [json!("/columns")], "{wrong:?}");
    let detail = wrong.json()["detail"].clone();
    assert!(detail.as_str().is_some_and(|detail| detail.contains("`columns` names columns")), "{wrong:?}");
    let alike =
        begin(&tenant, csv, json!({ "mapping": { "Kunde": "contact.name", "KUNDE ": "notes" } })).await;
    assert_eq!(pointers(&alike), [json!("/mapping")], "{alike:?}");
    let in_query = tenant
        .send(
            Method::POST,
            "/api/v1/import?columns=[{\"from\":9,\"to\":\"notes\"}]",
            &[("content-type", "text/csv")],
            csv,
        )
        .await;
    assert_eq!(in_query.json()["errors"][0]["parameter"], "columns", "{in_query:?}");

    // The refused rows import with the same options.
    let refused = import(&tenant, csv, json!({ "mapping": mapping, "header_line": 3 })).await;
    let path = format!("/api/v1/import/{}/errors", refused["job_id"].as_str().expect("an id"));
    let file = tenant.send(Method::GET, &path, &[("accept", "text/csv")], "").await.text;
    assert!(file.starts_with("\n\nRechnung;Kunde;Betrag;reason\n"), "{file}");
    let mended = file.replace("12,50", "13.50");
    assert_eq!(import(&tenant, mended, json!({ "mapping": mapping, "header_line": 3 })).await["updated"], 1);
}

#[tokio::test]
async fn repeated_headers_are_told_apart() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id,contact.name,Betrag,Betrag\nA-1,A,1,2\n";
    let choice = |from: Value| json!({ "columns": [{ "from": from, "to": "total_amount" }] });
    let several = begin(&tenant, csv, choice(json!("Betrag"))).await;
    assert_eq!(several.problem(), (400, "repeated_header".to_owned()));
    assert!(several.text.contains("occurrence"), "{several:?}");
    let second = import(&tenant, csv, choice(json!({ "header": "Betrag", "occurrence": 2 }))).await;
    assert_eq!(second["imported"], 1, "{second}");
    assert_eq!(stored(&tenant, "/total_amount").await, pairs(&[("A-1", json!(2))]));
    assert_eq!(import(&tenant, csv, choice(json!(3))).await["updated"], 1);
    assert_eq!(stored(&tenant, "/total_amount").await, pairs(&[("A-1", json!(1))]));
}

#[tokio::test]
async fn blank_rows_surplus_cells_and_ctrl_z_are_left_out() {
    let tenant = saldo().await.tenant().await;
    let csv = "sep=;\r\nexternal_id;contact.name;total_amount;currency\r\nA-1;A;1;EUR;;\r\n;;;\r\n \r\nA-2;B;2;EUR;x\r\nA-3;C;3;EUR\r\n\u{1a}\r\n";
    let job = import_text(&tenant, csv).await;
    assert_eq!((&job["total_records"], &job["imported"]), (&json!(3), &json!(2)), "{job}");
    assert_eq!(found(&job, "errors"), [(Some(1), "column_count".to_owned())], "{job}");
    assert_eq!(job["errors"][0]["line"], 6, "{job}");
}

#[tokio::test]
async fn assumed_currency_is_a_warning() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id,contact.name,total_amount\nA-1,A,30\n";
    let job = import_text(&tenant, csv).await;
    assert_eq!(found(&job, "warnings"), [(None, "assumed_currency".to_owned())], "{job}");
    assert!(job["warnings"][0]["reason"].as_str().is_some_and(|reason| reason.contains("ARS")), "{job}");
    let defaults = json!({ "defaults": { "currency": "eur", "notes": " from March " } });
    let job = import(&tenant, csv.replace("A-1", "A-2"), defaults).await;
    assert_eq!((&job["imported"], &job["warnings"]), (&json!(1), &json!([])), "{job}");
    assert_eq!(stored(&tenant, "/currency").await, pairs(&[("A-1", json!("ARS")), ("A-2", json!("EUR"))]));
    assert_eq!(stored(&tenant, "/notes").await[1].1, json!("from March"));
}

#[tokio::test]
async fn blank_external_ids_are_allowed_on_demand() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id;contact.name;total_amount\nA-1;A;100\n;Cash;50\n";
    assert_eq!(
        found(&import_text(&tenant, csv).await, "errors"),
        [(Some(1), "blank_external_id".to_owned())]
    );
    let job = import(&tenant, csv, json!({ "blank_external_id": "allow" })).await;
    assert_eq!((&job["imported"], &job["updated"]), (&json!(1), &json!(1)), "{job}");
}

#[tokio::test]
async fn texts_are_cleaned_and_unreadable_phones_kept() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id,contact.name,contact.phone,total_amount,currency,status\n\
        A-1,\" Ana\nGarcía \",+49 151 1234567,1, eur ,\nA-2,Jose\u{301},(011) 4555-1234,1,EUR,\nA-3,A\u{202e}B,=1+1,1,EUR,open\n\
        =\"00123\",D,,1,EUR,\n'00124,E,,1,EUR,\n";
    let job = import_text(&tenant, csv).await;
    assert_eq!((&job["imported"], &job["errors"]), (&json!(5), &json!([])), "{job}");
    let expected = [
        (0, "replaced_characters"),
        (1, "unreadable_phone"),
        (2, "replaced_characters"),
        (2, "unreadable_phone"),
    ];
    assert_eq!(
        found(&job, "warnings"),
        expected.map(|(index, code)| (Some(index), code.to_owned())),
        "{job}"
    );
    let ids = ["00123", "00124", "A-1", "A-2", "A-3"];
    let names = ["D", "E", "Ana García", "José", "AB"];
    let expected: Vec<_> = ids.iter().zip(names).map(|(id, name)| (*id, json!(name))).collect();
    assert_eq!(stored(&tenant, "/contact/name").await, pairs(&expected));
    let phones = [Value::Null, Value::Null, json!("+491511234567"), json!("(011) 4555-1234"), json!("=1+1")];
    let expected: Vec<_> = ids.iter().copied().zip(phones).collect();
    assert_eq!(stored(&tenant, "/contact/phone").await, pairs(&expected));
    // The export protects the text that looks like a formula, and imports back unchanged.
    let file = tenant.export("accounts", json!({ "format": "csv" })).await.text;
    assert!(file.contains(",'=1+1,"), "{file}");
    let job = import_text(&tenant, &file).await;
    assert_eq!((&job["unchanged"], &job["failed"]), (&json!(5), &json!(0)), "{job}");
}

#[tokio::test]
async fn files_of_other_formats_are_refused_by_name() {
    let tenant = saldo().await.tenant().await;
    for (content, is) in [
        (b"PK\x03\x04\x14\0\x06\0".to_vec(), "Excel workbook (.xlsx)"),
        (gzip(b"contact.name,total_amount\nA,1\n"), "compressed with gzip"),
        (b"<html><table><tr><td>contact.name".to_vec(), "an HTML page"),
    ] {
        let refused = begin(&tenant, content, json!({})).await;
        assert_eq!(refused.problem(), (400, "other_format".to_owned()));
        assert!(refused.text.contains(is), "{refused:?}");
    }
}

#[tokio::test]
async fn options_are_parameters_of_the_query_too() {
    let tenant = saldo().await.tenant().await;
    let columns = "%5B%7B%22from%22%3A2%2C%22to%22%3A%22contact.name%22%7D%5D";
    let post = async |query: &str| {
        let path = format!("/api/v1/import?columns={columns}&{query}");
        let csv = "external_id|Kunde|total_amount\nA-1|Ana|1.000\n";
        tenant.send(Method::POST, &path, &[("content-type", "text/csv")], csv).await
    };
    let job = tenant
        .ended(&post("thousands_separator=.&delimiter=%7C&defaults=%7B%22currency%22%3A%22EUR%22%7D").await)
        .await;
    assert_eq!((&job["imported"], &job["warnings"]), (&json!(1), &json!([])), "{job}");
    assert_eq!(stored(&tenant, "/total_amount").await, pairs(&[("A-1", json!(1000))]));
    for wrong in [
        "date_format=DD",
        "encoding=cp850",
        "quote=x",
        "decimal_separator=,&thousands_separator=,",
        "header_line=0",
    ] {
        assert_eq!(post(wrong).await.problem(), (400, "invalid_parameter".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn iban_is_one_account_however_it_is_spelled() {
    let tenant = saldo().await.tenant().await;
    let sent = ["DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "de89370400440532013000"].map(|account| {
        json!({
            "accountIdentifier": account, "transactionId": "T-1", "amount": "3.50", "currency": "EUR", "valutaAt": "2026-01-15"
        })
    });
    let receipt = tenant
        .json(Method::POST, "/api/public/v1/transactions", json!({ "transactions": sent }))
        .await
        .json();
    assert_eq!(
        (&receipt["newTransactions"], &receipt["existingTransactions"]),
        (&json!(1), &json!(2)),
        "{receipt}"
    );
    let path = "/api/public/v1/transactions?accountIdentifier=DE89%203704%200044%200532%200130%2000";
    let list = tenant.send(Method::GET, path, &[], "").await.json();
    assert_eq!(list["data"][0]["accountIdentifier"], "DE89370400440532013000", "{list}");
    let account = json!({ "type": "t", "balance": 1, "currency": "EUR", "owner_id": "o", "identifier": "de89 3704 0044 0532 0130 00" });
    let made = tenant.json(Method::POST, "/v1/accounts", account).await.json();
    assert_eq!(made["identifier"], "DE89370400440532013000", "{made}");
}
