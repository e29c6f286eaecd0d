//! Values that could be read in two ways. Every reader rejects them with a correction, and no import
//! stores a misread value as `completed`.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

use crate::uploads::{begin, gzip, import as upload};

fn utf16(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

async fn import(tenant: &Tenant, media_type: &str, body: &str) -> Value {
    tenant.ended(&tenant.import(media_type, body).await).await
}

/// The errors of a job: the index, the field and the code of each.
fn errors(job: &Value) -> Vec<(u64, String, String)> {
    let errors = job["errors"].as_array().expect("errors");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    errors
        .iter()
        .map(|e| (e["index"].as_u64().expect("a row"), text(&e["field"]), text(&e["code"])))
        .collect()
}

fn error(index: u64, field: &str, code: &str) -> (u64, String, String) {
    (index, field.to_owned(), code.to_owned())
}

async fn stored(tenant: &Tenant) -> Vec<Value> {
    let accounts = tenant.export("accounts", json!({ "format": "json", "filters": {} })).await.json();
    accounts.as_array().expect("accounts").clone()
}

#[tokio::test]
async fn thousands_separators_are_never_read_as_decimals() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id;contact.name;total_amount;currency\nA-1;A;25.000;EUR\nA-2;A;1.234;\nA-3;A;3.000;JPY\n\
        A-4;A;-250.000;ARS\nA-5;A;1.234.567;EUR\nA-6;A;1,234.56;EUR\nA-7;A;0.500;EUR\nA-8;A;1234.500;EUR\n\
        A-9;A;25.0000;EUR\nA-10;A;1.234;KWD\n";
    let job = import(&tenant, "text/csv", csv).await;
    let amount = |index: u64, code: &str| error(index, "total_amount", code);
    let expected = [
        amount(0, "ambiguous_amount"),
        amount(1, "too_many_digits"),
        amount(2, "ambiguous_amount"),
        amount(3, "ambiguous_amount"),
        amount(4, "invalid_amount"),
        amount(5, "invalid_amount"),
    ];
    assert_eq!(errors(&job), expected, "{job}");
    assert_eq!(
        job["errors"][0]["reason"],
        "25.000 is ambiguous: its separator may be one of thousands or of decimals; write 25000 or 25.00, or name the \
         separator of thousands with `thousands_separator`"
    );

    // The same for a decimal comma, in compressed files, in UTF-16 and with tabs.
    let comma = json!({ "decimal_separator": "," });
    let csv = "external_id;contact.name;total_amount;currency\r\nB-1;B;25,000;USD\r\nB-2;B;25,00;USD\r\n";
    for (name, content) in [
        ("a.csv", csv.as_bytes().to_vec()),
        ("a.csv.gz", gzip(csv.as_bytes())),
        ("a.csv", utf16(csv)),
        ("a.csv.gz", gzip(&utf16(&csv.replace(';', "\t")))),
    ] {
        let about = json!({ "format": "csv", "filename": name });
        let job = upload(&tenant, about, content, comma.clone()).await;
        assert_eq!(errors(&job), [amount(0, "ambiguous_amount")], "{job}");
        let reason = job["errors"][0]["reason"].as_str().expect("a reason");
        assert!(
            reason.starts_with("25,000 ") && reason.contains("write 25000 or 25,00, or name"),
            "{reason}"
        );
    }
    let accounts = stored(&tenant).await;
    let mut amounts: Vec<String> =
        accounts.iter().map(|account| account["total_amount"].to_string()).collect();
    amounts.sort();
    assert_eq!(amounts, ["0.5", "1.234", "1234.5", "25", "25"]);
}

#[tokio::test]
async fn currency_of_existing_account_decides_ambiguity() {
    let tenant = saldo().await.tenant().await;
    let rows = "external_id,contact.name,total_amount,currency\nK,A,1,KWD\nE,A,1,EUR\n";
    assert_eq!(import(&tenant, "text/csv", rows).await["imported"], 2);
    let ids: Vec<Value> = stored(&tenant).await.iter().map(|account| account["id"].clone()).collect();
    assert_eq!(ids.len(), 2);
    let job =
        import(&tenant, "text/csv", "external_id,contact.name,total_amount\nK,A,1.234\nE,A,1.250\n").await;
    assert_eq!(errors(&job), [error(1, "total_amount", "ambiguous_amount")], "{job}");
    assert_eq!(job["updated"], 1);
    let amount = |accounts: &[Value], id: &str| {
        let account = accounts.iter().find(|account| account["external_id"] == id).expect("the account");
        account["total_amount"].to_string()
    };
    let accounts = stored(&tenant).await;
    assert_eq!((amount(&accounts, "K"), amount(&accounts, "E")), ("1.234".to_owned(), "1".to_owned()));

    // In JSON, amounts have a decimal point, as the contract says.
    let body = json!([{ "external_id": "E", "contact": { "name": "A" }, "total_amount": "25.000" }]);
    assert_eq!(tenant.import_rows(body).await["status"], "completed");
    assert_eq!(amount(&stored(&tenant).await, "E"), "25");
}

#[tokio::test]
async fn forms_with_ambiguous_amounts_are_rejected() {
    let tenant = saldo().await.tenant().await;
    let form = "type=savings&currency=USD&owner_id=o&balance=";
    for balance in ["25.000", "-1.250"] {
        let refused = tenant.form(Method::POST, "/v1/accounts", &format!("{form}{balance}")).await;
        assert_eq!(refused.problem(), (400, "invalid_request".to_owned()));
        assert_eq!(refused.json()["errors"][0]["code"], "ambiguous_amount", "{refused:?}");
    }
    let made = tenant.form(Method::POST, "/v1/accounts", &format!("{form}25.00")).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/v1/accounts/{}", made.json()["id"].as_str().expect("an id"));
    let refused = tenant.form(Method::PUT, &path, "balance=1.000").await;
    assert_eq!(refused.json()["errors"][0]["code"], "ambiguous_amount", "{refused:?}");
    assert_eq!(tenant.form(Method::PUT, &path, "balance=1.000&currency=KWD").await.status, 200);
    assert_eq!(tenant.json(Method::PUT, &path, json!({ "balance": "25.000" })).await.json()["balance"], 25);
}

#[tokio::test]
async fn quotation_marks_hide_no_rows() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id,contact.name,total_amount,notes\nC-1,Alfa,1,\"urgent\nC-2,Beta,2,ok\nC-3,Gamma,3,\"urgent\n\
        C-4,Delta,4,ok\n";
    let refused = tenant.import("text/csv", csv).await;
    assert_eq!(refused.problem(), (400, "misquoted".to_owned()));
    let reason = "line 4, in the row that begins on line 2: text follows a closing quotation mark";
    assert!(refused.text.contains(reason), "{refused:?}");
    for (name, content) in [
        ("a.csv", csv.as_bytes().to_vec()),
        ("a.csv.gz", gzip(csv.replace(',', ";").as_bytes())),
        ("a.csv", utf16(&csv.replace(',', "\t").replace('\n', "\r\n"))),
    ] {
        let refused = begin(&tenant, json!({ "format": "csv", "filename": name }), content, json!({})).await;
        assert_eq!(refused.problem(), (400, "misquoted".to_owned()));
        assert!(refused.text.contains(reason), "{refused:?}");
    }
    let open = "external_id,contact.name,total_amount,notes\nC-1,Alfa,1,ok\nC-2,Beta,2,\"urgent";
    assert_eq!(tenant.import("text/csv", open).await.problem(), (400, "unclosed_quote".to_owned()));
    let header = "external_id,\"contact\".name,total_amount\nC-1,Alfa,1\n";
    assert_eq!(tenant.import("text/csv", header).await.problem(), (400, "misquoted".to_owned()));
    assert_eq!(stored(&tenant).await, Vec::<Value>::new());
}

#[tokio::test]
async fn misquoted_row_is_rejected_alone_and_downloads_as_sent() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id,contact.name,total_amount,notes\nD-1,5\" pipe,1,\"a \"\"b\"\"\"\n\nD-2,\"Alfa\" GmbH,2,ok\n\
        D-3,Gamma,3,\"two\nlines\" \nD-4,\"Alfa, \"B\"\",4,ok\n";
    let accepted = tenant.import("text/csv", csv).await;
    let job = tenant.ended(&accepted).await;
    assert_eq!(errors(&job), [error(1, "", "misquoted"), error(3, "", "misquoted")], "{job}");
    assert_eq!((&job["errors"][0]["line"], &job["errors"][1]["line"]), (&json!(4), &json!(7)));
    assert_eq!((&job["imported"], &job["total_records"]), (&json!(2), &json!(4)));
    let errors = format!("{}/errors", accepted.header("location"));
    let file = tenant.send(Method::GET, &errors, &[("accept", "text/csv")], "").await;
    let lines: Vec<&str> = file.text.lines().collect();
    assert!(lines[1].starts_with("D-2,\"\"\"Alfa\"\" GmbH\",2,ok,"), "{lines:?}");
    // A cell can have been split in two. Such a row is ragged until it is corrected.
    assert!(lines[2].starts_with("D-4,\"\"\"Alfa\",\" \"\"B\"\"\"\"\",4,ok,"), "{lines:?}");
    let job = import(&tenant, "text/csv", &file.text).await;
    assert_eq!((&job["imported"], &job["errors"][0]["code"]), (&json!(1), &json!("column_count")), "{job}");
    let names: Vec<Value> =
        stored(&tenant).await.iter().map(|account| account["contact"]["name"].clone()).collect();
    assert_eq!(names.len(), 3);
    for name in ["5\" pipe", "Gamma", "\"Alfa\" GmbH"] {
        assert!(names.contains(&json!(name)), "{names:?}");
    }
}

#[tokio::test]
async fn quoted_cells_with_rows_are_rejected() {
    let tenant = saldo().await.tenant().await;
    let header = "external_id,contact.name,total_amount,notes\n";
    let ditto = format!("{header}C-1,Alfa,1,ok\nC-2,Beta,2,\"\nC-3,Gamma,3,\"\nC-4,Delta,4,ok\n");
    let urgent =
        format!("{header}C-1,Alfa,1,ok\nC-2,Beta,2,\"urgent\nC-3,Gamma,3,ok\nC-5,E,3,urgent\"\nC-4,D,4,ok\n");
    let across = format!("{header}C-1,Alfa,1,ok\nC-2,\"Beta,2,ok\nC-3,Gamma\",3,ok\nC-4,Delta,4,ok\n");
    for csv in [&ditto, &urgent, &across] {
        for (name, content) in [
            ("a.csv", csv.as_bytes().to_vec()),
            ("a.csv.gz", gzip(csv.replace(',', ";").as_bytes())),
            ("a.csv", utf16(&csv.replace(',', "\t").replace('\n', "\r\n"))),
        ] {
            let job = upload(&tenant, json!({ "format": "csv", "filename": name }), content, json!({})).await;
            assert_eq!(errors(&job), [error(1, "", "misquoted")], "{job}");
            let reason = job["errors"][0]["reason"].as_str().expect("a reason");
            assert!(reason.starts_with("a quoted cell holds what looks like another row (line 4)"), "{job}");
            assert_eq!((&job["errors"][0]["line"], &job["total_records"]), (&json!(3), &json!(3)), "{job}");
        }
    }
    // Such a row is rejected again if it is sent unchanged.
    let accepted = tenant.import("text/csv", ditto.as_str()).await;
    tenant.ended(&accepted).await;
    let errors_path = format!("{}/errors", accepted.header("location"));
    let file = tenant.send(Method::GET, &errors_path, &[("accept", "text/csv")], "").await.text;
    assert_eq!(errors(&import(&tenant, "text/csv", &file).await), [error(0, "", "misquoted")], "{file}");
    let ids: Vec<Value> =
        stored(&tenant).await.iter().map(|account| account["external_id"].clone()).collect();
    assert!(ids.len() == 2 && ids.contains(&json!("C-1")) && ids.contains(&json!("C-4")), "{ids:?}");
}

#[tokio::test]
async fn multiline_cells_are_read_and_exports_import_back() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id,contact.name,total_amount,notes,address\n\
        H-1,Alfa,1,\"Called.\nAngry, loud, rude\",\"Hauptstr. 1\n10115 Berlin, Germany\"\n\
        H-2,Beta,2,\"one\ntwo\n\nthree\",\n";
    let job = import(&tenant, "text/csv", csv).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(2), &json!(0)), "{job}");
    let row = |notes: &str| json!([{ "external_id": "H-3", "contact": { "name": "C" }, "total_amount": 3, "notes": notes }]);
    assert_eq!(
        tenant.import_rows(row("His lines:\nX-1,Alfa,1,Beta\n\n\"X-2\",\"Beta\",2,")).await["imported"],
        1
    );
    let before = stored(&tenant).await;
    let columns = json!(["id", "contact.name", "total_amount", "notes"]);
    for request in [json!({ "format": "csv" }), json!({ "format": "csv", "columns": columns })] {
        let exported = tenant.export("accounts", request).await.text;
        let job = import(&tenant, "text/csv", &exported).await;
        assert_eq!((&job["updated"], &job["failed"]), (&json!(3), &json!(0)), "{job}\n{exported}");
    }
    let notes = |accounts: &[Value]| {
        let mut notes: Vec<String> = accounts.iter().map(|account| account["notes"].to_string()).collect();
        notes.sort();
        notes
    };
    assert_eq!(notes(&stored(&tenant).await), notes(&before));
}

#[tokio::test]
async fn spaces_before_opening_quotation_mark_are_rejected() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id,contact.name,total_amount\n\"J-1\", \"Alfa\", 5\n \"J-2\",Beta,5\nJ-3, 5\" pipe,5\n\
        J-4,the \"big\" one, 5\n";
    for (name, content) in [
        ("a.csv", csv.as_bytes().to_vec()),
        ("a.csv.gz", gzip(csv.replace(',', ";").as_bytes())),
        ("a.csv", utf16(&csv.replace(',', "\t").replace('\n', "\r\n"))),
    ] {
        let job = upload(&tenant, json!({ "format": "csv", "filename": name }), content, json!({})).await;
        assert_eq!(errors(&job), [error(0, "", "misquoted"), error(1, "", "misquoted")], "{job}");
        let reason = job["errors"][0]["reason"].as_str().expect("a reason");
        assert!(reason.starts_with("a blank precedes the quotation mark that opens a cell"), "{job}");
    }
    let names: Vec<Value> =
        stored(&tenant).await.iter().map(|account| account["contact"]["name"].clone()).collect();
    assert!(names.len() == 2 && names.contains(&json!("the \"big\" one")), "{names:?}");
    // The file of rejected rows has the intended ids, so that no account gets an id with quotation marks.
    let accepted = tenant.import("text/csv", csv).await;
    tenant.ended(&accepted).await;
    let errors = format!("{}/errors", accepted.header("location"));
    let file = tenant.send(Method::GET, &errors, &[("accept", "text/csv")], "").await.text;
    assert!(file.contains("\nJ-1,Alfa, 5,") && file.contains("\nJ-2,Beta,5,"), "{file}");
    assert_eq!(import(&tenant, "text/csv", &file).await["imported"], 2);
    let over_lines = "external_id,contact.name,total_amount\nJ-1, \"Al\nfa\",5\n";
    assert_eq!(tenant.import("text/csv", over_lines).await.problem(), (400, "misquoted".to_owned()));
    let header = "external_id, \"contact.name\",total_amount\nJ-1,Alfa,1\n";
    assert_eq!(tenant.import("text/csv", header).await.problem(), (400, "misquoted".to_owned()));
}

#[tokio::test]
async fn total_rows_make_no_accounts() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id;contact.name;total_amount\nE-1;A;100.00\n;Total;150.00\n\" \";Total;150.00\n";
    let mapping = json!({ "mapping": { "Rechnung": "external_id" } });
    let mapped = csv.replace("external_id", "Rechnung");
    let ndjson = r#"{"external_id":"E-1","contact":{"name":"A"},"total_amount":"100.00"}
{"external_id":null,"contact":{"name":"Total"},"total_amount":"150.00"}
{"external_id":" ","contact":{"name":"Total"},"total_amount":"150.00"}
"#;
    let jobs = [
        import(&tenant, "text/csv", csv).await,
        import(&tenant, "application/x-ndjson", ndjson).await,
        upload(&tenant, json!({ "format": "csv", "filename": "a.csv.gz" }), gzip(&utf16(&mapped)), mapping)
            .await,
    ];
    let blank = |index| error(index, "external_id", "blank_external_id");
    let [csv, ndjson, uploaded] = jobs;
    for job in [csv, uploaded] {
        assert_eq!(errors(&job), [blank(1), blank(2)], "{job}");
    }
    assert_eq!(errors(&ndjson), [blank(2)], "null members of an object are left out: {ndjson}");
    let row = |id: Value| json!({ "external_id": id, "contact": { "name": "B" }, "total_amount": 1 });
    let job = tenant.import_rows(json!([row(json!("")), row(Value::Null)])).await;
    assert_eq!(errors(&job), [blank(0)], "null members of an object are left out: {job}");
    assert_eq!(stored(&tenant).await.len(), 3);

    // Accounts without an external id are named by their id.
    let columns = json!(["id", "external_id", "contact", "total_amount", "currency"]);
    let request = json!({ "format": "csv", "columns": columns });
    let exported = tenant.export("accounts", request).await.text;
    let job = import(&tenant, "text/csv", &exported).await;
    assert_eq!((&job["status"], &job["updated"]), (&json!("completed"), &json!(3)), "{job}");
}

#[tokio::test]
async fn rejected_json_rows_without_external_id_can_be_resent() {
    let tenant = saldo().await.tenant().await;
    let row = |id: Value| json!({ "external_id": id, "contact": {}, "total_amount": 1 });
    let refused = |accounts: Value, media_type: &'static str| {
        let tenant = &tenant;
        async move {
            let accepted =
                tenant.import("application/json", json!({ "accounts": accounts }).to_string()).await;
            let job = tenant.ended(&accepted).await;
            assert_eq!(job["imported"], 0, "{job}");
            let path = format!("{}/errors", accepted.header("location"));
            tenant.send(Method::GET, &path, &[("accept", media_type)], "").await.text
        }
    };
    let name = r#""contact":{"name":"A"}"#;
    let ndjson = refused(json!([row(Value::Null), row(json!("N-1"))]), "application/x-ndjson").await;
    let job = import(&tenant, "application/x-ndjson", &ndjson.replace(r#""contact":{}"#, name)).await;
    assert_eq!((&job["status"], &job["imported"]), (&json!("completed"), &json!(2)), "{job}");

    // Without any external id, the file has no column for it.
    let csv = refused(json!([row(Value::Null)]), "text/csv").await;
    assert!(!csv.lines().next().unwrap_or_default().contains("external_id"), "{csv}");
    let mended = csv.replacen("total_amount,", "total_amount,contact.name,", 1).replacen("\n1,", "\n1,A,", 1);
    let job = import(&tenant, "text/csv", &mended).await;
    assert_eq!((&job["status"], &job["imported"]), (&json!("completed"), &json!(1)), "{job}");

    // If other rows have one, the reason says that it is missing.
    let csv = refused(json!([row(Value::Null), row(json!("N-2"))]), "text/csv").await;
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[1].contains("external_id: the row has none"), "{csv}");
    assert!(!lines[2].contains("external_id: the row has none"), "{csv}");
}

#[tokio::test]
async fn ids_damaged_by_spreadsheets_merge_no_accounts() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id,contact.name,total_amount,owner_id,campaign_id\n1.23457E+12,A,10,,\n1.23457E+12,B,20,,\n\
        \"1,23457E+12\",C,30,,\n1E+05,D,40,,\n1.2e12,E,50,,\n#N/A,F,60,,\n#N/A,G,70,,\nF-1,H,80,1.5E+11,\n\
        F-2,I,90,,#REF!\nF-3,J,100,1E5,12E4\n";
    let job = import(&tenant, "text/csv", csv).await;
    let mut expected: Vec<_> = (0..7).map(|index| error(index, "external_id", "mangled_id")).collect();
    expected.extend([error(7, "owner_id", "mangled_id"), error(8, "campaign_id", "mangled_id")]);
    assert_eq!(errors(&job), expected, "{job}");
    assert_eq!((&job["superseded"], &job["imported"]), (&json!(0), &json!(1)), "{job}");
    let reason = job["errors"][0]["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("1.23457E+12 is what a spreadsheet has made of an id"), "{reason}");
    let row = json!([{ "external_id": "1.23457E+12", "contact": { "name": "A" }, "total_amount": 1 }]);
    assert_eq!(errors(&tenant.import_rows(row).await), [error(0, "external_id", "mangled_id")]);

    let account = json!({ "type": "t", "balance": 1, "currency": "USD", "owner_id": "1.23457E+12" });
    let refused = tenant.json(Method::POST, "/v1/accounts", account).await;
    assert_eq!(refused.json()["errors"].as_array().map(Vec::len), Some(1), "{refused:?}");
    assert_eq!(refused.json()["errors"][0]["code"], "mangled_id");
    let form = "type=t&balance=1&currency=USD&owner_id=o&identifier=1%2C2E%2B15";
    let refused = tenant.form(Method::POST, "/v1/accounts", form).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], "/identifier", "{refused:?}");
    let booked = json!({ "amount": "1.00", "currency": "EUR", "valutaAt": "2026-01-15" });
    let sent = [("accountIdentifier", "1.2E+15"), ("transactionId", "#NUM!")].map(|(field, id)| {
        let mut sent = booked.clone();
        sent["accountIdentifier"] = json!("DE1");
        sent[field] = json!(id);
        sent
    });
    let receipt =
        tenant.json(Method::POST, "/api/public/v1/transactions", json!({ "transactions": sent })).await;
    let receipt = receipt.json();
    assert_eq!(receipt["errorTransactions"], 2, "{receipt}");
    for (n, field) in ["accountIdentifier", "transactionId"].iter().enumerate() {
        let error = &receipt["errors"][n];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!("mangled_id")), "{receipt}");
    }
}

#[tokio::test]
async fn years_outside_1970_to_2199_are_rejected() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id,contact.name,total_amount,due_date\nG-1,A,1,0026-01-15\nG-2,A,1,1899-12-30\nG-3,A,1,2026-01-15\nG-4,A,1,9999-12-31\n";
    let job = import(&tenant, "text/csv", csv).await;
    assert_eq!(errors(&job), [0, 1, 3].map(|index| error(index, "due_date", "invalid_date")), "{job}");
    assert!(job["errors"][0]["reason"].as_str().is_some_and(|reason| reason.contains("year 0026")), "{job}");
    let booked =
        json!({ "accountIdentifier": "a", "amount": "1.00", "currency": "EUR", "valutaAt": "0026-01-15" });
    let receipt =
        tenant.json(Method::POST, "/api/public/v1/transactions", json!({ "transactions": [booked] })).await;
    assert_eq!(receipt.json()["errors"][0]["code"], "invalid_date", "{receipt:?}");
}
