//! The resource `/rest/accesses/{access_id}/syncs`: synchronizations.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::access::{Access, Credentials};
use saldo_domain::bank::{AccessMethod, Flow};
use saldo_domain::date::in_milliseconds;
use saldo_domain::id::{AccessId, OrgId, SyncId};
use saldo_domain::sync::{Conflict, NewSync, SyncError, SyncJob, SyncRequest, SyncStatus};
use saldo_http::finx::ErrorCode;
use saldo_http::{Caller, PathId, Payload, Problem, Seed};
use saldo_store::failure::Failure;
use saldo_store::queue::SyncMessage;
use saldo_store::{Changed, SealedCredentials};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::Nothing;
use crate::Stores;
use crate::accesses::{check, find, method, seal};
use crate::callback_url::callback_url;
use crate::challenge_view::ChallengeView;
use crate::error::SyncRefused;

/// The synchronizations that are listed.
const LISTED_MAX: usize = 100;

/// A synchronization.
#[derive(Serialize, ToSchema)]
#[schema(as = Sync, example = json!({
    "id": "syn_019bc187-6c00-7a3d-9c1e-5b0f4d2a8e61", "status": "COMPLETED", "challenge": null, "error": null,
    "accounts": 4, "new_transactions": 20, "conflict_count": 0, "conflicts": [],
    "created_at": "2026-01-15T12:00:00.000Z", "started_at": "2026-01-15T12:00:00.113Z",
    "ended_at": "2026-01-15T12:00:41.902Z"
}))]
pub(crate) struct View {
    id: SyncId,
    status: SyncStatus,
    /// The challenge for the user; null unless the status is `AWAIT_AUTH`.
    #[schema(required)]
    challenge: Option<ChallengeView>,
    /// Why it failed; null unless the status is `FAILED`.
    #[schema(required)]
    error: Option<ErrorView>,
    /// The number of accounts read.
    accounts: u64,
    /// The number of new transactions.
    new_transactions: u64,
    /// The number of the bank's reports that could not be imported.
    conflict_count: u64,
    /// The first of these conflicts.
    #[schema(max_items = 100)]
    conflicts: Vec<Conflict>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    started_at: Option<String>,
    #[schema(required, format = DateTime)]
    ended_at: Option<String>,
}

/// Why a synchronization failed.
#[derive(Serialize, ToSchema)]
#[schema(as = SyncError, example = json!({
    "code": 10001, "group": "user", "message": null, "description": "The PIN is invalid.", "data": {}
}))]
struct ErrorView {
    code: ErrorCode,
    /// Who can resolve the error.
    #[schema(schema_with = group)]
    group: &'static str,
    /// The bank's message, or advice.
    #[schema(required)]
    message: Option<String>,
    /// The meaning of the code, for people.
    description: &'static str,
    data: Nothing,
}

fn group() -> impl Into<RefOr<Schema>> {
    let mut groups: Vec<_> = ErrorCode::ALL.iter().map(|code| code.group()).collect();
    groups.dedup();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(groups))
        .description(Some("Who can resolve the error"))
}

impl From<SyncError> for ErrorView {
    fn from(error: SyncError) -> Self {
        let code = ErrorCode::from(error.reason);
        Self {
            code,
            group: code.group(),
            message: error.message,
            description: code.description(),
            data: Nothing {},
        }
    }
}

impl From<SyncJob> for View {
    fn from(job: SyncJob) -> Self {
        Self {
            challenge: job.open_challenge().cloned().map(ChallengeView::from),
            // A synchronization that has not ended can still succeed.
            error: job.error.filter(|_| job.status == SyncStatus::Failed).map(ErrorView::from),
            id: job.id,
            status: job.status,
            accounts: job.brought.accounts,
            new_transactions: job.brought.new_transactions,
            conflict_count: job.conflicts.count,
            conflicts: job.conflicts.first,
            created_at: in_milliseconds(job.created_at),
            started_at: job.started_at.map(in_milliseconds),
            ended_at: job.ended_at.map(in_milliseconds),
        }
    }
}

/// Starts a synchronization
///
/// It reads the accounts of the access at the bank, and their transactions. If the bank asks something of its customer,
/// the status is `AWAIT_AUTH`, and the `challenge` says what to do. An access has one running synchronization at a
/// time. The body and all its fields are optional, except for credentials that the bank asks for and that are not
/// saved.
#[utoipa::path(
    post, path = "/rest/accesses/{access_id}/syncs", operation_id = "create_sync", tag = "Banks",
    params(("access_id" = AccessId, Path)),
    request_body = Option<NewSync>,
    responses(
        (
            status = 201, description = "The synchronization", body = View,
            headers(("Location", description = "Its path")),
        ),
        (
            status = 400,
            description = "`credentials_incomplete`: credentials are missing; `psu_ip_required`: the bank requires `psu_ip_address`",
        ),
        (
            status = 422,
            description = "`bank_not_supported`: the catalog no longer has the access method; `redirect_not_configured`: the bank sends users to its own page, and no public URL is configured for their return",
        ),
        (status = 423, description = "`sync_in_progress`: another synchronization of the access is running"),
    ),
)]
pub(crate) async fn create(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    PathId(id): PathId<AccessId>,
    payload: Payload,
) -> Result<Response, Problem> {
    let org = caller.org();
    let access = find(&stores, org, &id).await?;
    let mut body: NewSync = payload.json_if_any_with(stores.bank_catalog.targets)?;
    let credentials = std::mem::take(&mut body.credentials);
    let mut request = SyncRequest::attended(body);
    let banks = stores.bank_catalog.read().await?;
    let method = method(&banks, &access)?;
    check(method, &credentials)?;
    if method.requires_psu_ip && request.psu_ip_address.is_none() {
        return Err(SyncRefused::PsuIpRequired.into());
    }
    let now = Timestamp::now();
    let sync = SyncId::of_seed(seed);
    // An earlier attempt of this request may have created it.
    if let Some(job) = stores.syncs.get(org, &sync).await? {
        if job.status == SyncStatus::Queued {
            // The earlier attempt may have ended before it sent the message.
            stores.sync_queue.send(&[message(&job, &sync)]).await?;
        }
        return Ok(accepted(job));
    }
    // Before the other checks: the running synchronization has to end first anyway.
    if access.locked_by(now).is_some_and(|running| *running != sync) {
        return Err(SyncRefused::InProgress.into());
    }
    complete(&stores, &access, method, &credentials, now).await?;
    prepare_redirect(&stores, &access, method, &sync, &mut request).await?;
    let mut sealed = seal(&stores, org, &id, credentials).await?;
    (sealed.saved, sealed.sync) = (request.save_secrets, Some(sync.clone()));
    let before = lock(&stores, org, &id, &sync, now).await?;
    let job = SyncJob::accepted(sync.clone(), org.clone(), id.clone(), request, now);
    if let Err(failure) = hand_over(&stores, &job, sealed, before).await {
        // Unless the job was stored in spite of the error.
        if stores.syncs.get(org, &sync).await?.is_none() {
            unlock(&stores, org, &id, &sync).await?;
        }
        return Err(failure.into());
    }
    // The job as it was accepted; its worker may have started.
    Ok(accepted(job))
}

fn accepted(job: SyncJob) -> Response {
    let location = format!("/rest/accesses/{}/syncs/{}", job.access, job.id);
    (StatusCode::CREATED, [(LOCATION, location)], Json(View::from(job))).into_response()
}

/// Stores the credentials and the job, and queues the job.
async fn hand_over(
    stores: &Stores,
    job: &SyncJob,
    credentials: SealedCredentials,
    before: Option<SyncId>,
) -> Result<(), Failure> {
    if let Some(before) = before.filter(|before| *before != job.id) {
        // Its lock has expired. The worker finds that it was superseded, and ends it.
        stores.sync_queue.send(&[message(job, &before)]).await?;
    }
    if !credentials.sealed.is_empty() {
        stores.accesses.keep_credentials(&job.org, &job.access, credentials, job.created_at).await?;
    }
    stores.sync_queue.hand_over(&stores.syncs, job, message(job, &job.id)).await
}

/// The message that has the worker process a synchronization of the job's access.
fn message(job: &SyncJob, sync: &SyncId) -> SyncMessage {
    SyncMessage { org: job.org.clone(), access: job.access.clone(), sync: sync.clone() }
}

/// Refuses a synchronization for which credentials are missing. None are needed while a consent is valid.
async fn complete(
    stores: &Stores,
    access: &Access,
    method: &AccessMethod,
    given: &Credentials,
    now: Timestamp,
) -> Result<(), Problem> {
    if access.consent_at(now).is_some() {
        return Ok(());
    }
    let kept = stores.accesses.credentials(&access.org, &access.id, now).await?.sealed;
    let missing =
        method.required_credentials().filter(|id| !given.contains_key(*id) && !kept.contains_key(*id));
    match missing.collect::<Vec<_>>().as_slice() {
        [] => Ok(()),
        missing => {
            let missing = missing.iter().map(ToString::to_string).collect();
            Err(SyncRefused::CredentialsIncomplete(missing).into())
        }
    }
}

/// Locks the access for the synchronization. Returns the synchronization whose expired lock it replaced, if any.
async fn lock(
    stores: &Stores,
    org: &OrgId,
    access: &AccessId,
    sync: &SyncId,
    now: Timestamp,
) -> Result<Option<SyncId>, Problem> {
    let mut before = None;
    let hold = |access: &mut Access| {
        let free = access.locked_by(now).is_none_or(|running| running == sync);
        if free {
            before = access.hold(sync, now);
        }
        free
    };
    match stores.accesses.change(org, access, hold).await? {
        Changed::Done(_) => Ok(before),
        Changed::Refused(_) => Err(SyncRefused::InProgress.into()),
        Changed::Gone => Err(Problem::not_found()),
    }
}

/// Unlocks the access of a synchronization that could not be queued.
async fn unlock(stores: &Stores, org: &OrgId, access: &AccessId, sync: &SyncId) -> Result<(), Failure> {
    let free = |access: &mut Access| {
        let held = access.is_held_by(sync);
        if held {
            access.lock = None;
        }
        held
    };
    stores.accesses.change(org, access, free).await.map(drop)
}

/// Prepares for a bank that may send the user to its own page: sets the address that the user returns to, and whether
/// the application has to confirm the return. The operator configures the address. It is not taken from headers such as
/// `Host`: a caller could redirect users to another site with them.
async fn prepare_redirect(
    stores: &Stores,
    access: &Access,
    method: &AccessMethod,
    sync: &SyncId,
    request: &mut SyncRequest,
) -> Result<(), Problem> {
    let organization = stores.keys.organization(&access.org).await?;
    let settings = organization.map(|organization| organization.redirects).unwrap_or_default();
    // For every bank: some use redirects although the catalog does not list that flow.
    request.confirm = settings.confirm;
    if !method.flows.contains(&Flow::Redirect) {
        return Ok(settings.check_registered(request.redirect_uri.as_ref())?);
    }
    settings.check(request.redirect_uri.as_ref())?;
    match &stores.public_url {
        Some(url) => request.callback = Some(callback_url(url, &access.org, &access.id, sync)?),
        None if method.flows == [Flow::Redirect] => return Err(SyncRefused::RedirectNotConfigured.into()),
        None => {}
    }
    Ok(())
}

/// Lists the synchronizations of an access
///
/// The last hundred, newest first.
#[utoipa::path(
    get, path = "/rest/accesses/{access_id}/syncs", operation_id = "list_syncs", tag = "Banks",
    params(("access_id" = AccessId, Path)),
    responses((status = 200, description = "The synchronizations", body = Vec<View>)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccessId>,
) -> Result<Json<Vec<View>>, Problem> {
    find(&stores, caller.org(), &id).await?;
    let syncs = stores.syncs.of_access(caller.org(), &id, LISTED_MAX).await?;
    Ok(Json(syncs.into_iter().map(View::from).collect()))
}

/// Shows a synchronization
#[utoipa::path(
    get, path = "/rest/accesses/{access_id}/syncs/{sync_id}", operation_id = "read_sync", tag = "Banks",
    params(("access_id" = AccessId, Path), ("sync_id" = SyncId, Path)),
    responses((status = 200, description = "The synchronization", body = View)),
)]
pub(crate) async fn read(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId((access, sync)): PathId<(AccessId, SyncId)>,
) -> Result<Json<View>, Problem> {
    find_sync(&stores, caller.org(), &access, &sync).await.map(|job| Json(job.into()))
}

pub(crate) async fn find_sync(
    stores: &Stores,
    org: &OrgId,
    access: &AccessId,
    sync: &SyncId,
) -> Result<SyncJob, Problem> {
    let job = stores.syncs.get(org, sync).await?.filter(|job| job.access == *access);
    job.ok_or_else(Problem::not_found)
}
