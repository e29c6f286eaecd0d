//! Services that fail at random: they throttle a request or part of a batch, refuse a write because
//! of a transaction, return errors, time out after the effect, or cut a file short.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::answers;
use super::batch::Batch;
use super::tap::Tap;

/// Fails requests at random, while it is told to.
#[derive(Debug)]
pub struct Chaos(Mutex<State>);

#[derive(Debug)]
struct State {
    random: StdRng,
    /// How many of a thousand requests fail.
    rate: u32,
    /// Whether they are all throttled.
    throttled: bool,
    injected: BTreeMap<&'static str, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Throttled,
    PartlyThrottled,
    Conflict,
    ServerError,
    TimeoutAfterEffect,
    CutShort,
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::PartlyThrottled => "part of a batch throttled",
            Self::Conflict => "conflict with a transaction",
            Self::ServerError => "server error",
            Self::TimeoutAfterEffect => "timeout after the effect",
            Self::CutShort => "file cut short",
        }
    }

    /// The faults that a request may meet.
    fn of(target: &str, method: &str) -> Vec<Self> {
        let mut faults = vec![Self::Throttled, Self::ServerError, Self::TimeoutAfterEffect];
        match target.split('.').next_back().unwrap_or_default() {
            "" if method == "GET" => faults.push(Self::CutShort),
            "BatchGetItem" | "SendMessageBatch" => faults.push(Self::PartlyThrottled),
            "DeleteItem" | "PutItem" | "TransactWriteItems" | "UpdateItem" => faults.push(Self::Conflict),
            _ => {}
        }
        faults
    }
}

impl Default for Chaos {
    fn default() -> Self {
        let random = StdRng::seed_from_u64(0);
        Self(Mutex::new(State { random, rate: 0, throttled: false, injected: BTreeMap::new() }))
    }
}

impl Chaos {
    /// The kinds of faults there are.
    pub const KINDS: usize = 6;

    /// From now on, `rate` of a thousand requests fail. The seed decides which ones, and how.
    pub fn let_loose(&self, seed: u64, rate: u32) {
        let mut state = self.state();
        state.random = StdRng::seed_from_u64(seed);
        state.rate = rate;
    }

    /// From now on every request is throttled.
    pub fn throttle(&self) {
        let mut state = self.state();
        (state.rate, state.throttled) = (1_000, true);
    }

    /// From now on nothing fails.
    pub fn calm(&self) {
        let mut state = self.state();
        (state.rate, state.throttled) = (0, false);
    }

    /// The number of faults of each kind so far.
    pub fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.state().injected.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, target: &str, method: &str) -> Option<Fault> {
        let mut state = self.state();
        let rate = state.rate;
        if state.random.random_range(0..1_000) >= rate {
            return None;
        }
        let drawn = Fault::of(target, method).choose(&mut state.random).copied()?;
        let fault = if state.throttled { Fault::Throttled } else { drawn };
        *state.injected.entry(fault.name()).or_default() += 1;
        Some(fault)
    }

    /// Passes a part of a batch on, drawn at random; the others are returned as throttled.
    async fn throttle_part(
        &self,
        wire: SharedHttpConnector,
        target: &str,
        mut request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let body = request.body().bytes().unwrap_or_default();
        let batch = Batch::split(target, body, || self.state().random.random_bool(0.5));
        let Some(batch) = batch else { return Ok(answers::throttled(target)) };
        let passed_on = batch.passed_on();
        request.headers_mut().insert("content-length", passed_on.len().to_string());
        *request.body_mut() = SdkBody::from(passed_on);
        let mut response = wire.call(request).await?;
        let body = response.take_body().collect().await.map_err(ConnectorError::io)?.to_bytes();
        let body = if response.status().is_success() { batch.answer(&body) } else { body.to_vec() };
        response.headers_mut().insert("content-length", body.len().to_string());
        *response.body_mut() = SdkBody::from(body);
        Ok(response)
    }
}

impl Tap for Chaos {
    fn call(
        self: Arc<Self>,
        wire: SharedHttpConnector,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, ConnectorError>> {
        Box::pin(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            match self.next(&target, request.method()) {
                None => wire.call(request).await,
                Some(Fault::Throttled) => Ok(answers::throttled(&target)),
                Some(Fault::PartlyThrottled) => self.throttle_part(wire, &target, request).await,
                Some(Fault::Conflict) => Ok(answers::conflict(&target)),
                Some(Fault::ServerError) => Ok(answers::server_error()),
                Some(Fault::TimeoutAfterEffect) => {
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
