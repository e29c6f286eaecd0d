//! Services that fail at random: too busy, out of order, silent after they did what they were
//! asked, or cut off in the middle of an answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::tap::Tap;

/// Fails requests at random, while it is told to.
#[derive(Debug)]
pub struct Chaos(Mutex<State>);

#[derive(Debug)]
struct State {
    random: StdRng,
    /// How many of a thousand requests fail.
    rate: u32,
    /// Whether they all fail in one way: for want of room.
    throttled: bool,
    injected: BTreeMap<&'static str, u64>,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Throttled,
    OutOfOrder,
    SilentAfterwards,
    CutShort,
}

impl Default for Chaos {
    fn default() -> Self {
        let random = StdRng::seed_from_u64(0);
        Self(Mutex::new(State { random, rate: 0, throttled: false, injected: BTreeMap::new() }))
    }
}

impl Chaos {
    /// From now on, `rate` of a thousand requests fail, which ones is told by the seed.
    pub fn let_loose(&self, seed: u64, rate: u32) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.random = StdRng::seed_from_u64(seed);
        state.rate = rate;
    }

    /// From now on there is room for no request.
    pub fn throttle(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (state.rate, state.throttled) = (1_000, true);
    }

    /// From now on nothing fails.
    pub fn calm(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (state.rate, state.throttled) = (0, false);
    }

    /// How many faults of each kind there were.
    pub fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).injected.clone()
    }

    fn next(&self, reads_a_file: bool) -> Option<Fault> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = state.rate;
        if state.random.random_range(0..1_000) >= rate {
            return None;
        }
        let kinds = if reads_a_file { 4 } else { 3 };
        let fault = match state.random.random_range(0..kinds) {
            _ if state.throttled => Fault::Throttled,
            0 => Fault::Throttled,
            1 => Fault::OutOfOrder,
            2 => Fault::SilentAfterwards,
            _ => Fault::CutShort,
        };
        let name = match fault {
            Fault::Throttled => "throttled",
            Fault::OutOfOrder => "out of order",
            Fault::SilentAfterwards => "timed out after the effect",
            Fault::CutShort => "read cut short",
        };
        *state.injected.entry(name).or_default() += 1;
        Some(fault)
    }
}

/// What a service says that is too busy.
fn throttled(target: &str) -> HttpResponse {
    let (status, body) = match target.split('.').next().unwrap_or_default() {
        "" => (503, "<Error><Code>SlowDown</Code><Message>slow down</Message></Error>"),
        "AmazonSQS" => (400, r#"{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow down"}"#),
        _ => (
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#,
        ),
    };
    answer(status, body)
}

fn answer(status: u16, body: &'static str) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a status");
    HttpResponse::new(status, SdkBody::from(body))
}

impl Tap for Chaos {
    fn call(
        self: Arc<Self>,
        wire: SharedHttpConnector,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, ConnectorError>> {
        Box::pin(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let reads_a_file = target.is_empty() && request.method() == "GET";
            match self.next(reads_a_file) {
                None => wire.call(request).await,
                Some(Fault::Throttled) => Ok(throttled(&target)),
                Some(Fault::OutOfOrder) => Ok(answer(500, "out of order")),
                Some(Fault::SilentAfterwards) => {
                    let _lost_answer = wire.call(request).await;
                    Err(ConnectorError::timeout("no answer came".into()))
                }
                Some(Fault::CutShort) => {
                    let mut response = wire.call(request).await?;
                    let body = response.take_body().collect().await.map_err(ConnectorError::io)?.to_bytes();
                    *response.body_mut() = SdkBody::from(body.slice(..body.len() / 2));
                    Ok(response)
                }
            }
        })
    }
}
