//! Challenges: what is asked of the user, and their answers.

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::date::in_milliseconds;
use saldo_domain::fields::{Fields, Finding, FindingCode, InvalidValue};
use saldo_domain::id::{AccessId, ChallengeId, SyncId};
use saldo_domain::secrets::SealContext;
use saldo_domain::sync::{Answer, Challenge, ChallengeKind, CodeHash, SyncJob};
use saldo_http::{Caller, PathId, Payload, Problem};
use saldo_store::Changed;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::queue::SyncMessage;
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;

use super::Nothing;
use super::body;
use super::syncs::find_sync;

const VALUE: &str = "value";
const METHOD_ID: &str = "method_id";
/// The characters of an answer: far more than a one-time password has.
pub(super) const VALUE_CHARS_MAX: usize = 1_000;
/// The fields of an answer.
pub(super) const ANSWER_FIELDS: &[&str] = &[VALUE, METHOD_ID];

/// Something that a bank wants its customer to do.
#[derive(Serialize, ToSchema)]
#[schema(as = Challenge, example = json!({
    "id": "cha_mfrggzdfmztwq2lkmfrggzdfmz", "type": "EMBEDDED",
    "label": "Enter the TAN that was sent to +49 *** **42.", "format": "TEXT", "data": null,
    "input_format": "integer", "min_length": null, "max_length": 6, "created_at": "2026-01-15T12:00:00.000Z"
}))]
pub(crate) struct ChallengeView {
    id: ChallengeId,
    #[serde(flatten)]
    kind: ChallengeKind,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Challenge> for ChallengeView {
    fn from(challenge: Challenge) -> Self {
        Self { id: challenge.id, kind: challenge.kind, created_at: in_milliseconds(challenge.created_at) }
    }
}

/// Lists what was asked of the user in the course of a synchronization
///
/// In the order in which it was asked; the last one may be open.
#[utoipa::path(
    get, path = "/rest/accesses/{access_id}/syncs/{sync_id}/challenges", operation_id = "list_challenges",
    tag = "Banks",
    params(("access_id" = AccessId, Path), ("sync_id" = SyncId, Path)),
    responses((status = 200, description = "The challenges", body = Vec<ChallengeView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId((access, sync)): PathId<(AccessId, SyncId)>,
) -> Result<Json<Vec<ChallengeView>>, Problem> {
    let job = find_sync(&app, caller.org(), &access, &sync).await?;
    Ok(Json(job.challenges.into_iter().map(ChallengeView::from).collect()))
}

/// Shows a challenge
#[utoipa::path(
    get, path = "/rest/accesses/{access_id}/syncs/{sync_id}/challenges/{challenge_id}",
    operation_id = "read_challenge", tag = "Banks",
    params(("access_id" = AccessId, Path), ("sync_id" = SyncId, Path), ("challenge_id" = ChallengeId, Path)),
    responses((status = 200, description = "The challenge", body = ChallengeView)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId((access, sync, challenge)): PathId<(AccessId, SyncId, ChallengeId)>,
) -> Result<Json<ChallengeView>, Problem> {
    let job = find_sync(&app, caller.org(), &access, &sync).await?;
    find(&job, &challenge).map(|challenge| Json(challenge.clone().into()))
}

fn find<'a>(job: &'a SyncJob, id: &ChallengeId) -> Result<&'a Challenge, Problem> {
    job.challenges.iter().find(|challenge| challenge.id == *id).ok_or_else(Problem::not_found)
}

/// Answers a challenge, once
///
/// `METHOD_SELECT` is answered with a `method_id` and `EMBEDDED` with a `value`; `REDIRECT` and
/// `DECOUPLED` are met at the bank and take no answer. Where the organization confirms redirects, `REDIRECT` is
/// answered with the `code` that the user came back with, as `value`.
#[utoipa::path(
    post, path = "/rest/accesses/{access_id}/syncs/{sync_id}/challenges/{challenge_id}/response",
    operation_id = "answer_challenge", tag = "Banks",
    params(("access_id" = AccessId, Path), ("sync_id" = SyncId, Path), ("challenge_id" = ChallengeId, Path)),
    request_body = body::Answer,
    responses(
        (status = 200, description = "The bank will be told", body = Nothing),
        (status = 409, description = "`challenge_closed`: it was answered before, or its synchronization waits for it no longer"),
    ),
)]
pub(crate) async fn respond(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId((access, sync, id)): PathId<(AccessId, SyncId, ChallengeId)>,
    payload: Payload,
) -> Result<Json<Nothing>, Problem> {
    let job = find_sync(&app, caller.org(), &access, &sync).await?;
    let told = read_answer(payload.json_fields(ANSWER_FIELDS)?, find(&job, &id)?, job.request.confirm)?;
    let answer = match told {
        Told::Method(id) => Answer::Method(id),
        Told::Code => Answer::Returned,
        Told::Value(value) => {
            let context = SealContext::new(caller.org(), "access", &access);
            Answer::Told(app.sealer.seal(&context, &value).await?)
        }
    };
    match take(&app, &job, &id, &answer).await? {
        true => Ok(Json(Nothing {})),
        false => Err(Problem::challenge_closed()),
    }
}

/// Gives the answer to the synchronization, if that waits for it, and has the worker go on. Says
/// whether it did wait.
pub(super) async fn take(
    app: &App,
    job: &SyncJob,
    challenge: &ChallengeId,
    answer: &Answer,
) -> Result<bool, Failure> {
    let give = |job: &mut SyncJob| {
        let now = Timestamp::now();
        !has_expired(app, job, now) && job.answer(challenge, answer.clone(), now)
    };
    let Changed::Done(_) = app.syncs.change(&job.org, &job.id, give).await? else { return Ok(false) };
    let message = SyncMessage { org: job.org.clone(), access: job.access.clone(), sync: job.id.clone() };
    if let Err(failure) = app.sync_queue.send(&[message]).await {
        let reopen = |job: &mut SyncJob| {
            // If the message has arrived all the same, somebody may be telling the bank.
            let unused = job.answer.as_ref() == Some(answer) && job.leased_until.is_none();
            if unused {
                job.reopen();
            }
            unused
        };
        app.syncs.change(&job.org, &job.id, reopen).await?;
        return Err(failure);
    }
    Ok(true)
}

/// Has the synchronization wait until the application confirms with a code that the user has come back. Says
/// whether the challenge still is open, and the user has not come back before.
pub(super) async fn expect(
    app: &App,
    job: &SyncJob,
    challenge: &ChallengeId,
    code: &CodeHash,
) -> Result<bool, Failure> {
    let expect = |job: &mut SyncJob| {
        !has_expired(app, job, Timestamp::now()) && job.expect_code(challenge, code.clone())
    };
    Ok(matches!(app.syncs.change(&job.org, &job.id, expect).await?, Changed::Done(_)))
}

/// Whether the open challenge has waited for its answer for too long.
fn has_expired(app: &App, job: &SyncJob, now: Timestamp) -> bool {
    job.open_challenge().is_some_and(|open| open.created_at + app.limits.challenge_valid < now)
}

/// What the user has told.
enum Told {
    Method(String),
    /// The code with which the user came back.
    Code,
    Value(SecretString),
}

/// Reads the answer to a challenge. Findings never quote it. `confirm`: whether the application has to confirm
/// with a code that the user has come back from the bank's page.
fn read_answer(mut fields: Fields, challenge: &Challenge, confirm: bool) -> Result<Told, Vec<Finding>> {
    let told = match &challenge.kind {
        ChallengeKind::MethodSelect { auth_methods } => {
            let known = |id: &str| match auth_methods.iter().any(|method| method.id == id) {
                true => Ok(Told::Method(id.to_owned())),
                false => Err(InvalidValue("none of the challenge's auth_methods has this id")),
            };
            fields.required(METHOD_ID, |fields, name| fields.patch(name, known))
        }
        ChallengeKind::Embedded { max_length, input_format, .. } => {
            let digits = input_format.as_deref() == Some("integer");
            let most = max_length.map_or(VALUE_CHARS_MAX, |max| (max as usize).min(VALUE_CHARS_MAX));
            let value = |text: &str| match text.trim() {
                text if digits && !text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Err(InvalidValue("the answer consists of digits"))
                }
                text if (1..=most).contains(&text.chars().count()) => Ok(Told::Value(text.into())),
                _ => Err(InvalidValue("the answer is empty, or longer than the challenge allows")),
            };
            fields.required(VALUE, |fields, name| fields.patch(name, value))
        }
        ChallengeKind::Redirect { .. } if confirm => {
            let matches = |code: &str| challenge.code.as_ref().is_some_and(|hash| hash.matches(code));
            let code = |text: &str| match matches(text) {
                true => Ok(Told::Code),
                false => Err(InvalidValue("not the code that the user came back with")),
            };
            fields.required(VALUE, |fields, name| fields.patch(name, code))
        }
        ChallengeKind::Redirect { .. } | ChallengeKind::Decoupled { .. } => {
            let reason = "this challenge needs no answer: it is met at the bank";
            fields.report(Finding::in_row(FindingCode::InvalidValue, reason));
            None
        }
    };
    fields.finish_ignoring_unknown(told)
}
