//! The resource `/rest/accesses`: the accesses of end users to banks, and their saved secrets.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::access::{Access, ConsentAccount, ConsentScope, Credentials, NewAccess};
use saldo_domain::account::OwnerId;
use saldo_domain::bank::FailureReason;
use saldo_domain::bank::{AccessMethod, Catalog};
use saldo_domain::date::{Date, in_milliseconds};
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::{AccessId, OrgId, SyncId};
use saldo_domain::secrets::SealContext;
use saldo_domain::sync::{SyncJob, SyncStatus};
use saldo_domain::text::Text;
use saldo_http::{Caller, PathId, Payload, Problem, Seed};
use saldo_jobs::sync::end_consent;
use saldo_store::failure::Failure;
use saldo_store::queue::SyncMessage;
use saldo_store::{Changed, SealedCredentials};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Nothing;
use crate::Stores;
use crate::error::SyncRefused;

/// An access, without its secrets.
#[derive(Serialize, ToSchema)]
#[schema(as = Access, example = json!({
    "id": "acs_mfrggzdfmztwq2lkmfrggzdfmz", "access_method_id": "sandbox", "bank_name": "Sandbox Bank",
    "save_credentials": true,
    "consent": {
        "recurring": true, "period": 90, "scopes": ["ACCOUNTS", "TRANSACTIONS"], "accounts": [],
        "expires_at": "2026-04-15"
    },
    "created_at": "2026-01-15T12:00:00.000Z"
}))]
pub(crate) struct View {
    id: AccessId,
    /// The access method, as the catalog names it.
    #[schema(value_type = Text<128>)]
    access_method_id: String,
    bank_name: String,
    /// Whether its credentials are saved.
    save_credentials: bool,
    /// The consent that the user is asked for, if the request stated one.
    #[schema(required)]
    consent: Option<ConsentView>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// A consent.
#[derive(Serialize, ToSchema)]
#[schema(as = Consent)]
struct ConsentView {
    /// Whether the accounts can be read repeatedly; otherwise once.
    recurring: bool,
    /// The days that it lasts, if the request stated them.
    #[schema(required, minimum = 1, maximum = 180)]
    period: Option<i64>,
    /// What can be read; everything if empty.
    #[schema(max_items = 3)]
    scopes: Vec<ConsentScope>,
    /// The accounts that can be read; all if empty.
    #[schema(max_items = 100)]
    accounts: Vec<ConsentAccount>,
    /// The last day on which the consent is valid; null until the user has given it.
    #[schema(required)]
    expires_at: Option<Date>,
}

impl From<Access> for View {
    fn from(access: Access) -> Self {
        let granted = access.consent.as_ref().map(|granted| granted.valid_until);
        let consent = access.wanted.map(|wanted| ConsentView {
            recurring: wanted.recurring,
            period: wanted.period,
            scopes: wanted.scopes,
            accounts: wanted.accounts,
            expires_at: granted,
        });
        Self {
            id: access.id,
            access_method_id: access.access_method_id,
            bank_name: access.bank_name,
            save_credentials: access.save_credentials,
            consent,
            created_at: in_milliseconds(access.created_at),
        }
    }
}

/// Connects a bank
///
/// Creates an access. The first synchronization contacts the bank. Credentials can be sent here or with a
/// synchronization. No answer shows more of a secret than whether it is saved.
#[utoipa::path(
    post, path = "/rest/accesses", operation_id = "create_access", tag = "Banks",
    request_body = NewAccess,
    responses((
        status = 201, description = "The access", body = View, headers(("Location", description = "Its path")),
    )),
)]
pub(crate) async fn create(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let body: NewAccess = payload.json()?;
    let banks = stores.bank_catalog.read().await?;
    let Some((bank, method)) = banks.method(body.access_method_id.as_str()) else {
        let reason = "the catalog has no such access method";
        return Err(Finding::in_field("access_method_id", FindingCode::InvalidValue, reason).into());
    };
    check(method, &body.credentials)?;
    let named = body.consent.as_ref().is_some_and(|consent| !consent.accounts.is_empty());
    if method.requires_account_identifiers && !named {
        let reason = "this access method wants the accounts to be named";
        return Err(Finding::in_field("consent.accounts", FindingCode::Required, reason).into());
    }
    let now = Timestamp::now();
    let access = Access::create(caller.org().clone(), seed, &bank.name, &body, now);
    let client = access.client().map_err(Failure::corrupt("the bank's name"))?;
    let saved = body.saves_secrets();
    let mut sealed = seal(&stores, caller.org(), &access.id, body.credentials).await?;
    sealed.saved = saved;
    stores.clients.create(caller.org(), client, &caller.changed_by()).await?;
    let access = stores.accesses.create(access).await?;
    // Last, so that no secrets are stored without an access.
    if !sealed.sealed.is_empty() {
        stores.accesses.keep_credentials(caller.org(), &access.id, sealed, now).await?;
    }
    let location = format!("/rest/accesses/{}", access.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(View::from(access))))
}

/// Refuses credentials that the bank does not ask for, such as a PIN under another name.
pub(crate) fn check(method: &AccessMethod, credentials: &Credentials) -> Result<(), Problem> {
    let known = |id: &String| method.credentials.iter().any(|credential| credential.id == *id);
    if credentials.keys().all(known) {
        return Ok(());
    }
    let known: Vec<_> = method.credentials.iter().map(|credential| credential.id.as_str()).collect();
    let reason = match known.as_slice() {
        [] => "the bank asks for no credentials here".to_owned(),
        known => format!("the bank asks for these credentials and no others: {}", known.join(", ")),
    };
    Err(Finding::in_field("credentials", FindingCode::UnknownField, reason).into())
}

/// Seals credentials, which are kept until a synchronization has ended.
pub(crate) async fn seal(
    stores: &Stores,
    org: &OrgId,
    access: &AccessId,
    credentials: Credentials,
) -> Result<SealedCredentials, Failure> {
    let context = SealContext::new(org, "access", access);
    let mut sealed = SealedCredentials::default();
    for (id, secret) in credentials {
        sealed.sealed.insert(id, stores.sealer.seal(&context, &secret).await?);
    }
    Ok(sealed)
}

/// Lists the accesses to banks
#[utoipa::path(
    get, path = "/rest/accesses", operation_id = "list_accesses", tag = "Banks",
    responses((status = 200, description = "All accesses", body = Vec<View>)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Vec<View>>, Problem> {
    let accesses = stores.accesses.all(caller.org()).await?;
    Ok(Json(accesses.into_iter().map(View::from).collect()))
}

/// Shows an access
#[utoipa::path(
    get, path = "/rest/accesses/{access_id}", operation_id = "read_access", tag = "Banks",
    params(("access_id" = AccessId, Path)),
    responses((status = 200, description = "The access", body = View)),
)]
pub(crate) async fn read(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccessId>,
) -> Result<Json<View>, Problem> {
    find(&stores, caller.org(), &id).await.map(|access| Json(access.into()))
}

pub(crate) async fn find(stores: &Stores, org: &OrgId, id: &AccessId) -> Result<Access, Problem> {
    stores.accesses.get(org, id).await?.ok_or_else(Problem::not_found)
}

/// The way to the access's bank, if the catalog still has it.
pub(crate) fn method<'a>(banks: &'a Catalog, access: &Access) -> Result<&'a AccessMethod, Problem> {
    let (_, method) = banks.method(&access.access_method_id).ok_or(SyncRefused::BankNotSupported)?;
    Ok(method)
}

/// Deletes an access with its secrets and its accounts
///
/// Booked transactions are kept, so that they are not new when the bank is connected again. A synchronization that
/// waits for its user is ended, and so is the consent at the bank, if the bank answers in time.
#[utoipa::path(
    delete, path = "/rest/accesses/{access_id}", operation_id = "delete_access", tag = "Banks",
    params(("access_id" = AccessId, Path)),
    responses(
        (status = 200, description = "The access was deleted", body = Nothing),
        (status = 423, description = "`sync_in_progress`: a synchronization of the access is running"),
    ),
)]
pub(crate) async fn delete(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccessId>,
) -> Result<Json<Nothing>, Problem> {
    let (org, now) = (caller.org(), Timestamp::now());
    // Holding the access keeps new synchronizations from starting.
    let placeholder = SyncId::of_seed(Uuid::now_v7());
    // A synchronization that waits for its user does not keep the access from being deleted.
    let waiting = stop_waiting(&stores, org, &id, now).await?;
    let hold = |access: &mut Access| {
        let free = access.locked_by(now).is_none_or(|running| Some(running) == waiting.as_ref());
        if free {
            access.hold(&placeholder, now);
        }
        free
    };
    let access = match stores.accesses.change(org, &id, hold).await? {
        Changed::Done(access) => access,
        Changed::Refused(_) => return Err(SyncRefused::InProgress.into()),
        Changed::Gone => return Err(Problem::not_found()),
    };
    // The secrets first, so that they are gone even if the rest fails.
    stores.accesses.forget_credentials(org, &id).await?;
    end_consent(&stores.bank_catalog, &access).await;
    match forget(&stores, &caller, &access, now).await {
        Ok(()) => Ok(Json(Nothing {})),
        Err(failure) => {
            // The deletion can be repeated.
            stores.accesses.change(org, &id, |access| std::mem::take(&mut access.lock).is_some()).await?;
            Err(failure.into())
        }
    }
}

/// Ends the synchronization of the access that waits for its user, if there is one, and returns its id.
async fn stop_waiting(
    stores: &Stores,
    org: &OrgId,
    id: &AccessId,
    now: Timestamp,
) -> Result<Option<SyncId>, Problem> {
    let access = find(stores, org, id).await?;
    let Some(running) = access.locked_by(now) else { return Ok(None) };
    let stop = |job: &mut SyncJob| {
        let waits = job.status == SyncStatus::AwaitAuth;
        if waits {
            job.fail(FailureReason::Aborted, None);
            job.leased_until = None;
        }
        waits
    };
    // If a worker is processing it at this moment, the worker's update fails.
    let Changed::Done(job) = stores.syncs.change(org, running, stop).await? else { return Ok(None) };
    let message = SyncMessage { org: org.clone(), access: id.clone(), sync: job.id.clone() };
    stores.sync_queue.send(&[message]).await?;
    Ok(Some(job.id))
}

/// Deletes the accounts of an access, and the access.
async fn forget(stores: &Stores, caller: &Caller, access: &Access, now: Timestamp) -> Result<(), Failure> {
    let (org, by) = (caller.org(), caller.changed_by());
    for account in stores.accounts.find(org, access.accounts.iter()).await? {
        stores.transactions.forget_pending(org, &account).await?;
        stores.accounts.delete(org, &account, false, now, &by).await?;
    }
    if !stores.accounts.owns_any(org, &OwnerId::of_id(&access.client_id)).await? {
        stores.clients.delete(org, &access.client_id).await?;
    }
    stores.accesses.delete(org, &access.id).await
}

/// Deletes the saved secrets of an access
///
/// The same as the DELETE of this path.
#[utoipa::path(
    post, path = "/rest/accesses/{access_id}/remove_pin", operation_id = "remove_pin", tag = "Banks",
    params(("access_id" = AccessId, Path)),
    responses((status = 200, description = "The secrets were deleted", body = Nothing)),
)]
pub(crate) async fn remove_pin(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccessId>,
) -> Result<Json<Nothing>, Problem> {
    forget_secrets(&stores, caller.org(), &id).await
}

/// Deletes the saved secrets of an access
#[utoipa::path(
    delete, path = "/rest/accesses/{access_id}/remove_pin", operation_id = "delete_pin", tag = "Banks",
    params(("access_id" = AccessId, Path)),
    responses((status = 200, description = "The secrets were deleted", body = Nothing)),
)]
pub(crate) async fn delete_pin(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccessId>,
) -> Result<Json<Nothing>, Problem> {
    forget_secrets(&stores, caller.org(), &id).await
}

async fn forget_secrets(stores: &Stores, org: &OrgId, id: &AccessId) -> Result<Json<Nothing>, Problem> {
    find(stores, org, id).await?;
    stores.accesses.forget_credentials(org, id).await?;
    stores.accesses.change(org, id, |access| std::mem::take(&mut access.save_credentials)).await?;
    Ok(Json(Nothing {}))
}
