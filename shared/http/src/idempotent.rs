//! `Idempotency-Key`: the same request, sent again, is answered again and done once.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use saldo_domain::id::OrgId;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::files::kept_answer;
use saldo_store::{Begun, Claim, KeptBody, KeptResponse};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::headers::IDEMPOTENCY_KEY;
use super::{Caller, Payload, Problem, auth};

const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The characters a key may have.
const KEY_CHARS_MAX: usize = 255;
/// The bytes of an answer's body that are kept in its record, which DynamoDB charges by the
/// kilobyte: a larger one in S3 costs less (one PUT, the price of eight writes of a kilobyte).
const RECORD_BYTES_MAX: usize = 8_000;
/// The headers of an answer that are kept with it.
const KEPT_HEADERS: [HeaderName; 4] = [CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, LOCATION];

/// What a request derives its ids from. A request that is sent again under its
/// idempotency key has the same seed; any other has its own. It is a version 7 UUID.
#[derive(Clone, Copy, Debug)]
pub struct Seed(pub Uuid);

/// What is kept of an answer in place of its body: for a body that holds a secret, which
/// is shown once and stored nowhere. Handlers add it to the answer's extensions.
#[derive(Clone, Debug)]
pub struct KeptInstead(pub String);

/// The route that an idempotency key belongs to.
#[derive(Clone, Debug)]
pub(super) struct Repeatable {
    pub(super) app: App,
    /// Method and path, with the names of its parameters in braces.
    pub(super) route: String,
    /// Whether bodies may hold a PIN or a password.
    pub(super) takes_secrets: bool,
}

/// Gives a route what `Idempotency-Key` promises. Handlers take `Extension<Seed>` and
/// make from it the ids of what they create.
pub(super) async fn once(
    State(Repeatable { app, route, takes_secrets }): State<Repeatable>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let caller = request.extensions().get::<Caller>().cloned();
    let (Some(key), Some(caller)) = (request.headers().get(IDEMPOTENCY_KEY), caller) else {
        request.extensions_mut().insert(Seed(Uuid::now_v7()));
        return Ok(next.run(request).await);
    };
    let key = valid_key(key)?;
    let (parts, body) = request.into_parts();
    let Payload { bytes: body, .. } =
        Payload::from_request(Request::from_parts(parts.clone(), body), &()).await?;
    let secret = auth::sent_key(&parts.headers).filter(|_| takes_secrets);
    let fingerprint = fingerprint(&parts, &body, secret.unwrap_or_default());
    let mut request = Request::from_parts(parts, Body::from(body));

    match app.idempotency.begin(caller.org(), &route, &key, &fingerprint, Timestamp::now()).await? {
        Begun::Mismatch => Err(Problem::idempotency_key_reused()),
        Begun::Running => Err(Problem::still_running()),
        Begun::Answered(kept) => Ok(replay(&app, kept).await?),
        Begun::Fresh(claim) => {
            request.extensions_mut().insert(Seed(claim.seed));
            let response = next.run(request).await;
            keep(&app, caller.org(), &claim, response).await
        }
    }
}

/// Keeps a success, forgets a refusal, and leaves a failure to be tried again.
async fn keep(app: &App, org: &OrgId, claim: &Claim, response: Response) -> Result<Response, Problem> {
    let kept = match response.status() {
        status if status.is_server_error() => app.idempotency.unlock(claim).await,
        status if !status.is_success() => app.idempotency.forget(claim).await,
        _ => {
            let (parts, body) = response.into_parts();
            let body = to_bytes(body, usize::MAX).await.map_err(|_| Problem::internal())?;
            let kept = match parts.extensions.get::<KeptInstead>() {
                Some(KeptInstead(instead)) => Bytes::from(instead.clone()),
                None => body.clone(),
            };
            let kept = keep_success(app, org, claim, &parts, kept).await;
            if kept.is_err() {
                log_lost(app.idempotency.unlock(claim).await);
            }
            log_lost(kept);
            return Ok(Response::from_parts(parts, Body::from(body)));
        }
    };
    log_lost(kept);
    Ok(response)
}

async fn keep_success(
    app: &App,
    org: &OrgId,
    claim: &Claim,
    parts: &axum::http::response::Parts,
    body: Bytes,
) -> Result<(), Failure> {
    let text = std::str::from_utf8(&body).ok().filter(|text| text.len() <= RECORD_BYTES_MAX);
    let body = if let Some(text) = text {
        KeptBody::Text(text.to_owned())
    } else {
        let name = kept_answer(org, Uuid::now_v7());
        app.files.put(&name, "application/octet-stream", body).await?;
        KeptBody::File { file: name }
    };
    let header =
        |name: HeaderName| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned()));
    let headers: BTreeMap<_, _> = KEPT_HEADERS.into_iter().filter_map(header).collect();
    app.idempotency.keep(claim, &KeptResponse { status: parts.status.as_u16(), headers, body }).await
}

/// The request itself was done, so its caller gets the answer even if it can't be kept:
/// sent again, it would run again, with the same seed.
fn log_lost(kept: Result<(), Failure>) {
    if let Err(failure) = kept {
        tracing::error!(error = %failure.chain(),
            "the answer was not kept for its idempotency key"
        );
    }
}

async fn replay(app: &App, kept: KeptResponse) -> Result<Response, Failure> {
    let body = match kept.body {
        KeptBody::Text(text) => Body::from(text),
        KeptBody::File { file } => {
            let file = app.files.get(&file).await?;
            Body::from(file.ok_or_else(|| Failure::missing("a kept answer"))?)
        }
    };
    let mut response = body.into_response();
    *response.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    for (name, value) in kept.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

fn valid_key(key: &HeaderValue) -> Result<String, Problem> {
    match key.to_str() {
        Ok(key) if (1..=KEY_CHARS_MAX).contains(&key.len()) => Ok(key.to_owned()),
        _ => Err(Problem::invalid_parameter(format!(
            "Idempotency-Key must have 1 to {KEY_CHARS_MAX} visible ASCII characters"
        ))),
    }
}

/// A digest of what makes two requests the same.
///
/// `secret` is the API key where a body may hold a PIN: a digest of everything else would let anyone
/// who reads the table find out a PIN of five digits by trying all of them. The API key has 256 random
/// bits and is stored nowhere.
fn fingerprint(parts: &axum::http::request::Parts, body: &[u8], secret: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(secret);
    hash.update([0]);
    for part in [parts.method.as_str(), parts.uri.path(), parts.uri.query().unwrap_or_default()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default());
    hash.update([0]);
    hash.update(body);
    HEXLOWER.encode(&hash.finalize())
}
