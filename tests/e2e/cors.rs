//! Browsers can call the API and use links to files, because preflight requests get the responses
//! that the Fetch standard requires.

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use testing::{Tenant, saldo};

const ORIGIN: &str = "https://app.example.com";

/// The preflight request that a browser sends before a request with these headers from a page of
/// [`ORIGIN`].
async fn preflight(url: &str, method: Method, headers: &str) -> (StatusCode, HeaderMap) {
    let ask = Client::new().request(Method::OPTIONS, url).header("origin", ORIGIN);
    let ask = ask.header("access-control-request-method", method.as_str());
    let answer = ask.header("access-control-request-headers", headers).send().await.expect("an answer");
    (answer.status(), answer.headers().clone())
}

/// Whether a browser sends the request after this response, which has to allow the origin, the
/// method and each header.
fn allows((status, answer): &(StatusCode, HeaderMap), method: &Method, headers: &str) -> bool {
    let list = |name: &str| -> Vec<String> {
        let texts = answer.get_all(name).iter().filter_map(|value| value.to_str().ok());
        texts.flat_map(|text| text.split(',')).map(|one| one.trim().to_ascii_lowercase()).collect()
    };
    let has = |name: &str, wanted: &str| {
        let allowed = list(name);
        allowed.contains(&wanted.to_ascii_lowercase()) || allowed.contains(&"*".to_owned())
    };
    status.is_success()
        && has("access-control-allow-origin", ORIGIN)
        && has("access-control-allow-methods", method.as_str())
        && headers.split(',').all(|header| has("access-control-allow-headers", header))
}

async fn upload_link(tenant: &Tenant) -> Value {
    tenant.json(Method::POST, "/api/v1/import/uploads", json!({ "format": "csv" })).await.json()
}

#[tokio::test]
async fn browser_can_upload_file_by_link() {
    let tenant = saldo().await.tenant().await;
    let created = upload_link(&tenant).await;
    let url = created["url"].as_str().expect("a link");
    let headers = "content-type,x-amz-checksum-sha256";
    let answer = preflight(url, Method::PUT, headers).await;
    assert!(allows(&answer, &Method::PUT, headers), "{answer:?}");

    let put = Client::new().put(url).header("origin", ORIGIN).header("content-type", "text/csv");
    let put = put.body("contact.name,total_amount\nAna,1\n").send().await.expect("an answer");
    assert_eq!(put.status(), StatusCode::OK);
    let allowed = put.headers().get("access-control-allow-origin").and_then(|value| value.to_str().ok());
    assert!(allowed.is_some_and(|origin| [ORIGIN, "*"].contains(&origin)), "{put:?}");
    let exposed = put.headers().get("access-control-expose-headers").and_then(|value| value.to_str().ok());
    assert!(exposed.is_some_and(|names| names.to_ascii_lowercase().contains("etag")), "{put:?}");

    let request = json!({ "upload_id": created["upload_id"] });
    let job = tenant.ended(&tenant.json(Method::POST, "/api/v1/import", request).await).await;
    assert_eq!(job["imported"], 1, "{job}");
}

#[tokio::test]
async fn browser_can_call_api_and_read_headers() {
    let tenant = saldo().await.tenant().await;
    let headers = "content-type,idempotency-key,if-match,x-api-key,authorization";
    for (method, path) in [(Method::POST, "/api/v1/import"), (Method::PUT, "/v1/accounts/acc_a")] {
        let answer = preflight(&format!("{}{path}", tenant.url), method.clone(), headers).await;
        assert!(allows(&answer, &method, headers), "{path}: {answer:?}");
    }
    let accounts = tenant.send(Method::GET, "/v1/accounts", &[("origin", ORIGIN)], "").await;
    assert_eq!(accounts.status, StatusCode::OK);
    assert!([ORIGIN, "*"].contains(&accounts.header("access-control-allow-origin")), "{accounts:?}");
    let exposed = accounts.header("access-control-expose-headers").to_ascii_lowercase();
    for name in ["etag", "location", "retry-after", "x-request-id"] {
        assert!(exposed.split(',').any(|one| one.trim() == name), "{name} is not in {exposed}");
    }
}

#[tokio::test]
async fn options_without_origin_is_method_not_allowed() {
    let tenant = saldo().await.tenant().await;
    let answer = tenant.send(Method::OPTIONS, "/v1/accounts", &[], "").await;
    assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()));
}
