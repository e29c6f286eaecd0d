//! The callback that a bank's page redirects the user to. The request has no key: it is authenticated by the state, a
//! random text that only the bank was given and that is valid once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use axum::response::{Html, IntoResponse, Response};
use saldo_domain::fields::{Fields, InvalidValue};
use saldo_domain::id::{AccessId, OrgId, SyncId};
use saldo_domain::sync::{Answer, ChallengeKind, CodeHash, SyncJob};
use saldo_http::{FromParameters, Parameters, PathId, Problem};
use url::Url;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::Stores;
use crate::callback_url::{STATE, is_state_of, organization};
use crate::challenges::{expect, take};
use crate::error::SyncRefused;
use crate::parameters::{parameter, required};

/// The parameter that holds the code by which the application confirms the user's return.
const CODE: &str = "code";
/// The page that a browser shows if the synchronization has no redirect URI.
const DONE: &str = "<!doctype html><meta charset=utf-8><title>Done</title><p>You can close this page now.";

/// The state in the address. Banks add parameters of their own.
pub(crate) struct Query {
    org: OrgId,
    state: String,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &[STATE];
    const IGNORES_UNKNOWN: bool = true;

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        let query = |state: &str| {
            organization(state)
                .map(|org| Self { org, state: state.to_owned() })
                .ok_or(InvalidValue("not a state of ours"))
        };
        parameters.required(STATE, |fields, name| fields.patch(name, query))
    }
}

impl IntoParams for Query {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let pattern = format!(r"^{}[a-z2-7]{{16,32}}\.[0-9a-f]{{32}}$", OrgId::PREFIX);
        let state = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
        vec![required(parameter(STATE, "The state that the bank was given for this return", state))]
    }
}

/// Receives a user who returns from the bank's page
///
/// The bank redirects browsers here. The `state` is valid for one return; other parameters are the bank's. The browser is
/// redirected to the `redirect_uri` of the synchronization, with its `state`. If the organization confirms redirects,
/// the redirect also has a `code`, with which the application answers the challenge.
#[utoipa::path(
    get, path = "/rest/accesses/{access_id}/syncs/{sync_id}/callback", operation_id = "return_from_bank",
    tag = "Banks",
    params(("access_id" = AccessId, Path), ("sync_id" = SyncId, Path), Query),
    responses(
        (status = 200, description = "A page that the user can close: the synchronization has no `redirect_uri`", body = String, content_type = "text/html"),
        (
            status = 302, description = "A redirect to the application",
            headers(("Location", description = "The `redirect_uri` with the `state` of the synchronization and, if redirects are confirmed, a `code`")),
        ),
        (status = 409, description = "`challenge_closed`: the user returned before, or the synchronization no longer waits for them"),
    ),
)]
pub(crate) async fn callback(
    State(stores): State<Stores>,
    PathId((access, sync)): PathId<(AccessId, SyncId)>,
    Parameters(Query { org, state }): Parameters<Query>,
) -> Result<Response, Problem> {
    let job = stores.syncs.get(&org, &sync).await?.filter(|job| job.access == access);
    let job = job.filter(|job| is_state_of(job, &state)).ok_or_else(Problem::not_found)?;
    let open = job.open_challenge().filter(|open| matches!(open.kind, ChallengeKind::Redirect { .. }));
    let Some(challenge) = open.map(|open| open.id.clone()) else {
        return Err(SyncRefused::ChallengeClosed.into());
    };
    let mut onwards = onwards(&job);
    let taken = match (job.request.confirm, &mut onwards) {
        (true, Some(url)) => {
            let (code, hash) = CodeHash::random().map_err(|_| Problem::internal())?;
            url.query_pairs_mut().append_pair(CODE, &code);
            expect(&stores, &job, &challenge, &hash).await?
        }
        // Without a redirect URI no application could confirm the return.
        (true, None) => false,
        (false, _) => take(&stores, &job, &challenge, &Answer::Returned).await?,
    };
    if !taken {
        return Err(SyncRefused::ChallengeClosed.into());
    }
    let headers = [(CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
    Ok(match onwards {
        Some(url) => (StatusCode::FOUND, headers, [(LOCATION, String::from(url))]).into_response(),
        None => (headers, Html(DONE)).into_response(),
    })
}

/// The application's redirect URI with its own state.
fn onwards(job: &SyncJob) -> Option<Url> {
    let mut url = job.request.redirect_uri.as_ref()?.url().clone();
    if let Some(state) = &job.request.state {
        url.query_pairs_mut().append_pair(STATE, state);
    }
    Some(url)
}
