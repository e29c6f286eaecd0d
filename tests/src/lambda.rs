//! A small Lambda Runtime API, which runs the function binaries as Lambda does:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use local::Aws;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

use crate::leak::watch;
use crate::process::{cpu_seconds, peak_memory_mib};
use crate::violations::TestGuard;
use crate::watch::watch_output;

/// The trace that every invocation belongs to. The runtime puts it into the environment, and the
/// SDK from there into the requests that it sends.
const TRACE_ID: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// How long a function may take to respond.
const PATIENCE: Duration = Duration::from_secs(30);
/// The variables from which HTTP clients read their proxy.
const PROXY_VARIABLES: [&str; 6] =
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
/// A proxy that never responds: no process listens on the port of the discard protocol.
const DEAD_PROXY: &str = "http://127.0.0.1:9";

/// A function's process, with the Runtime API that feeds it. It ends when it is dropped.
#[derive(Debug)]
pub struct Function {
    process: Child,
    events: mpsc::Sender<Value>,
    answers: mpsc::Receiver<Result<Value, Value>>,
    begun: Instant,
    /// The threads that watch what the process prints.
    output: Vec<JoinHandle<()>>,
    _server: tokio_util::task::AbortOnDropHandle<()>,
    _guard: TestGuard,
}

#[derive(Debug)]
struct Runtime {
    events: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Result<Value, Value>>,
}

impl Function {
    /// Starts the binary of the function with this logical id in the template, with no more variables than the template
    /// gives the function.
    ///
    /// # Panics
    /// When it can't be started.
    pub async fn deployed(binary: &str, aws: &Aws, function: &str) -> Self {
        Self::start(binary, &aws.environment_of(function).expect("a function of the template")).await
    }

    /// Starts the binary with these variables besides those that Lambda sets, and with a proxy that
    /// never answers, so that a function that uses the environment's proxy fails.
    ///
    /// # Panics
    /// When it can't be started.
    pub async fn start(binary: &str, environment: &[(String, String)]) -> Self {
        let (events, next) = mpsc::channel(1);
        let (done, answers) = mpsc::channel(1);
        let runtime = Arc::new(Runtime { events: Mutex::new(next), answers: done });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(invocation))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(error))
            .with_state(runtime);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server =
            tokio::spawn(async move { axum::serve(listener, router).await.expect("the Runtime API") });
        let begun = Instant::now();
        let mut process = Command::new(binary)
            .env_clear()
            .envs(PROXY_VARIABLES.map(|name| (name, DEAD_PROXY)))
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect(binary);
        let guard = TestGuard::of_this_test();
        let output = vec![
            watch_output(guard.owner(), process.stdout.take().expect("a pipe"), std::io::sink()),
            watch_output(guard.owner(), process.stderr.take().expect("a pipe"), std::io::stderr()),
        ];
        let server = tokio_util::task::AbortOnDropHandle::new(server);
        Self { process, events, answers, begun, output, _server: server, _guard: guard }
    }

    /// Sends an event and returns the function's response, or the error that it reports.
    ///
    /// # Errors
    /// The error that the function reports.
    ///
    /// # Panics
    /// When it does not respond.
    pub async fn invoke(&mut self, event: Value) -> Result<Value, Value> {
        self.invoke_for(event, PATIENCE).await
    }

    /// Sends an event whose handling takes up to `patience`.
    ///
    /// # Errors
    /// The error that the function reports.
    ///
    /// # Panics
    /// When it does not respond in time.
    pub async fn invoke_for(&mut self, event: Value, patience: Duration) -> Result<Value, Value> {
        self.events.send(event).await.expect("the Runtime API runs");
        let answer = tokio::time::timeout(patience, self.answers.recv()).await;
        answer.expect("the function answers in time").expect("the Runtime API runs")
    }

    /// The peak memory of the process in MiB.
    #[must_use]
    pub fn peak_memory_mib(&self) -> f64 {
        peak_memory_mib(&self.process.id().to_string())
    }

    /// The processor time of the process, user and system, in seconds, to a hundredth.
    #[must_use]
    pub fn cpu_seconds(&self) -> f64 {
        cpu_seconds(&self.process.id().to_string())
    }

    /// How long ago the process was started.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Prints how long ago the process was started, past the test runner, which captures what tests
    /// print.
    pub fn say_age(&self, what: &str) {
        let age = self.age();
        let _closed = writeln!(std::io::stderr(), "{what}: {age:.1?} from process start to first response");
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped = self.process.wait();
        // Everything it printed is watched before the test ends.
        for output in self.output.drain(..) {
            let _panicked = output.join();
        }
    }
}

async fn invocation(State(runtime): State<Arc<Runtime>>) -> Response {
    let Some(event) = runtime.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = Timestamp::now() + PATIENCE;
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.as_millisecond().to_string()),
        ("lambda-runtime-trace-id", TRACE_ID.to_owned()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:function".to_owned(),
        ),
    ];
    (headers, event.to_string()).into_response()
}

async fn response(State(runtime): State<Arc<Runtime>>, Path(_): Path<String>, body: String) -> StatusCode {
    watch(None, "a response", &body);
    answer(&runtime, Ok(serde_json::from_str(&body).unwrap_or_default())).await
}

async fn error(State(runtime): State<Arc<Runtime>>, body: String) -> StatusCode {
    watch(None, "a response", &body);
    answer(&runtime, Err(serde_json::from_str(&body).unwrap_or_default())).await
}

async fn answer(runtime: &Runtime, answer: Result<Value, Value>) -> StatusCode {
    let _cancelled = runtime.answers.send(answer).await;
    StatusCode::ACCEPTED
}

/// An event of API Gateway's HTTP API, payload format 2.0, as AWS documents it, for this request.
/// The path can have a query.
///
/// # Panics
/// Never: the event is part of this crate.
#[must_use]
pub fn http_event(method: &str, path: &str, key: &str, body: &str) -> Value {
    let mut event: Value =
        serde_json::from_str(include_str!("../fixtures/http-api-event.json")).expect("JSON");
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let route = format!("{method} {path}");
    event["rawQueryString"] = json!(query);
    event["routeKey"] = json!(route);
    event["rawPath"] = json!(path);
    event["requestContext"]["routeKey"] = json!(route);
    event["requestContext"]["http"]["method"] = json!(method);
    event["requestContext"]["http"]["path"] = json!(path);
    event["headers"]["x-api-key"] = json!(key);
    event["headers"]["content-length"] = json!(body.len().to_string());
    event["body"] = json!(body);
    event
}

/// An event of SQS, as AWS documents it, with this body in its first message and an invalid body in
/// its second.
///
/// # Panics
/// Never: the event is part of this crate.
#[must_use]
pub fn sqs_event(body: &str) -> Value {
    let mut event: Value = serde_json::from_str(include_str!("../fixtures/sqs-event.json")).expect("JSON");
    event["Records"][0]["body"] = json!(body);
    event
}

/// Whether a DLQ handler has failed for one message, such as the second one of [`sqs_event`].
#[must_use]
pub fn leaves_one_open(answer: &Result<Value, Value>) -> bool {
    matches!(answer, Err(error) if error["errorMessage"] == "1 dead letters could not be handled")
}
