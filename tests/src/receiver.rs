//! A receiver of notifications, as an application would run one. It records what it receives and
//! gives the responses that a test has set.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::leak::watch;
use crate::violations::TestGuard;

/// How long a notification may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// A receiver on a free port of this machine. It ends when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    /// The URL for notifications.
    pub url: String,
    inbox: Arc<Inbox>,
    _server: tokio_util::task::AbortOnDropHandle<()>,
    _guard: TestGuard,
}

#[derive(Debug, Default)]
struct Inbox {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<StatusCode>>,
}

/// A notification that arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// When it arrived.
    pub at: Instant,
}

impl Received {
    /// The value of a header; empty if the request does not have it.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Receiver {
    /// A receiver that responds with these statuses, one after the other, and then with 204. Below
    /// its URL, `/slow` never responds and `/elsewhere` redirects to the URL.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(answers: &[u16]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let statuses = answers.iter().map(|status| StatusCode::from_u16(*status).expect("a status"));
        let inbox = Arc::new(Inbox { answers: Mutex::new(statuses.collect()), ..Inbox::default() });
        let elsewhere = url.clone();
        let router = Router::new()
            .route("/", post(receive))
            .route("/slow", post(async || std::future::pending::<()>().await))
            .route(
                "/elsewhere",
                post(async move || (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, elsewhere)])),
            )
            .with_state(Arc::clone(&inbox));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("a receiver") });
        let server = tokio_util::task::AbortOnDropHandle::new(server);
        Self { url, inbox, _server: server, _guard: TestGuard::of_this_test() }
    }

    /// The notifications so far, in order.
    #[must_use]
    pub fn inbox(&self) -> Vec<Received> {
        self.inbox.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until `count` notifications have arrived.
    ///
    /// # Panics
    /// When they don't.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let begun = Instant::now();
        loop {
            let inbox = self.inbox();
            if inbox.len() >= count {
                return inbox;
            }
            assert!(begun.elapsed() < PATIENCE, "{} of {count} notifications arrived", inbox.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn receive(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, body: Bytes) -> Response {
    watch(None, "a notification", &String::from_utf8_lossy(&body));
    let came = Received { headers, body, at: Instant::now() };
    inbox.received.lock().unwrap_or_else(PoisonError::into_inner).push(came);
    let answer = inbox.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    (answer.unwrap_or(StatusCode::NO_CONTENT), "ignored").into_response()
}
