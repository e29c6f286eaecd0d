//! Files that are uploaded and imported, also malformed and malicious ones.

use std::io::Write;

use aws_config::SdkConfig;
use flate2::Compression;
use flate2::write::GzEncoder;
use local::App;
use local::{Data, Functions};
use reqwest::{Client, Method, StatusCode};
use saldo_domain::id::OrgId;
use saldo_store::Limits;
use serde_json::{Value, json};
use testing::{Answer, Tenant, saldo, services, sha256};

/// Requests a link for an upload.
pub(crate) async fn announce(tenant: &Tenant, request: Value) -> Answer {
    tenant.json(Method::POST, "/api/v1/import/uploads", request).await
}

/// Uploads a file to the link. Returns the status of S3's response.
pub(crate) async fn send(created: &Value, content: Vec<u8>) -> StatusCode {
    let mut put = Client::new().put(created["url"].as_str().expect("a link")).body(content);
    for (name, value) in created["headers"].as_object().expect("headers") {
        put = put.header(name, value.as_str().expect("text"));
    }
    put.send().await.expect("S3").status()
}

/// Uploads a file and imports it.
pub(crate) async fn begin(tenant: &Tenant, about: Value, content: Vec<u8>, options: Value) -> Answer {
    let created = announce(tenant, about).await;
    assert_eq!(created.status, 201, "{created:?}");
    let created = created.json();
    assert_eq!(send(&created, content).await, 200);
    let mut request = options;
    request["upload_id"] = created["upload_id"].clone();
    tenant.json(Method::POST, "/api/v1/import", request).await
}

/// Uploads a file, imports it, and waits for the end of the import.
pub(crate) async fn import(tenant: &Tenant, about: Value, content: Vec<u8>, options: Value) -> Value {
    let accepted = begin(tenant, about, content, options).await;
    tenant.ended(&accepted).await
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("in memory")
}

#[tokio::test]
async fn uploaded_file_is_imported() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id,contact.name,total_amount\nU-1,Ana,12.50\nU-2,Ben,x\nU-1,Ana,13\n";
    let about = json!({
        "format": "csv", "filename": "month-end.csv", "bytes": csv.len(), "sha256": sha256(csv.as_bytes()),
    });
    let created = announce(&tenant, about).await;
    assert_eq!((created.status.as_u16(), &created.json()["method"]), (201, &json!("PUT")));
    let created = created.json();
    assert!(created["expires_at"].is_string(), "{created}");
    let path = format!("/api/v1/import/uploads/{}", created["upload_id"].as_str().expect("an id"));
    let announced = tenant.get(&path).await.json();
    assert_eq!(
        (&announced["format"], &announced["compressed"]),
        (&json!("csv"), &json!(false)),
        "{announced}"
    );
    assert_eq!(announced["bytes"], Value::Null, "{announced}");
    let request = json!({ "upload_id": created["upload_id"] });
    let early = tenant.json(Method::POST, "/api/v1/import", request.clone()).await;
    assert_eq!(early.problem(), (409, "nothing_uploaded".to_owned()));

    // The link accepts neither another file nor a longer one.
    assert!(send(&created, csv.replace("Ana", "Eva").into_bytes()).await.is_client_error());
    let refused = tenant.json(Method::POST, "/api/v1/import", request.clone()).await;
    assert_eq!(refused.problem(), (409, "nothing_uploaded".to_owned()));
    assert_eq!(send(&created, csv.into()).await, 200);
    assert_eq!(tenant.get(&path).await.json()["bytes"], csv.len());
    let accepted = tenant.json(Method::POST, "/api/v1/import", request.clone()).await;
    assert_eq!((accepted.status.as_u16(), &accepted.json()["total_records"]), (202, &Value::Null));
    let job = tenant.ended(&accepted).await;
    let counts = ["total_records", "imported", "superseded", "failed", "processed"];
    assert_eq!(counts.map(|name| job[name].as_u64()), [3, 1, 1, 1, 3].map(Some), "{job}");
    assert_eq!(job["status"], "completed_with_errors");
    assert_eq!((&job["errors"][0]["line"], &job["errors"][0]["index"]), (&json!(3), &json!(1)), "{job}");

    // S3 does not accept another length than the announced one.
    let created = announce(&tenant, json!({ "format": "csv", "bytes": 3 })).await.json();
    let longer = Client::new().put(created["url"].as_str().expect("a link")).body("four");
    assert_eq!(longer.send().await.expect("S3").status(), 403);
    assert_eq!(send(&created, b"bar".to_vec()).await, 200);

    // Importing the same file again changes nothing; another organization does not find the upload.
    let job = tenant.ended(&tenant.json(Method::POST, "/api/v1/import", request.clone()).await).await;
    assert_eq!((&job["imported"], &job["updated"]), (&json!(0), &json!(1)), "{job}");
    let stranger = saldo().await.tenant().await;
    if stranger.key != tenant.key {
        let answer = stranger.json(Method::POST, "/api/v1/import", request).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()));
        assert_eq!(answer.json()["errors"][0]["pointer"], "/upload_id");
    }
}

#[tokio::test]
async fn invalid_upload_request_lists_all_errors() {
    let tenant = saldo().await.tenant().await;
    let wrong = json!({ "format": "pdf", "bytes": 0, "sha256": "12", "filename": "a\nb", "colour": 1 });
    let answer = announce(&tenant, wrong).await;
    assert_eq!(answer.problem(), (400, "invalid_request".to_owned()));
    let errors = answer.json();
    let pointers: Vec<_> =
        errors["errors"].as_array().into_iter().flatten().map(|error| &error["pointer"]).collect();
    assert_eq!(pointers, ["/format", "/filename", "/bytes", "/sha256", "/colour"]);
    assert_eq!(announce(&tenant, json!({})).await.status, 201, "the format follows from the first bytes");
    for options in [
        json!({ "upload_id": 5 }),
        json!({ "upload_id": "upl_nonsense" }),
        json!({ "upload_id": null }),
        json!({ "upload_id": "upl_01a1fd41-537e-701e-acb7-251229a0b855", "rows": 1 }),
    ] {
        let answer = tenant.json(Method::POST, "/api/v1/import", options.clone()).await;
        assert_eq!(answer.problem().0, 400, "{options}");
    }
    let created = announce(&tenant, json!({ "format": "json" })).await.json();
    assert_eq!(send(&created, b"{}".to_vec()).await, 200);
    let request = json!({
        "upload_id": created["upload_id"], "mapping": { "a": "notes" }, "decimal_separator": ",",
    });
    let answer = tenant.json(Method::POST, "/api/v1/import", request).await;
    assert_eq!(answer.problem(), (400, "invalid_request".to_owned()));
    let pointers = [0, 1].map(|n| answer.json()["errors"][n]["pointer"].clone());
    assert_eq!(pointers, [json!("/mapping"), json!("/decimal_separator")]);
}

#[tokio::test]
async fn every_format_encoding_and_separator_is_read() {
    let tenant = saldo().await.tenant().await;
    let csv = |id: &str| format!("external_id;contact.name;total_amount\r\n{id};Núñez & Söhne;1234,50\r\n");
    let utf16: Vec<u8> =
        format!("\u{feff}{}", csv("utf-16")).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let windows: Vec<u8> =
        csv("windows").chars().map(|c| u8::try_from(u32::from(c)).expect("Latin")).collect();
    let row = |id: &str| json!({ "external_id": id, "contact": { "name": "Núñez & Söhne" }, "total_amount": "1234.5" });
    let comma = json!({ "decimal_separator": "," });
    let renamed = "Kunde\tOffen\tid\nNúñez & Söhne\t1234.50\trenamed\n";
    let mapping =
        json!({ "mapping": { "Kunde": "contact.name", "Offen": "total_amount", "id": "external_id" } });
    for (id, about, content, options) in [
        ("utf-8", json!({ "format": "csv" }), csv("utf-8").into_bytes(), comma.clone()),
        ("bom", json!({ "format": "csv" }), format!("\u{feff}{}", csv("bom")).into_bytes(), comma.clone()),
        ("utf-16", json!({ "format": "csv" }), utf16, comma.clone()),
        ("windows", json!({ "format": "csv" }), windows, comma.clone()),
        ("gz", json!({ "format": "csv", "filename": "A.CSV.GZ" }), gzip(csv("gz").as_bytes()), comma),
        ("renamed", json!({ "format": "csv" }), renamed.into(), mapping),
        ("line", json!({ "format": "ndjson" }), row("line").to_string().into(), json!({})),
        (
            "object",
            json!({ "format": "json", "filename": "a.json.gz" }),
            gzip(json!({ "accounts": [row("object")] }).to_string().as_bytes()),
            json!({}),
        ),
    ] {
        let job = import(&tenant, about, content, options).await;
        assert_eq!((&job["status"], &job["imported"]), (&json!("completed"), &json!(1)), "{id}: {job}");
    }
    let exported = tenant.export("accounts", json!({ "format": "json", "filters": {} })).await.json();
    let accounts = exported.as_array().expect("accounts");
    assert!(accounts.len() >= 8, "{exported}");
    for account in accounts {
        assert_eq!(account["contact"]["name"], "Núñez & Söhne", "{account}");
        assert_eq!(account["total_amount"].to_string(), "1234.5", "{account}");
    }
}

/// `count` megabytes of this byte, compressed as one gzip member per megabyte.
fn megabytes(count: usize, byte: u8) -> Vec<u8> {
    gzip(&vec![byte; 1_000_000]).repeat(count)
}

/// A file's name, its content, the status of its import, and a part of the import's JSON.
type Case = (&'static str, Vec<u8>, &'static str, &'static str);

#[tokio::test]
async fn unreadable_files_fail_with_clear_reason() {
    let tenant = saldo().await.tenant().await;
    let header = "contact.name,total_amount\n";
    let good = format!("{header}A,1\n");
    let cut = gzip(good.repeat(1_000).as_bytes());
    let cut = cut[..cut.len() / 2].to_vec();
    let wide = format!("contact.name{}\nA\n", ",x".repeat(9_999));
    let long_line = [gzip(header.as_bytes()), megabytes(200, b'x')].concat();
    let open = [gzip(header.as_bytes()), gzip(b"A,1\n\""), gzip(&b"B,2\n".repeat(1_500_000))].concat();
    let mixed = format!("{header}A,1\rB,2\r\nC,3\n\n\rD,4");
    let broken = [good.as_bytes(), "É,1\n".as_bytes(), b"\xff,1\n"].concat();
    let cases: [Case; 18] = [
        ("empty.csv", Vec::new(), "refused", "there are no rows to import"),
        ("header-only.csv", header.into(), "refused", "there are no rows to import"),
        ("one-row.csv", good.clone().into(), "completed", ""),
        ("200-MB-line.csv.gz", long_line.clone(), "refused", "line 2: a row has more than 4000000"),
        ("200-MB-line.ndjson.gz", long_line, "refused", "the file is a table (CSV); state the format `csv`"),
        ("200-MB-line.json.gz", megabytes(200, b' '), "refused", "a row has more than 4000000 bytes"),
        ("zeros.csv.gz", megabytes(200, 0), "refused", "the header has more than 200 characters"),
        ("blanks.csv.gz", megabytes(200, b'\n'), "refused", "there are no rows to import"),
        ("10000-columns.csv", wide.into(), "refused", "more than 1000 columns"),
        (
            "undefined.csv",
            format!("{header}A\u{81}B,1\n").into(),
            "completed_with_errors",
            "has control characters",
        ),
        ("cut.csv.gz", cut, "refused", "the gzip file can't be decompressed"),
        ("no-gzip.csv.gz", good.clone().into(), "refused", "the gzip file can't be decompressed"),
        (
            "open-quote.csv",
            format!("{good}\"B,2\nC,3\n").into(),
            "failed",
            "line 3: the row opens a quotation mark",
        ),
        ("open-quote.csv.gz", open, "failed", "line 3: a row has more than 4000000"),
        ("mixed-line-ends.csv", mixed.into(), "completed", ""),
        (
            "half-a-character.csv",
            b"\xff\xfea\0\x00\xd8b\0".to_vec(),
            "refused",
            "byte 4: the text is not UTF-16LE",
        ),
        ("breaks.csv", broken, "refused", "byte 35: the text is not UTF-8"),
        ("not.json", b"{\"accounts\":[{},\n}".to_vec(), "failed", "line 2, column 1"),
    ];
    for (name, content, status, reason) in cases {
        let format = ["ndjson", "json"].into_iter().find(|format| name.contains(format)).unwrap_or("csv");
        let answer = begin(&tenant, json!({ "format": format, "filename": name }), content, json!({})).await;
        if answer.status == 400 {
            assert!(status == "refused" && answer.text.contains(reason), "{name}: {answer:?}");
            continue;
        }
        let job = tenant.ended(&answer).await;
        assert_eq!(job["status"], status, "{name}: {job}");
        assert!(job.to_string().contains(reason), "{name}: {job}");
        if status == "completed" {
            let rows = if name == "one-row.csv" { 1 } else { 4 };
            assert_eq!(job["imported"], rows, "{name}: {job}");
        }
    }
}

/// An uncompressed line, since the lines above are compressed.
#[tokio::test]
#[ignore = "sends 200 MB"]
async fn uncompressed_line_of_200_mb() {
    let tenant = saldo().await.tenant().await;
    let content = [&b"contact.name\n"[..], &vec![b'x'; 200_000_000]].concat();
    let job = import(&tenant, json!({ "format": "csv" }), content, json!({})).await;
    assert_eq!(
        job["reason"], "line 2: a row has more than 4000000 bytes; is a quotation mark or a line left open?",
        "{job}"
    );
}

#[tokio::test]
async fn dry_run_reports_result_of_every_row_and_writes_nothing() {
    let tenant = saldo().await.tenant().await;
    let [there, new] = ["there", "new"].map(|name| tenant.external_id(name));
    let row = |id: &str, amount: &str| json!({ "external_id": id, "contact": { "name": "A" }, "total_amount": amount });
    tenant.import_rows(json!([row(&there, "1")])).await;
    let rows =
        json!([row(&there, "2"), row(&new, "3"), row(&new, "4"), row("bad", "x"), row("fine", "12.345")]);
    let csv = format!(
        "external_id,contact.name,total_amount\n{there},A,2\n{new},A,3\n{new},A,4\nbad,A,x\nfine,A,12.345\n"
    );
    let before = tenant.get("/v1/accounts?limit=100").await.text;
    let body = json!({ "dry_run": true, "accounts": rows }).to_string();
    let of_json = tenant.import("application/json", body).await;
    let of_query = tenant
        .send(Method::POST, "/api/v1/import?dry_run=true", &[("content-type", "text/csv")], csv.clone())
        .await;
    let about = json!({ "format": "csv" });
    let of_file = begin(&tenant, about.clone(), csv.clone().into(), json!({ "dry_run": true })).await;
    let marked = format!("\u{feff}{}", json!({ "accounts": rows, "dry_run": true }));
    let of_marked = tenant.import("application/json", marked).await;
    let created = announce(&tenant, about).await.json();
    assert_eq!(send(&created, csv.into()).await, 200);
    let path = "/api/v1/import?dry_run=true";
    let of_both = tenant.json(Method::POST, path, json!({ "upload_id": created["upload_id"] })).await;
    for accepted in [of_json, of_query, of_file, of_marked, of_both] {
        assert_eq!(accepted.json()["dry_run"], true, "{accepted:?}");
        let job = tenant.ended(&accepted).await;
        assert_eq!(
            (&job["dry_run"], &job["status"]),
            (&json!(true), &json!("completed_with_errors")),
            "{job}"
        );
        let counts = ["total_records", "imported", "updated", "superseded", "failed"];
        assert_eq!(counts.map(|name| job[name].as_u64()), [5, 1, 1, 1, 2].map(Some), "{job}");
        let codes = [0, 1].map(|n| job["errors"][n]["code"].clone());
        assert_eq!(codes, [json!("invalid_amount"), json!("too_many_digits")], "{job}");
    }
    assert_eq!(tenant.get("/v1/accounts?limit=100").await.text, before);
    // In a file, `dry_run` would have no effect, so it is rejected.
    let content = json!({ "dry_run": true, "accounts": [row("in-a-file", "1")] }).to_string();
    let job = import(&tenant, json!({ "format": "json" }), content.into(), json!({})).await;
    assert_eq!(
        (&job["status"], &job["reason"]),
        (&json!("failed"), &json!("there is no such field: dry_run"))
    );
    // The real import has the same counts.
    let job = tenant.import_rows(rows).await;
    let counts = ["imported", "updated", "superseded", "failed"];
    assert_eq!(counts.map(|name| job[name].as_u64()), [1, 1, 1, 2].map(Some), "{job}");
    for wrong in [json!({ "dry_run": "yes", "accounts": [{}] }), json!({ "dry_run": 1, "accounts": [{}] })] {
        let answer = tenant.import("application/json", wrong.to_string()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()));
        assert_eq!(answer.json()["errors"][0]["pointer"], "/dry_run");
    }
}

/// A CSV file with one account per row.
fn many(rows: usize, name: &str) -> Vec<u8> {
    let line = |n: usize| format!("{name}-{n},A,{n}\n");
    let lines: String = (0..rows).map(line).collect();
    format!("external_id,contact.name,total_amount\n{lines}").into_bytes()
}

#[tokio::test]
async fn large_import_reports_progress_yields_to_others_and_can_be_cancelled() {
    // Small chunks, so that there are many and only few of them are started.
    let aws = services(&Data::Ephemeral).await;
    let limits = Limits { rows_per_chunk: 20, ..Limits::default() };
    let app_on = |sdk: &SdkConfig| App { limits, ..aws.app_over(sdk) };
    let app = aws.app();
    let listener = local::listen(0).await.expect("a free port");
    let functions =
        Functions::start(aws.template(), aws.sdk_config(), app_on, listener).expect("the functions");
    let tenant = async || {
        let org = OrgId::random().expect("randomness");
        let key = local::demo::create_organization(&app, org.clone(), "Test", "ARS").await;
        Tenant::new(functions.url.clone(), key.expect("a key").expose().to_owned(), Some(org))
    };
    let (large, small) = (tenant().await, tenant().await);
    let accepted = begin(&large, json!({ "format": "csv" }), many(12_000, "large"), json!({})).await;
    let path = accepted.header("location").to_owned();
    let progress = loop {
        let job = large.get(&path).await.json();
        assert_eq!(job["status"], "processing", "{job}");
        if job["rows_per_second"].as_u64().is_some_and(|rows| rows > 0) {
            break job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(progress["total_records"], 12_000, "{progress}");
    assert!(progress["processed"].as_u64().is_some_and(|rows| (20..12_000).contains(&rows)), "{progress}");
    assert!(progress["seconds_remaining"].as_u64().is_some_and(|seconds| seconds > 0), "{progress}");

    // Ten rows of another organization do not wait for it.
    let rows: Vec<Value> =
        (0..10).map(|n| json!({ "contact": { "name": "A" }, "total_amount": n })).collect();
    let job = small.import_rows(json!(rows)).await;
    assert_eq!((&job["status"], &job["imported"]), (&json!("completed"), &json!(10)), "{job}");
    assert_eq!(large.get(&path).await.json()["status"], "processing");

    let cancelled = large.json(Method::POST, &format!("{path}/cancel"), json!({})).await;
    assert_eq!(cancelled.status, 202, "{cancelled:?}");
    let unknown = large.json(Method::POST, &format!("{path}/cancel"), json!({ "why": "oops" })).await;
    assert_eq!(unknown.problem(), (400, "invalid_request".to_owned()));
    assert!(cancelled.json()["cancel_requested_at"].is_string(), "{cancelled:?}");
    let job = large.ended(&accepted).await;
    assert_eq!((&job["status"], &job["seconds_remaining"]), (&json!("cancelled"), &Value::Null), "{job}");
    let count = |name: &str| job[name].as_u64().expect("a count");
    assert!(count("skipped") > 0, "{job}");
    assert_eq!(count("imported") + count("skipped"), 12_000, "{job}");
    assert_eq!(count("processed"), count("imported"), "{job}");
    let export = large.export("accounts", json!({ "format": "ndjson", "filters": {} })).await;
    assert_eq!(export.text.lines().count() as u64, count("imported"), "{job}");

    // Cancelling again changes nothing; an import that has ended, or that belongs to another
    // organization, can't be cancelled.
    let again = large.json(Method::POST, &format!("{path}/cancel"), json!({})).await;
    assert_eq!((again.status.as_u16(), &again.json()["status"]), (200, &json!("cancelled")));
    let ended = small.import_rows(json!(rows)).await;
    let path_of = |job: &Value| format!("/api/v1/import/{}/cancel", job["job_id"].as_str().expect("an id"));
    let late = small.json(Method::POST, &path_of(&ended), json!({})).await;
    assert_eq!(late.problem(), (409, "import_ended".to_owned()));
    assert_eq!(small.json(Method::POST, &format!("{path}/cancel"), json!({})).await.problem().0, 404);
    functions.stop().await;
    aws.stop().await;
}
