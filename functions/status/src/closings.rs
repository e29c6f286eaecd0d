//! The resource `/v1/imports/{job_id}/closings`: the items that a complete file omits.

use std::str::FromStr;

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::date::Date;
use saldo_domain::fields::{Fields, InvalidValue};
use saldo_domain::id::{AccountId, ImportId};
use saldo_domain::import::{ImportJob, ListedItem};
use saldo_domain::money::Currency;
use saldo_http::{Caller, FilteredPage, FromParameters, Limit, Parameters, PathId, Problem};
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::{Stores, find};

const LIMIT: &str = "limit";
const STARTING_AFTER: &str = "starting_after";
const NOT_AN_INDEX: InvalidValue = InvalidValue("expected the next_starting_after of another page");

/// The parameters of a page of closings.
pub(crate) struct Query {
    limit: Limit,
    after: Option<Index>,
}

/// The number of an item on the list, from 0.
#[derive(Clone, Copy)]
struct Index(u64);

impl FromStr for Index {
    type Err = InvalidValue;

    fn from_str(index: &str) -> Result<Self, InvalidValue> {
        // Small enough to add one.
        let index = index.parse().ok().filter(|index| *index < u64::MAX / 2);
        index.map(Self).ok_or(NOT_AN_INDEX)
    }
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &[LIMIT, STARTING_AFTER];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        let limit = parameters.patch(LIMIT, str::parse).value().unwrap_or_default();
        Some(Self { limit, after: parameters.patch(STARTING_AFTER, str::parse).value() })
    }
}

impl IntoParams for Query {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, about: &str| {
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
            parameter.required(Required::False).description(Some(about))
        };
        let index = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]{1,18}$"));
        vec![
            parameter(LIMIT, "The number of entries").schema(Some(Limit::schema())).build(),
            parameter(STARTING_AFTER, "The `next_starting_after` of the page before")
                .schema(Some(index))
                .build(),
        ]
    }
}

/// An item that a complete file omits.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportClosing, example = json!({
    "index": 0, "account_id": "acc_mfrggzdfmztwq2lk", "external_id": "INV-2026-0042", "name": "María García",
    "open_amount": "45000.00", "currency": "ARS", "due_date": "2026-01-15"
}))]
pub(crate) struct Entry {
    /// The number of the item on the list, from 0.
    index: u64,
    account_id: AccountId,
    /// The source's id of the account.
    #[schema(required)]
    external_id: Option<String>,
    /// The name of its contact.
    #[schema(required)]
    name: Option<String>,
    /// What was open when the list was made, as an exact decimal.
    open_amount: String,
    currency: Currency,
    #[schema(required)]
    due_date: Option<Date>,
}

impl Entry {
    fn of(index: u64, item: ListedItem) -> Self {
        Self {
            index,
            open_amount: item.currency.in_full(item.open_amount),
            account_id: item.account,
            external_id: item.external_id.map(String::from),
            name: item.name.map(String::from),
            currency: item.currency,
            due_date: item.due_date,
        }
    }
}

/// Lists what a complete file closes
///
/// The open items of the scope that the file omits, as they were when the list was made; empty before. An import that was cancelled
/// or superseded after that keeps its list, though it closes nothing. A dry run has the list, too.
#[utoipa::path(
    get, path = "/v1/imports/{job_id}/closings", operation_id = "list_import_closings", tag = "Imports",
    params(("job_id" = ImportId, Path), Query),
    responses((status = 200, description = "A page of items", body = FilteredPage<Entry>)),
)]
pub(crate) async fn closings(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ImportId>,
    Parameters(Query { limit, after }): Parameters<Query>,
) -> Result<Json<FilteredPage<Entry>>, Problem> {
    let job = find(&stores, caller.org(), &id).await?.job;
    let first = after.map_or(0, |Index(after)| after + 1);
    let (mut entries, wanted) = (page(&stores, &job, first, limit.get() + 1).await?, limit.get());
    let next = if entries.len() > wanted { entries.get(wanted - 1).map(|entry| entry.index) } else { None };
    entries.truncate(wanted);
    Ok(Json(FilteredPage::new(entries, next)))
}

/// At most `wanted` items of the list from number `first` on.
async fn page(stores: &Stores, job: &ImportJob, first: u64, wanted: usize) -> Result<Vec<Entry>, Failure> {
    let (mut entries, files) = (Vec::new(), ImportFiles::of(&job.org, &job.id));
    let Some(list) = job.closing.as_ref().and_then(|closing| closing.list.as_ref()) else {
        return Ok(entries);
    };
    let mut pages = list.pages().peekable();
    while let Some(page) = pages.next() {
        if pages.peek().is_some_and(|next| next.first <= first) {
            continue;
        }
        let file = stores.files.get(&files.closings(page)).await?;
        let file = file.ok_or_else(|| Failure::missing("a page of a list of closings"))?;
        let items: Vec<ListedItem> =
            serde_json::from_slice(&file).map_err(Failure::corrupt("a list of closings"))?;
        let items = (page.first..).zip(items).filter(|(index, _)| *index >= first);
        entries.extend(items.map(|(index, item)| Entry::of(index, item)).take(wanted - entries.len()));
        if entries.len() >= wanted {
            break;
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn operation_describes_its_parameters() {
        assert_eq!(query_parameters::<__path_closings>(), Query::NAMES);
    }
}
