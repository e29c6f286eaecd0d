//! The OpenAPI document of routes, derived from the code: a handler's `#[utoipa::path]` says
//! what is its own, and what every route has in common (keys, request ids, idempotency, the
//! problems that any request can meet) is said here, once.

mod operation;
mod types;
mod variants;

use axum::http::Method;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, Info, OpenApi, Paths, RefOr, Schema};
use utoipa::{PartialSchema, Path, ToSchema};

pub use types::{
    Amount, AmountText, AnyAmount, BlankOrProse, BlankOrText, EntityTags, Flag, Lenient, PositiveText,
    TransactionCurrency,
};

use super::problem::Document;
use super::routes::Described;
use operation::{API_KEY, BEARER, TooManyRequests};

/// The tags, in the order in which a reader should meet them, and what each is about.
const TAGS: [(&str, &str); 9] = [
    ("Imports", "Accounts in bulk, as jobs that tell the fate of every row."),
    ("Exports", "Accounts and transactions as JSON, NDJSON or CSV, at once or as files."),
    ("Clients", "Clients, internal and external, with what they own in each currency."),
    ("Accounts", "Accounts, one by one."),
    ("Transactions", "Transactions, each of them once."),
    ("Banks", "Accounts kept in step with banks, in the words of the finX API."),
    ("Notifications", "Being told when something has ended, in the words of the finX API."),
    ("Keys", "API keys and what they may do."),
    ("Documentation", "This document, and a page that shows it."),
];

const ABOUT: &str = "Saldo keeps the accounts of finance teams: it imports and exports them in bulk, keeps \
clients and their balances in each currency, takes transactions once, and synchronizes with banks.

Send a key as `X-API-Key` or as `Authorization: Bearer`. Errors are problem documents (RFC 9457) with a stable \
`code`, and tell all that is wrong with a request at once. Every answer has an `X-Request-Id`, and \
`Cache-Control: no-store` unless stated otherwise. Every POST takes an `Idempotency-Key`. Amounts are exact decimals of up to 28 digits, with no more decimal places than their \
currency has.";

/// The operations of a path item, by method.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, item.get.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::PUT, item.put.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

/// The document of these routes, and of what callers are told.
pub(super) fn document(routes: &[Described], told: OpenApi) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = Components::new();
    components.schemas.insert(Document::name().into(), Document::schema());
    add_schemas::<Document<'_>>(&mut components);
    components.schemas.insert(TooManyRequests::name().into(), TooManyRequests::schema());
    for (name, schema) in routes.iter().flat_map(|route| &route.schemas) {
        let other = components.schemas.insert(name.clone(), schema.clone());
        debug_assert!(other.is_none_or(|other| other == *schema), "{name} is the name of two schemas");
    }
    for route in routes {
        let mut described = route.paths.clone();
        for (path, item) in &mut described.paths {
            for (method, operation) in operations(item) {
                operation::complete(operation, &method, path, route.scope);
            }
        }
        paths.merge(described);
    }
    components.schemas.extend(told.components.unwrap_or_default().schemas);
    variants::name_variants(&mut components);
    let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key")));
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.add_security_scheme(API_KEY, header);
    components.add_security_scheme(BEARER, bearer);

    let mut info = Info::new("Saldo", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    let mut document = OpenApi::new(info, paths);
    document.components = Some(components);
    document.webhooks = Some(told.paths).filter(|webhooks| !webhooks.paths.is_empty());
    let tag = |(name, about)| TagBuilder::new().name(name).description(Some(about)).build();
    document.tags = Some(TAGS.map(tag).into());
    document
}

fn add_schemas<T: ToSchema>(components: &mut Components) {
    let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
    T::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

/// The names of the properties that `T`'s schema describes, in their order: to be compared with
/// those that are read.
/// A schema that is no object has none.
#[must_use]
pub fn properties<T: PartialSchema>() -> Vec<String> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The names of the parameters of the query that an operation describes: to be compared with those
/// that are read.
#[must_use]
pub fn query_parameters<P: Path>() -> Vec<String> {
    let parameters = P::operation().parameters.unwrap_or_default().into_iter();
    let named = parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name),
        RefOr::T(_) | RefOr::Ref(_) => None,
    });
    named.collect()
}
