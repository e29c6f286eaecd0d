//! The OpenAPI document, generated from the code. The `#[utoipa::path]` of a handler describes what is special to it; this
//! module adds what all routes have in common: keys, request ids, idempotency and the problems of any request.
//!
//! Only the end-to-end test generates the document. The functions serve `docs/openapi.json`, which the test compares with it.

mod described;
mod operation;
mod types;
mod variants;

use axum::http::Method;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, Info, OpenApi, Paths, RefOr, Schema};
use utoipa::{PartialSchema, Path, ToSchema};

pub use described::{Documentation, Documented, Undocumented};
pub use saldo_domain::openapi::{Amount, AmountText, AnyAmount, Lenient};
pub use types::{EntityTags, Flag};

use super::problem::Document;
use operation::{API_KEY, BEARER, TooManyRequests};

/// The tags with their descriptions, in the order of the document.
const TAGS: [(&str, &str); 9] = [
    ("Imports", "Import accounts in bulk, as jobs that report errors row by row."),
    ("Exports", "Export accounts and transactions as JSON, NDJSON or CSV, in the answer or as a file."),
    ("Clients", "Manage internal and external clients, and read their balances in each currency."),
    ("Accounts", "Manage single accounts."),
    ("Transactions", "Import and list transactions. Each transaction is stored once."),
    ("Banks", "Synchronize accounts with banks, with the paths and fields of the finX API."),
    (
        "Notifications",
        "Register endpoints that are notified when a job has ended, with the paths and fields of the finX API.",
    ),
    ("Keys", "Manage API keys and their scopes."),
    ("Documentation", "This document, and a page that displays it."),
];

const ABOUT: &str = "Saldo manages financial accounts: it imports and exports them in bulk, computes the balances of \
clients in each currency, stores each transaction once, and synchronizes accounts with banks.

Send an API key as `X-API-Key` or as `Authorization: Bearer`. Errors are problem documents (RFC 9457) with a stable \
`code`; they list all errors in a request at once. Every answer has an `X-Request-Id`, and `Cache-Control: no-store` \
unless stated otherwise. Every POST accepts an `Idempotency-Key`. Amounts are exact decimals of up to 28 digits, with \
no more decimal places than their currency has.";

/// The operations of a path item, by method.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, item.get.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::PUT, item.put.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

/// The document of these routes and webhooks.
pub(super) fn document(Documented { routes, webhooks }: Documented) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = Components::new();
    components.schemas.insert(Document::name().into(), Document::schema());
    add_schemas::<Document<'_>>(&mut components);
    components.schemas.insert(TooManyRequests::name().into(), TooManyRequests::schema());
    for (name, schema) in routes.iter().flat_map(|route| &route.schemas) {
        let other = components.schemas.insert(name.clone(), schema.clone());
        debug_assert!(other.is_none_or(|other| other == *schema), "{name} is the name of two schemas");
    }
    for route in &routes {
        let mut described = route.paths.clone();
        for (path, item) in &mut described.paths {
            for (method, operation) in operations(item) {
                operation::complete(operation, &method, path, route.scope);
            }
        }
        paths.merge(described);
    }
    components.schemas.extend(webhooks.components.unwrap_or_default().schemas);
    variants::name_variants(&mut components);
    let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key")));
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.add_security_scheme(API_KEY, header);
    components.add_security_scheme(BEARER, bearer);

    let mut info = Info::new("Saldo", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    let mut document = OpenApi::new(info, paths);
    document.components = Some(components);
    document.webhooks = Some(webhooks.paths).filter(|webhooks| !webhooks.paths.is_empty());
    let tag = |(name, about)| TagBuilder::new().name(name).description(Some(about)).build();
    document.tags = Some(TAGS.map(tag).into());
    document
}

fn add_schemas<T: ToSchema>(components: &mut Components) {
    let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
    T::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

/// The names of the properties in the schema of `T`, in their order; none if the schema is not an object. Tests compare
/// them with the fields that are read.
#[must_use]
pub fn properties<T: PartialSchema>() -> Vec<String> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The names of the query parameters of an operation. Tests compare them with the parameters that are read.
#[must_use]
pub fn query_parameters<P: Path>() -> Vec<String> {
    let parameters = P::operation().parameters.unwrap_or_default().into_iter();
    let named = parameters.filter(is_in_query).filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter.name),
        RefOr::Ref(_) => None,
    });
    named.collect()
}

/// Whether it is a parameter of the query.
fn is_in_query(parameter: &RefOr<Parameter>) -> bool {
    matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query)
}
