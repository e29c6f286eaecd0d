//! Events of API Gateway's HTTP API, payload format 2.0, from the event's JSON to the answer's JSON.
//!
//! An input that begins with a brace is an event. Any other input is an HTTP request as text, which is converted to
//! an event as API Gateway does. A key is added if the request has none.

use std::cell::Cell;
use std::panic;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use data_encoding::BASE64;
use lambda_http::http::Request;
use lambda_http::lambda_runtime::{Context, LambdaEvent};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, Service};
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::aws;

/// The most time for an answer. The stub of AWS takes none.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);
/// The most bytes of an answer with an error.
const PROBLEM_BYTES_MAX: usize = 100_000;

/// All functions in one service, and the runtime that runs it.
struct Saldo {
    runtime: Runtime,
    service: Router,
}

static SALDO: LazyLock<Saldo> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let routes = aws::environment().build(|environment| {
        accounts::routes(accounts::Stores::new(environment))
            .merge(clients::routes(clients::Stores::new(environment)))
            .merge(export::routes(export::Stores::new(environment)))
            .merge(import::routes(import::Stores::new(environment)))
            .merge(keys::routes(keys::Stores::new(environment)))
            .merge(notifications::routes(notifications::Stores::new(environment)))
            .merge(status::routes(status::Stores::new(environment)))
            .merge(sync::routes(sync::Stores::new(environment)))
            .merge(transactions::routes(transactions::Stores::new(environment)))
    });
    Saldo { runtime, service: saldo_http::service(routes.expect("all variables are set")) }
});

thread_local! {
    static IN_THE_GATEWAYS_HANDS: Cell<bool> = const { Cell::new(false) };
}

/// Every event must get an answer in JSON that API Gateway understands, and that is not the answer after a panic.
///
/// # Panics
/// When Saldo does not do what it promises.
pub fn http_event(input: &[u8]) {
    let event = match input {
        [b'{', ..] => String::from_utf8_lossy(input).into_owned(),
        _ => event_of(input).to_string(),
    };
    let Some(request) = request(&event) else { return };
    let answer = answer(request);
    let status = answer["statusCode"].as_u64().expect("a status");
    let id = answer["headers"]["x-request-id"].as_str().expect("a request's id");
    assert!((200..500).contains(&status), "{answer}");
    if answer["headers"]["content-type"] == "application/problem+json" {
        assert!(status >= 400, "{answer}");
        let text = answer["body"].as_str().expect("a text");
        assert!(text.len() <= PROBLEM_BYTES_MAX, "{} bytes", text.len());
        let problem: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!((&problem["status"], &problem["request_id"]), (&json!(status), &json!(id)));
    }
}

/// Changes the panic hook of libFuzzer, which ends the process. It ignores panics of `lambda_http` about events that
/// API Gateway never sends: with an invalid header `Host`, with blanks in the query, or with a body that is marked
/// as base64 and is not base64. On AWS the runtime catches these panics.
pub fn pass_over_panics_of_the_gateway() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !IN_THE_GATEWAYS_HANDS.get() {
            hook(info);
        }
    }));
}

/// The request that `lambda_http` reads from an event, if it can.
fn request(event: &str) -> Option<LambdaRequest> {
    let read = || serde_json::from_str::<LambdaRequest>(event).ok();
    let request = read()?;
    IN_THE_GATEWAYS_HANDS.set(true);
    let made = panic::catch_unwind(|| Request::<Body>::from(request));
    IN_THE_GATEWAYS_HANDS.set(false);
    made.ok().and_then(|_| read())
}

/// The functions' answer, in the form in which the runtime sends it.
fn answer(request: LambdaRequest) -> Value {
    let Saldo { runtime, service } = &*SALDO;
    let mut service = Adapter::from(service.clone());
    let answered = runtime.block_on(async {
        let answer = service.call(LambdaEvent::new(request, Context::default()));
        tokio::time::timeout(ANSWER_TIME_MAX, answer).await
    });
    let Ok(answer) = answered.expect("an answer in time");
    serde_json::to_value(answer).expect("an answer is JSON")
}

/// The event to which API Gateway converts a request.
fn event_of(request: &[u8]) -> Value {
    let end = request.windows(2).position(|lines| lines == b"\n\n");
    let (head, body) = request.split_at(end.map_or(request.len(), |end| end + 2));
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let (method, target) = lines.next().and_then(|line| line.split_once(' ')).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let fields = lines.filter_map(|line| line.split_once(':'));
    let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), json!(value.trim())));
    let mut headers: Map<String, Value> = fields.collect();
    headers.insert("host".to_owned(), json!("api.example.com"));
    if !headers.contains_key("authorization") {
        headers.entry("x-api-key").or_insert(json!(aws::KEY));
    }
    let (body, is_base64_encoded) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (BASE64.encode(body), true),
    };
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "205.255.255.176" },
            "stage": "$default",
            "timeEpoch": 1_583_817_383_220_u64,
        },
        "body": body,
        "isBase64Encoded": is_base64_encoded,
    })
}
