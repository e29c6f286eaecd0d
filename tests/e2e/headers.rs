//! Headers that every response has, and headers that a request must not repeat.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use testing::{Answer, Tenant, saldo};

const LIST: &str = "/api/v1/import";

/// Sends a request with exactly these headers, repeated ones included.
async fn send(
    tenant: &Tenant,
    method: Method,
    path: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> Answer {
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
    }
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let url = format!("{}{path}", tenant.url);
    let answer =
        client.request(method, url).headers(all).body(body.to_owned()).send().await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.expect("a body");
    Answer { status, headers, bytes: text.clone().into_bytes(), text }
}

#[tokio::test]
async fn every_response_has_security_headers() {
    let tenant = saldo().await.tenant().await;
    let account = tenant.json(
        Method::POST,
        "/v1/accounts",
        json!({ "type": "savings", "balance": 1, "currency": "USD", "owner_id": "o" }),
    );
    let account = account.await;
    let (path, etag) = (account.header("location").to_owned(), account.header("etag").to_owned());
    let not_modified = tenant.send(Method::GET, &path, &[("if-none-match", &etag)], "").await;
    let key = ("x-api-key", tenant.key.as_str());
    let answers = [
        (account, 201),
        (not_modified, 304),
        (tenant.get(LIST).await, 200),
        (tenant.with_key("").get(LIST).await, 401),
        (tenant.get("/nothing").await, 404),
        (tenant.delete(LIST).await, 405),
        (tenant.json(Method::POST, LIST, json!({})).await, 400),
        (send(&tenant, Method::GET, LIST, &[key, key], "").await, 400),
        (send(&tenant, Method::GET, "/docs", &[], "").await, 307),
        (tenant.get("/openapi.json").await, 200),
        (tenant.get("/docs/nothing").await, 404),
    ];
    for (answer, status) in answers {
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        let headers = ["cache-control", "x-content-type-options", "strict-transport-security"];
        assert_eq!(
            headers.map(|name| answer.header(name)),
            ["no-store", "nosniff", "max-age=31536000"],
            "{answer:?}"
        );
        for name in headers {
            assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{name}: {answer:?}");
        }
    }
    // The page's files are public and can be cached.
    let page = tenant.get("/docs/index.html").await;
    assert_eq!(
        (page.header("cache-control"), page.header("x-content-type-options")),
        ("max-age=3600", "nosniff")
    );
}

#[tokio::test]
async fn repeated_headers_and_two_keys_are_rejected() {
    let saldo = saldo().await;
    let (tenant, other) = (saldo.tenant().await, saldo.tenant().await);
    let (key, other) = (tenant.key.as_str(), other.key.as_str());
    let (bearer, other_bearer) = (format!("Bearer {key}"), format!("Bearer {other}"));
    let (joined, joined_bearers) = (format!("{key},{other}"), format!("{bearer}, {other_bearer}"));
    let hidden = format!("Basic eA==,{bearer}");
    for headers in [
        &[("x-api-key", key), ("x-api-key", other)][..],
        &[("x-api-key", key), ("x-api-key", key)],
        &[("x-api-key", &joined)],
        &[("authorization", &bearer), ("authorization", &other_bearer)],
        &[("authorization", "Basic eA=="), ("authorization", &bearer)],
        &[("authorization", &joined_bearers)],
        &[("authorization", &hidden)],
    ] {
        let answer = send(&tenant, Method::GET, LIST, headers, "").await;
        assert_eq!(answer.problem(), (400, "repeated_header".to_owned()), "{headers:?}");
        assert!(!answer.text.contains("saldo_k_"), "{answer:?}");
    }
    let two_keys = [("x-api-key", key), ("authorization", other_bearer.as_str())];
    let answer = send(&tenant, Method::GET, LIST, &two_keys, "").await;
    assert_eq!(answer.problem(), (400, "conflicting_keys".to_owned()));
    // The same key twice, or an unknown scheme beside a key, is not ambiguous.
    for authorization in [bearer.as_str(), "Basic eA==", r#"Digest username="a", realm="b""#] {
        let headers = [("x-api-key", key), ("authorization", authorization)];
        assert_eq!(send(&tenant, Method::GET, LIST, &headers, "").await.status, 200, "{authorization}");
    }

    let body = r#"{"accounts":[{"contact":{"name":"A"},"total_amount":1}]}"#;
    let (json, csv) = (("content-type", "application/json"), ("content-type", "text/csv"));
    for headers in [
        &[json, csv][..],
        &[json, json],
        &[("content-type", "application/json, text/csv")],
        &[json, ("idempotency-key", "a"), ("idempotency-key", "b")],
        &[json, ("idempotency-key", "a,b")],
        &[json, ("content-encoding", "identity"), ("content-encoding", "gzip")],
    ] {
        let headers: Vec<_> = headers.iter().copied().chain([("x-api-key", key)]).collect();
        let answer = send(&tenant, Method::POST, LIST, &headers, body).await;
        assert_eq!(answer.problem(), (400, "repeated_header".to_owned()), "{headers:?}");
    }
}

#[tokio::test]
async fn entity_tags_can_span_several_headers() {
    let tenant = saldo().await.tenant().await;
    let account = json!({ "type": "savings", "balance": 1, "currency": "USD", "owner_id": "o" });
    let account = tenant.json(Method::POST, "/v1/accounts", account).await;
    let (path, etag) = (account.header("location"), account.header("etag"));
    let key = ("x-api-key", tenant.key.as_str());
    let headers = [key, ("if-none-match", "\"other\""), ("if-none-match", etag)];
    assert_eq!(send(&tenant, Method::GET, path, &headers, "").await.status, 304);
    let json = ("content-type", "application/json");
    let headers = [key, json, ("if-match", "\"other\""), ("if-match", etag)];
    assert_eq!(send(&tenant, Method::PUT, path, &headers, r#"{"balance":2}"#).await.status, 200);
}
