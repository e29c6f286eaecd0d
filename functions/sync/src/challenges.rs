//! The resource `/rest/accesses/{access_id}/syncs/{sync_id}/challenges`: what a bank asks of the user, and the answers.

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::fields::{Fields, Finding, FindingCode, InvalidValue, Names};
use saldo_domain::id::{AccessId, ChallengeId, SyncId};
use saldo_domain::secrets::SealContext;
use saldo_domain::sync::{Answer, Challenge, ChallengeKind, CodeHash, SyncJob};
use saldo_http::{Caller, PathId, Payload, Problem};
use saldo_store::Changed;
use saldo_store::failure::Failure;
use saldo_store::queue::SyncMessage;
use secrecy::SecretString;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::Nothing;
use crate::Stores;
use crate::challenge_view::ChallengeView;
use crate::error::SyncRefused;
use crate::syncs::find_sync;

const VALUE: &str = "value";
const METHOD_ID: &str = "method_id";
/// The characters of an answer: many more than a one-time password has.
const VALUE_CHARS_MAX: usize = 1_000;
/// The fields of an answer.
const ANSWER_FIELDS: &Names = &Names::new(&[VALUE, METHOD_ID]);

/// The answer to an `EMBEDDED` challenge, or the code that confirms the return in a `REDIRECT` challenge.
#[derive(ToSchema)]
#[schema(title = "ChallengeValue")]
#[expect(dead_code, reason = "it is described, never made: the kind of the challenge decides how it is read")]
struct Value {
    /// The user's answer. Blanks around it are ignored. It is no longer than the challenge allows, and consists of digits
    /// if its `input_format` is `integer`.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    value: String,
}

/// The answer to a `METHOD_SELECT` challenge.
#[derive(ToSchema)]
#[schema(title = "ChosenMethod")]
#[expect(dead_code, reason = "it is described, never made: the kind of the challenge decides how it is read")]
struct Method {
    /// The id of one of the challenge's `auth_methods`.
    #[schema(min_length = 1)]
    method_id: String,
}

/// The description of an answer: which of the two it is depends on the challenge.
pub(crate) struct ChallengeAnswer;

impl PartialSchema for ChallengeAnswer {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .item(Value::schema())
            .item(Method::schema())
            .description(Some("The answer to a challenge, of the challenge's kind"))
            .examples([serde_json::json!({ "value": "402718" }), serde_json::json!({ "method_id": "sms" })])
            .into()
    }
}

impl ToSchema for ChallengeAnswer {}

/// Lists the challenges of a synchronization
///
/// In the order in which they were asked; the last one may be open.
#[utoipa::path(
    get, path = "/rest/accesses/{access_id}/syncs/{sync_id}/challenges", operation_id = "list_challenges",
    tag = "Banks",
    params(("access_id" = AccessId, Path), ("sync_id" = SyncId, Path)),
    responses((status = 200, description = "The challenges", body = Vec<ChallengeView>)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId((access, sync)): PathId<(AccessId, SyncId)>,
) -> Result<Json<Vec<ChallengeView>>, Problem> {
    let job = find_sync(&stores, caller.org(), &access, &sync).await?;
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
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId((access, sync, challenge)): PathId<(AccessId, SyncId, ChallengeId)>,
) -> Result<Json<ChallengeView>, Problem> {
    let job = find_sync(&stores, caller.org(), &access, &sync).await?;
    find(&job, &challenge).map(|challenge| Json(challenge.clone().into()))
}

fn find<'a>(job: &'a SyncJob, id: &ChallengeId) -> Result<&'a Challenge, Problem> {
    job.challenges.iter().find(|challenge| challenge.id == *id).ok_or_else(Problem::not_found)
}

/// Answers a challenge, once
///
/// `METHOD_SELECT` is answered with a `method_id` and `EMBEDDED` with a `value`; `REDIRECT` and `DECOUPLED` are met at
/// the bank and take no answer. If the organization confirms redirects, `REDIRECT` is answered with the `code` from the
/// redirect, as `value`.
#[utoipa::path(
    post, path = "/rest/accesses/{access_id}/syncs/{sync_id}/challenges/{challenge_id}/response",
    operation_id = "answer_challenge", tag = "Banks",
    params(("access_id" = AccessId, Path), ("sync_id" = SyncId, Path), ("challenge_id" = ChallengeId, Path)),
    request_body = ChallengeAnswer,
    responses(
        (status = 200, description = "The answer will be sent to the bank", body = Nothing),
        (status = 409, description = "`challenge_closed`: it was answered before, or its synchronization no longer waits for it"),
    ),
)]
pub(crate) async fn respond(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId((access, sync, id)): PathId<(AccessId, SyncId, ChallengeId)>,
    payload: Payload,
) -> Result<Json<Nothing>, Problem> {
    let job = find_sync(&stores, caller.org(), &access, &sync).await?;
    let answer = read_answer(payload.json_fields(ANSWER_FIELDS)?, find(&job, &id)?, job.request.confirm)?;
    let answer = match answer {
        UserAnswer::Method(id) => Answer::Method(id),
        UserAnswer::Code => Answer::Returned,
        UserAnswer::Value(value) => {
            let context = SealContext::new(caller.org(), "access", &access);
            Answer::Value(stores.sealer.seal(&context, &value).await?)
        }
    };
    match take(&stores, &job, &id, &answer).await? {
        true => Ok(Json(Nothing {})),
        false => Err(SyncRefused::ChallengeClosed.into()),
    }
}

/// Stores the answer in the synchronization, if that is waiting for it, and queues the synchronization. Returns whether
/// it was waiting.
pub(crate) async fn take(
    stores: &Stores,
    job: &SyncJob,
    challenge: &ChallengeId,
    answer: &Answer,
) -> Result<bool, Failure> {
    let give = |job: &mut SyncJob| {
        let now = Timestamp::now();
        !has_expired(stores, job, now) && job.answer(challenge, answer.clone(), now)
    };
    let Changed::Done(_) = stores.syncs.change(&job.org, &job.id, give).await? else { return Ok(false) };
    let message = SyncMessage { org: job.org.clone(), access: job.access.clone(), sync: job.id.clone() };
    if let Err(failure) = stores.sync_queue.send(&[message]).await {
        let reopen = |job: &mut SyncJob| {
            // If the message arrived in spite of the error, a worker may be sending the answer to the bank.
            let unused = job.answer.as_ref() == Some(answer) && job.leased_until.is_none();
            if unused {
                job.reopen();
            }
            unused
        };
        stores.syncs.change(&job.org, &job.id, reopen).await?;
        return Err(failure);
    }
    Ok(true)
}

/// Makes the synchronization wait until the application confirms the user's return with a code. Returns whether the
/// challenge is still open and the user has not returned before.
pub(crate) async fn expect(
    stores: &Stores,
    job: &SyncJob,
    challenge: &ChallengeId,
    code: &CodeHash,
) -> Result<bool, Failure> {
    let expect = |job: &mut SyncJob| {
        !has_expired(stores, job, Timestamp::now()) && job.expect_code(challenge, code.clone())
    };
    Ok(matches!(stores.syncs.change(&job.org, &job.id, expect).await?, Changed::Done(_)))
}

/// Whether the open challenge has waited for its answer for too long.
fn has_expired(stores: &Stores, job: &SyncJob, now: Timestamp) -> bool {
    job.open_challenge().is_some_and(|open| open.created_at + stores.limits.challenge_valid < now)
}

/// The answer of a user.
enum UserAnswer {
    Method(String),
    /// The code from the redirect.
    Code,
    Value(SecretString),
}

/// Reads the answer to a challenge. No finding quotes it. `confirm`: whether the application has to confirm the user's
/// return with a code.
fn read_answer(
    mut fields: Fields<'_>,
    challenge: &Challenge,
    confirm: bool,
) -> Result<UserAnswer, Vec<Finding>> {
    let told = match &challenge.kind {
        ChallengeKind::MethodSelect { auth_methods } => {
            let known = |id: &str| match auth_methods.iter().any(|method| method.id == id) {
                true => Ok(UserAnswer::Method(id.to_owned())),
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
                text if (1..=most).contains(&text.chars().count()) => Ok(UserAnswer::Value(text.into())),
                _ => Err(InvalidValue("the answer is empty, or longer than the challenge allows")),
            };
            fields.required(VALUE, |fields, name| fields.patch(name, value))
        }
        ChallengeKind::Redirect { .. } if confirm => {
            let matches = |code: &str| challenge.code.as_ref().is_some_and(|hash| hash.matches(code));
            let code = |text: &str| match matches(text) {
                true => Ok(UserAnswer::Code),
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

#[cfg(test)]
mod tests {
    use saldo_http::openapi::properties;

    use super::*;

    #[test]
    fn answers_describe_their_fields_and_bounds() {
        let answers = [properties::<Value>(), properties::<Method>()].concat();
        assert_eq!(answers, ANSWER_FIELDS.all());
        let schema = serde_json::to_value(Value::schema()).expect("JSON");
        assert_eq!(schema["properties"]["value"]["maxLength"], VALUE_CHARS_MAX);
    }
}
