//! The resource `/v1/import_profiles`: sets of import options that have a name and versions.

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::date::in_milliseconds;
use saldo_domain::id::{OrgId, ProfileId};
use saldo_domain::import::{
    ImportOptions, ImportProfile, NewProfile, ProfileChange, ProfileKey, ProfileName, VERSIONS_MAX,
};
use saldo_http::openapi::EntityTags;
use saldo_http::{
    Caller, Page, PageAfter, Parameters, PathId, Payload, Preconditions, Problem, Seed, etag_header,
};
use saldo_store::{CHANGE_ATTEMPTS_MAX, ProfileCreation};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;
use crate::error::ProfileError;

/// A version of an import profile.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportProfile, example = json!({
    "id": "ipr_mfrggzdfmztwq2lkmfrggzdfmz", "name": "erp", "version": 2,
    "created_at": "2026-03-16T09:30:00.000Z", "updated_at": "2026-03-17T08:00:00.000Z",
    "options": { "mapping": { "Kunde": "contact.name" }, "decimal_separator": "," }
}))]
pub(crate) struct View {
    #[serde(flatten)]
    about: About,
    /// The options of imports that name the profile.
    options: ImportOptions,
}

/// An import profile without its options.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportProfileSummary, example = json!({
    "id": "ipr_mfrggzdfmztwq2lkmfrggzdfmz", "name": "erp", "version": 2,
    "created_at": "2026-03-16T09:30:00.000Z", "updated_at": "2026-03-17T08:00:00.000Z"
}))]
pub(crate) struct About {
    id: ProfileId,
    name: ProfileName,
    /// The version, counting from 1.
    #[schema(minimum = 1)]
    version: u32,
    /// When the profile was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When this version was made.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<ImportProfile> for View {
    fn from(profile: ImportProfile) -> Self {
        let ImportProfile { id, name, version, options, created_at, updated_at, revision: _ } = profile;
        let (created_at, updated_at) = (in_milliseconds(created_at), in_milliseconds(updated_at));
        Self { about: About { id, name, version, created_at, updated_at }, options }
    }
}

/// Lists import profiles
///
/// In the order of their ids, each with its latest version, without the options.
#[utoipa::path(
    get, path = "/v1/import_profiles", operation_id = "list_import_profiles", tag = "Imports",
    params(PageAfter<ProfileId>),
    responses((status = 200, description = "A page of import profiles", body = Page<About>)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<PageAfter<ProfileId>>,
) -> Result<Json<Page<About>>, Problem> {
    let page = stores.profiles.list(caller.org(), query.starting_after.as_ref(), query.limit.get()).await?;
    let (profiles, has_more) = page;
    Ok(Json(Page { data: profiles.into_iter().map(|profile| View::from(profile).about).collect(), has_more }))
}

/// Creates an import profile
///
/// Its options are checked as those of an import are. Imports name the profile as `profile`.
#[utoipa::path(
    post, path = "/v1/import_profiles", operation_id = "create_import_profile", tag = "Imports",
    request_body = NewProfile,
    responses(
        (
            status = 201, description = "The profile", body = View,
            headers(("ETag", description = "The state it is in"), ("Location", description = "Its path")),
        ),
        (status = 409, description = "`profile_exists`: another profile has the name"),
        (status = 422, description = "`too_many_profiles`: there are 200 already"),
    ),
)]
pub(crate) async fn create(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let body: NewProfile = payload.json()?;
    let profile = body.create(ProfileId::of_seed(seed), Timestamp::now());
    let profile = match stores.profiles.create(caller.org(), profile, &caller.changed_by()).await? {
        ProfileCreation::Stored(profile) => *profile,
        ProfileCreation::NameTaken => return Err(ProfileError::Exists.into()),
        ProfileCreation::TooMany => return Err(ProfileError::TooMany.into()),
    };
    let location = format!("/v1/import_profiles/{}", profile.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], shown(profile)))
}

/// Shows an import profile
///
/// Its latest version. The path has its id or its name.
#[utoipa::path(
    get, path = "/v1/import_profiles/{profile}", operation_id = "read_import_profile", tag = "Imports",
    params(
        ("profile" = inline(ProfileKey), Path),
        ("If-Match" = inline(Option<EntityTags>), Header, description = "The states it may be in: `*` or ETags"),
        ("If-None-Match" = Option<String>, Header, description = "The states that the caller has: `*` or ETags"),
    ),
    responses(
        (status = 200, description = "The profile", body = View, headers(("ETag", description = "The state it is in"))),
        (status = 304, description = "The caller has it in this state", headers(("ETag", description = "The state it is in"))),
        (status = 412, description = "`precondition_failed`: it is in another state"),
    ),
)]
pub(crate) async fn read(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(key): PathId<ProfileKey>,
    preconditions: Preconditions,
) -> Result<Response, Problem> {
    let profile = find(&stores, caller.org(), &key).await?;
    preconditions.admit(&profile.etag())?;
    if preconditions.has(&profile.etag()) {
        return Ok((StatusCode::NOT_MODIFIED, etag_header(&profile.etag())).into_response());
    }
    Ok(shown(profile).into_response())
}

/// Shows a version of an import profile
///
/// A version never changes.
#[utoipa::path(
    get, path = "/v1/import_profiles/{profile}/versions/{version}", operation_id = "read_import_profile_version",
    tag = "Imports",
    params(("profile" = inline(ProfileKey), Path), ("version" = u32, Path, minimum = 1, description = "The version, counting from 1")),
    responses((status = 200, description = "The version", body = View)),
)]
pub(crate) async fn read_version(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId((key, version)): PathId<(ProfileKey, u32)>,
) -> Result<Json<View>, Problem> {
    let latest = find(&stores, caller.org(), &key).await?;
    let profile = stores.profiles.version(caller.org(), latest, version).await?;
    Ok(Json(profile.ok_or_else(Problem::not_found)?.into()))
}

/// Changes an import profile
///
/// The options become its next version, in place of all that it had. Older versions stay readable. The same options again
/// make no version.
#[utoipa::path(
    put, path = "/v1/import_profiles/{profile}", operation_id = "change_import_profile", tag = "Imports",
    params(
        ("profile" = inline(ProfileKey), Path),
        ("If-Match" = inline(Option<EntityTags>), Header, description = "The states it may be in: `*` or ETags"),
        ("If-None-Match" = Option<String>, Header, description = "The states it may not be in: `*` or ETags"),
    ),
    request_body = ProfileChange,
    responses(
        (status = 200, description = "The profile", body = View, headers(("ETag", description = "The state it is in"))),
        (status = 412, description = "`precondition_failed`: it is in another state"),
        (status = 422, description = "`too_many_versions`: it has 1,000 already"),
    ),
)]
pub(crate) async fn change(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(key): PathId<ProfileKey>,
    preconditions: Preconditions,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let ProfileChange { options } = payload.json()?;
    for _ in 0..CHANGE_ATTEMPTS_MAX {
        let seen = find(&stores, caller.org(), &key).await?;
        preconditions.admit_change(&seen.etag())?;
        if seen.options == options {
            return Ok(shown(seen));
        }
        if seen.version >= VERSIONS_MAX {
            return Err(ProfileError::TooManyVersions.into());
        }
        let (now, by) = (Timestamp::now(), caller.changed_by());
        let changed = stores.profiles.change(caller.org(), seen, options.clone(), now, &by).await?;
        if let Some(changed) = changed {
            return Ok(shown(changed));
        }
    }
    Err(Problem::unavailable())
}

/// Deletes an import profile
///
/// With all its versions. Imports that have used it keep their options.
#[utoipa::path(
    delete, path = "/v1/import_profiles/{profile}", operation_id = "delete_import_profile", tag = "Imports",
    params(
        ("profile" = inline(ProfileKey), Path),
        ("If-Match" = inline(Option<EntityTags>), Header, description = "The states it may be in: `*` or ETags"),
        ("If-None-Match" = Option<String>, Header, description = "The states it may not be in: `*` or ETags"),
    ),
    responses(
        (status = 204, description = "The profile was deleted"),
        (status = 412, description = "`precondition_failed`: it is in another state"),
    ),
)]
pub(crate) async fn delete(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(key): PathId<ProfileKey>,
    preconditions: Preconditions,
) -> Result<StatusCode, Problem> {
    for _ in 0..CHANGE_ATTEMPTS_MAX {
        let Some(seen) = stores.profiles.find(caller.org(), &key).await? else {
            // The request that has deleted it may have died before it deleted the versions.
            match &key {
                ProfileKey::Id(id) => stores.profiles.forget_versions(caller.org(), id).await?,
                ProfileKey::Name(name) => {
                    stores.profiles.finish_deletion(caller.org(), name).await?;
                }
            }
            return Err(Problem::not_found());
        };
        preconditions.admit_change(&seen.etag())?;
        if stores.profiles.delete(caller.org(), &seen).await? {
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(Problem::unavailable())
}

/// The profile, if the organization has it.
async fn find(stores: &Stores, org: &OrgId, key: &ProfileKey) -> Result<ImportProfile, Problem> {
    stores.profiles.find(org, key).await?.ok_or_else(Problem::not_found)
}

/// The answer that shows a profile, with its revision as `ETag`.
fn shown(profile: ImportProfile) -> ([(HeaderName, HeaderValue); 1], Json<View>) {
    (etag_header(&profile.etag()), Json(profile.into()))
}

#[cfg(test)]
mod tests {
    use saldo_domain::import::PROFILES_MAX;
    use saldo_http::FromParameters;
    use saldo_http::openapi::query_parameters;

    use super::*;

    // The descriptions above name the bounds.
    const _: () = assert!(PROFILES_MAX == 200 && VERSIONS_MAX == 1_000);

    #[test]
    fn list_describes_its_parameters() {
        assert_eq!(query_parameters::<__path_list>(), PageAfter::<ProfileId>::NAMES);
    }
}
