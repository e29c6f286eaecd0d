//! The resource `/api/clients`: clients with their accounts and balances.

use std::str::FromStr;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::account::{ExternalId, OwnerId};
use saldo_domain::client::{Client, ClientChange, Description, NewClient};
use saldo_domain::fields::{Fields, InvalidValue};
use saldo_domain::id::ClientId;
use saldo_domain::search::fold;
use saldo_http::{Caller, FromParameters, Limit, Parameters, PathId, Payload, Preconditions, Problem, Seed};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;
use crate::error::{ClientExists, OwnsAccounts};
use crate::view::{View, view_of, views};

/// The parameters of a list of clients.
pub(crate) struct Query {
    page: PageNumber,
    page_size: Limit,
    /// A part of the name or the description.
    description: Option<String>,
    /// The number of the only client that is wanted.
    external_id: Option<ExternalId>,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &["page", "pageSize", "description", "external_id"];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        let page = parameters.patch("page", str::parse).value().unwrap_or_default();
        let page_size = parameters.patch("pageSize", str::parse).value().unwrap_or_default();
        let description = parameters.patch("description", |text| Ok::<_, InvalidValue>(text.to_owned()));
        let external_id = parameters.patch("external_id", str::parse).value();
        Some(Self { page, page_size, description: description.value(), external_id })
    }
}

/// The number of a page, from 1 on.
struct PageNumber(usize);

impl Default for PageNumber {
    fn default() -> Self {
        Self(1)
    }
}

impl FromStr for PageNumber {
    type Err = InvalidValue;

    fn from_str(number: &str) -> Result<Self, InvalidValue> {
        // As many pages as 32 bits count are more than there can be.
        match number.parse::<u32>() {
            Ok(number @ 1..) => Ok(Self(number as usize)),
            _ => Err(InvalidValue("expected a number from 1 on")),
        }
    }
}

/// A page of clients.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientPage {
    data: Vec<View>,
    /// Which page it is, counting from 1.
    #[schema(minimum = 1)]
    page: usize,
    /// The clients that a page holds.
    #[schema(minimum = 1, maximum = 100)]
    page_size: usize,
    /// The clients on all pages.
    total: usize,
    total_pages: usize,
}

/// Lists clients
///
/// In the order of their names, each with its accounts and their balances per currency. With `external_id`, the client is
/// found with one read, without a search among all.
#[utoipa::path(
    get, path = "/api/clients", operation_id = "list_clients", tag = "Clients",
    params(
        ("page" = Option<u64>, Query, minimum = 1, maximum = 4_294_967_295_u64, description = "Which page, counting from 1; the first unless stated"),
        ("pageSize" = inline(Option<Limit>), Query, description = "How many clients a page holds"),
        ("description" = Option<String>, Query, description = "Only clients whose name or description contains this text, ignoring case and accents"),
        ("external_id" = Option<ExternalId>, Query, description = "Only the client with this number in its source system"),
    ),
    responses((status = 200, description = "A page of clients; empty after the last page", body = ClientPage)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<Query>,
) -> Result<Json<ClientPage>, Problem> {
    let org = caller.org();
    let mut clients = match &query.external_id {
        Some(number) => {
            stores.clients.get(org, &ClientId::of_external(org, number)).await?.into_iter().collect()
        }
        None => stores.clients.all(org).await?,
    };
    if let Some(wanted) = query.description.map(|text| fold(text.trim())) {
        clients.retain(|client| has(client, &wanted));
    }
    clients.sort_by_cached_key(|client| (fold(client.name.as_str()), client.id.clone()));
    let (PageNumber(page), page_size, total) = (query.page, query.page_size.get(), clients.len());
    let on_page = clients.into_iter().skip((page - 1).saturating_mul(page_size)).take(page_size).collect();
    let data = views(&stores, org, on_page).await?;
    Ok(Json(ClientPage { data, page, page_size, total, total_pages: total.div_ceil(page_size) }))
}

fn has(client: &Client, folded: &str) -> bool {
    let texts = [Some(client.name.as_str()), client.description.as_ref().map(Description::as_str)];
    texts.into_iter().flatten().any(|text| fold(text).contains(folded))
}

/// Creates an external client
///
/// A counterparty, with type 1. It owns the accounts that have its id as `owner_id`. With an `external_id`, rows of imports
/// assign accounts to it by that number.
#[utoipa::path(
    post, path = "/api/clients", operation_id = "create_client", tag = "Clients",
    request_body = NewClient,
    responses(
        (status = 201, description = "The client", body = View, headers(("Location", description = "Its path"))),
        (status = 409, description = "`client_exists`: a client has this `external_id`"),
    ),
)]
pub(crate) async fn create(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let body: NewClient = payload.json()?;
    let (org, by) = (caller.org(), caller.changed_by());
    let client = body.create(org, seed, Timestamp::now());
    let client = match client.external_id {
        Some(_) => stores.clients.create_numbered(org, client, seed, &by).await?.map_err(ClientExists)?,
        None => stores.clients.create(org, client, &by).await?,
    };
    let location = format!("/api/clients/{}", client.id);
    let view = view_of(&stores, org, client).await?;
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(view)))
}

/// Shows a client
///
/// With its accounts and their balances per currency.
#[utoipa::path(
    get, path = "/api/clients/{id}", operation_id = "read_client", tag = "Clients",
    params(("id" = ClientId, Path)),
    responses((status = 200, description = "The client", body = View)),
)]
pub(crate) async fn read(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ClientId>,
) -> Result<Json<View>, Problem> {
    let client = stores.clients.get(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(view_of(&stores, caller.org(), client).await?))
}

/// Changes a client
///
/// Absent fields keep their values. The type and the `external_id` of a client can't be changed. Once a client is named so,
/// imports don't change its name.
#[utoipa::path(
    put, path = "/api/clients/{id}", operation_id = "change_client", tag = "Clients",
    params(
        ("id" = ClientId, Path),
        ("If-Match" = Option<String>, Header, pattern = r"^\*$", description = "`*`: a client has no `ETag`"),
    ),
    request_body = ClientChange,
    responses(
        (status = 200, description = "The client", body = View),
        (status = 412, description = "`precondition_failed`: a client has no `ETag`"),
    ),
)]
pub(crate) async fn change(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ClientId>,
    preconditions: Preconditions,
    payload: Payload,
) -> Result<Json<View>, Problem> {
    preconditions.admit_untagged()?;
    let change: ClientChange = payload.json()?;
    let (now, by) = (Timestamp::now(), caller.changed_by());
    let changed = stores.clients.change(caller.org(), &id, &change, now, &by).await?;
    let client = changed.ok_or_else(Problem::not_found)?;
    Ok(Json(view_of(&stores, caller.org(), client).await?))
}

/// Deletes a client that owns no accounts
#[utoipa::path(
    delete, path = "/api/clients/{id}", operation_id = "delete_client", tag = "Clients",
    params(
        ("id" = ClientId, Path),
        ("If-Match" = Option<String>, Header, pattern = r"^\*$", description = "`*`: a client has no `ETag`"),
    ),
    responses(
        (status = 204, description = "The client was deleted"),
        (status = 409, description = "`client_owns_accounts`: delete them, or change their `owner_id`, first"),
        (status = 412, description = "`precondition_failed`: a client has no `ETag`"),
    ),
)]
pub(crate) async fn delete(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ClientId>,
    preconditions: Preconditions,
) -> Result<StatusCode, Problem> {
    preconditions.admit_untagged()?;
    stores.clients.get(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
    if stores.accounts.owns_any(caller.org(), &OwnerId::of_id(&id)).await? {
        return Err(OwnsAccounts.into());
    }
    stores.clients.delete(caller.org(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn list_describes_its_parameters() {
        assert_eq!(query_parameters::<__path_list>(), Query::NAMES);
    }
}
