//! `GET /api/clients`: pages of clients by name, all of them or those that a text occurs in.

use std::str::FromStr;

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::client::{Client, Description};
use saldo_domain::fields::{Fields, InvalidValue};
use saldo_domain::search::fold;
use saldo_http::{Caller, FromParameters, Limit, Parameters, Problem};
use saldo_store::app::App;
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::{View, views};

pub(crate) struct Query {
    page: PageNumber,
    page_size: Limit,
    /// A part of the name or the description.
    description: Option<String>,
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &["page", "pageSize", "description"];

    fn read(parameters: &mut Fields) -> Option<Self> {
        let page = parameters.patch("page", str::parse).value().unwrap_or_default();
        let page_size = parameters.patch("pageSize", str::parse).value().unwrap_or_default();
        let description = parameters.patch("description", |text| Ok::<_, InvalidValue>(text.to_owned()));
        Some(Self { page, page_size, description: description.value() })
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
/// By their names, with the accounts they own and what these come to in each currency.
#[utoipa::path(
    get, path = "/api/clients", operation_id = "list_clients", tag = "Clients",
    params(
        ("page" = Option<u64>, Query, minimum = 1, maximum = 4_294_967_295_u64, description = "Which page, counting from 1; the first unless stated"),
        ("pageSize" = inline(Option<Limit>), Query, description = "How many clients a page holds"),
        ("description" = Option<String>, Query, description = "Only clients in whose name or description this occurs, whatever its case and accents"),
    ),
    responses((status = 200, description = "A page of clients; empty behind the last one", body = ClientPage)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<Query>,
) -> Result<Json<ClientPage>, Problem> {
    let mut clients = app.clients.all(caller.org()).await?;
    if let Some(wanted) = query.description.map(|text| fold(text.trim())) {
        clients.retain(|client| has(client, &wanted));
    }
    clients.sort_by_cached_key(|client| (fold(client.name.as_str()), client.id.clone()));
    let (PageNumber(page), page_size, total) = (query.page, query.page_size.get(), clients.len());
    let on_page = clients.into_iter().skip((page - 1).saturating_mul(page_size)).take(page_size).collect();
    let data = views(&app, caller.org(), on_page).await?;
    Ok(Json(ClientPage { data, page, page_size, total, total_pages: total.div_ceil(page_size) }))
}

fn has(client: &Client, folded: &str) -> bool {
    let texts = [Some(client.name.as_str()), client.description.as_ref().map(Description::as_str)];
    texts.into_iter().flatten().any(|text| fold(text).contains(folded))
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn what_is_described_is_what_is_read() {
        assert_eq!(query_parameters::<__path_list>(), Query::NAMES);
    }
}
