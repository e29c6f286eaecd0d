//! `Idempotency-Key`: a request that is sent again is carried out once and gets the first answer.

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
use saldo_store::failure::Failure;
use saldo_store::files::kept_answer;
use saldo_store::{Begun, Claim, KeptBody, KeptResponse};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::guard::KeptAnswers;
use super::headers::IDEMPOTENCY_KEY;
use super::{Caller, Payload, Problem, auth};

const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The characters that a key may have.
const KEY_CHARS_MAX: usize = 255;
/// The bytes of a body that is stored in the record. A larger one is cheaper in S3: DynamoDB charges a write unit for
/// each kilobyte, and a PUT costs as much as eight of them.
const RECORD_BYTES_MAX: usize = 8_000;
/// The headers of an answer that are stored with it.
const KEPT_HEADERS: [HeaderName; 4] = [CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, LOCATION];

/// A version 7 UUID from which a request derives the ids of what it creates. A request that is sent again with its
/// idempotency key has the same seed; all others have seeds of their own.
#[derive(Clone, Copy, Debug)]
pub struct Seed(pub Uuid);

/// The body to store in place of the answer's own, which holds a secret that is shown once and not stored. Handlers add it
/// to the extensions of the answer.
#[derive(Clone, Debug)]
pub struct KeptInstead(pub String);

/// A route with idempotency keys.
#[derive(Clone, Debug)]
pub(super) struct Repeatable {
    pub(super) answers: KeptAnswers,
    /// The method and the path, with its parameters in braces.
    pub(super) route: String,
    /// Whether request bodies may hold a PIN or a password.
    pub(super) takes_secrets: bool,
}

/// Carries out requests with the same `Idempotency-Key` once. Handlers take `Extension<Seed>` and derive from it the ids of
/// what they create.
pub(super) async fn once(
    State(Repeatable { answers, route, takes_secrets }): State<Repeatable>,
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

    match answers.idempotency.begin(caller.org(), &route, &key, &fingerprint, Timestamp::now()).await? {
        Begun::Mismatch => Err(Problem::idempotency_key_reused()),
        Begun::Running => Err(Problem::still_running()),
        Begun::Answered(kept) => Ok(replay(&answers, kept).await?),
        Begun::Fresh(claim) => {
            request.extensions_mut().insert(Seed(claim.seed));
            let response = next.run(request).await;
            keep(&answers, caller.org(), &claim, response).await
        }
    }
}

/// Stores the answer if it is a success. After a 4xx the key is free for any request; after a 5xx the same request can be
/// sent again.
async fn keep(
    answers: &KeptAnswers,
    org: &OrgId,
    claim: &Claim,
    response: Response,
) -> Result<Response, Problem> {
    let kept = match response.status() {
        status if status.is_server_error() => answers.idempotency.unlock(claim).await,
        status if !status.is_success() => answers.idempotency.forget(claim).await,
        _ => {
            let (parts, body) = response.into_parts();
            let body = to_bytes(body, usize::MAX).await.map_err(|_| Problem::internal())?;
            let kept = match parts.extensions.get::<KeptInstead>() {
                Some(KeptInstead(instead)) => Bytes::from(instead.clone()),
                None => body.clone(),
            };
            let kept = keep_success(answers, org, claim, &parts, kept).await;
            if kept.is_err() {
                log_lost(answers.idempotency.unlock(claim).await);
            }
            log_lost(kept);
            return Ok(Response::from_parts(parts, Body::from(body)));
        }
    };
    log_lost(kept);
    Ok(response)
}

async fn keep_success(
    answers: &KeptAnswers,
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
        answers.files.put(&name, "application/octet-stream", body).await?;
        KeptBody::File { file: name }
    };
    let header =
        |name: HeaderName| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned()));
    let headers: BTreeMap<_, _> = KEPT_HEADERS.into_iter().filter_map(header).collect();
    answers.idempotency.keep(claim, &KeptResponse { status: parts.status.as_u16(), headers, body }).await
}

/// Logs that the answer was not stored. The caller gets it all the same, since the request was carried out. A retry would
/// be carried out again, with the same seed.
fn log_lost(kept: Result<(), Failure>) {
    if let Err(failure) = kept {
        tracing::error!(error = %failure.chain(),
            "the answer was not stored for its idempotency key"
        );
    }
}

async fn replay(answers: &KeptAnswers, kept: KeptResponse) -> Result<Response, Failure> {
    let body = match kept.body {
        KeptBody::Text(text) => Body::from(text),
        KeptBody::File { file } => {
            let file = answers.files.get(&file).await?;
            Body::from(file.ok_or_else(|| Failure::missing("a stored answer"))?)
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

/// A digest of everything in which two requests with the same key must agree.
///
/// `secret` is the API key on routes whose bodies may hold a PIN. Without it, somebody who reads the table could find out
/// a PIN of five digits by trying all of them. The API key has 256 random bits and is not stored.
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
