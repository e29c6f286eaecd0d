//! Malformed requests. Each gets a problem document with the reason, and none causes a 5xx.

use insta::assert_snapshot;
use reqwest::Method;
use saldo_http::BODY_BYTES_MAX;
use serde_json::json;
use testing::saldo;

#[tokio::test]
async fn malformed_body_error_names_position_and_reason() {
    let tenant = saldo().await.tenant().await;
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    let cases: [(&str, Vec<u8>, u16, &str); 17] = [
        ("application/json", b"{\"accounts\": [\n {}, \n".to_vec(), 400, "invalid_json"),
        ("application/json", Vec::new(), 400, "invalid_json"),
        ("application/json", b"[]".to_vec(), 400, "invalid_request"),
        ("application/json", br#"{"accounts":{}}"#.to_vec(), 400, "invalid_request"),
        ("application/json", br#"{"accounts":[]}"#.to_vec(), 400, "no_rows"),
        ("application/json", br#"{"account":[{}]}"#.to_vec(), 400, "invalid_request"),
        ("application/json", b"{\"accounts\":[\"\xff\"]}".to_vec(), 400, "invalid_encoding"),
        ("application/json", deep.clone().into_bytes(), 400, "invalid_request"),
        ("application/x-ndjson", b"\n\n".to_vec(), 400, "no_rows"),
        ("text/csv", Vec::new(), 400, "no_rows"),
        ("text/csv", b"contact.name,total_amount\n".to_vec(), 400, "no_rows"),
        ("text/csv", b"foo,bar\n1,2\n".to_vec(), 400, "no_known_column"),
        ("text/csv", b"notes,NOTES\n1,2\n".to_vec(), 400, "duplicate_column"),
        ("text/csv", b"contact.name,total_amount\n\xc3\xa9 \xc1\xe9,2\n".to_vec(), 400, "invalid_encoding"),
        // API Gateway passes on a text in Windows-1252 like this.
        ("text/csv", "contact.name,total_amount\nMar\u{fffd}a,2\n".into(), 400, "invalid_encoding"),
        ("text/plain", b"{}".to_vec(), 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", b"a=b".to_vec(), 415, "unsupported_media_type"),
    ];
    for (content_type, body, status, code) in cases {
        let shown = String::from_utf8_lossy(&body).chars().take(40).collect::<String>();
        let answer = tenant.import(content_type, body).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{content_type} {shown:?}: {}", answer.text);
    }
    let many = format!("{{{}}}", vec![r#""a":0"#; 500_000].join(","));
    for body in [many, format!(r#"{{"{}":0}}"#, "a".repeat(3_900_000))] {
        let answer = tenant.import("application/json", body).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()));
        assert!(answer.text.len() < 10_000, "{} bytes", answer.text.len());
    }
    // The same depth inside a row makes only the row invalid.
    let row = format!(r#"{{"accounts":[{{"contact":{{"name":{deep}}},"total_amount":1}}]}}"#);
    let job = tenant.ended(&tenant.import("application/json", row).await).await;
    assert_eq!(
        (&job["status"], &job["errors"][0]["code"]),
        (&json!("completed_with_errors"), &json!("invalid_json"))
    );
}

#[tokio::test]
async fn problem_document_names_position_and_reason() {
    let tenant = saldo().await.tenant().await;
    let broken = tenant.import("application/json", "{\"accounts\": [\n  {\"total_amount\": 1,}\n]}").await;
    assert_snapshot!(broken.shown(&["request_id"]), @r#"
    {
      "code": "invalid_json",
      "detail": "line 2, column 22: key must be a string",
      "request_id": "[request_id]",
      "status": 400,
      "title": "The body can't be read",
      "type": "urn:saldo:problem:invalid_json"
    }
    "#);
    let misspelt = tenant.import("application/json", r#"{"acounts":[{}],"a/b":1}"#).await;
    assert_snapshot!(misspelt.shown(&["request_id"]), @r#"
    {
      "code": "invalid_request",
      "detail": "2 parts of the request are invalid; see errors",
      "errors": [
        {
          "code": "unknown_field",
          "detail": "there is no such field; did you mean accounts?",
          "pointer": "/acounts"
        },
        {
          "code": "unknown_field",
          "detail": "there is no such field",
          "pointer": "/a~1b"
        }
      ],
      "request_id": "[request_id]",
      "status": 400,
      "title": "The request is invalid",
      "type": "urn:saldo:problem:invalid_request"
    }
    "#);
}

#[tokio::test]
async fn body_limit_is_four_million_bytes() {
    let tenant = saldo().await.tenant().await;
    let body = |bytes: usize| {
        let row = r#"{"accounts":[{"contact":{"name":"A"},"total_amount":1}]}"#;
        format!("{row}{}", " ".repeat(bytes - row.len()))
    };
    let fits = tenant.import("application/json", body(BODY_BYTES_MAX)).await;
    assert_eq!(tenant.ended(&fits).await["imported"], 1);
    let over = tenant.import("application/json", body(BODY_BYTES_MAX + 1)).await;
    assert_eq!(over.problem(), (413, "body_too_large".to_owned()));
    let stranger = tenant.with_key("").import("application/json", body(2 * BODY_BYTES_MAX)).await;
    assert_eq!(stranger.problem(), (401, "key_missing".to_owned()));
}

#[tokio::test]
async fn unknown_paths_methods_and_parameters_get_problem_documents() {
    let tenant = saldo().await.tenant().await;
    let ask = async |method: Method, path: &str| tenant.send(method, path, &[], "").await;
    assert_eq!(ask(Method::GET, "/api/v1/nothing").await.problem(), (404, "unknown_path".to_owned()));
    let patched = ask(Method::PATCH, "/api/v1/import").await;
    assert_eq!(patched.problem(), (405, "method_not_allowed".to_owned()));
    assert_eq!(patched.header("allow"), "GET,POST");
    for path in ["?limit=0", "?limit=101", "?limit=x", "?starting_after=imp_1", "?colour=red"] {
        assert_eq!(
            ask(Method::GET, &format!("/api/v1/import{path}")).await.problem(),
            (400, "invalid_parameter".to_owned())
        );
    }
    for path in [
        "imp_1",
        "acc_aaaaaaaaaaaaaaaa",
        "%00",
        "%ff",
        "../nothing",
        "imp_01890000-0000-4000-8000-000000000000",
    ] {
        assert_eq!(ask(Method::GET, &format!("/api/v1/import/{path}")).await.problem().0, 404, "{path}");
    }
}
