//! The descriptions of routes, which the OpenAPI document consists of.

use axum::http::Method;
use saldo_domain::key::Scope;
use utoipa::openapi::path::Paths;
use utoipa::openapi::{OpenApi, RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::{is_in_query, operations};

/// What is done with the descriptions of routes: [`Documented`] or [`Undocumented`].
pub trait Documentation: Default {
    /// Adds a route that requires this scope. `reads_parameters` says whether its handler reads the query.
    fn add<S>(
        &mut self,
        scope: Option<Scope>,
        reads_parameters: bool,
        describe: impl FnOnce() -> UtoipaMethodRouter<S>,
    );

    /// Adds requests that Saldo sends to callers.
    fn add_webhooks(&mut self, describe: impl FnOnce() -> OpenApi);

    /// Adds the descriptions of other routes.
    fn merge(&mut self, other: Self);
}

/// Routes without descriptions. The functions have these: they serve the committed document, so their binaries neither
/// contain the descriptions nor build them at each cold start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Undocumented;

impl Documentation for Undocumented {
    fn add<S>(&mut self, _: Option<Scope>, _: bool, _: impl FnOnce() -> UtoipaMethodRouter<S>) {}

    fn add_webhooks(&mut self, _: impl FnOnce() -> OpenApi) {}

    fn merge(&mut self, _: Self) {}
}

/// Routes with their descriptions, for the generation of the document.
#[derive(Default)]
pub struct Documented {
    pub(super) routes: Vec<Described>,
    pub(super) webhooks: OpenApi,
}

impl Documentation for Documented {
    fn add<S>(
        &mut self,
        scope: Option<Scope>,
        reads_parameters: bool,
        describe: impl FnOnce() -> UtoipaMethodRouter<S>,
    ) {
        let (schemas, paths, _) = describe();
        let described = Described { scope, paths, schemas };
        debug_assert_eq!(described.has_parameters(), reads_parameters, "{:?}", described.operations());
        self.routes.push(described);
    }

    fn add_webhooks(&mut self, describe: impl FnOnce() -> OpenApi) {
        self.webhooks.merge(describe());
    }

    fn merge(&mut self, other: Self) {
        self.routes.extend(other.routes);
        self.webhooks.merge(other.webhooks);
    }
}

/// A route with the description of its handler.
#[derive(Clone)]
pub(super) struct Described {
    /// The scope that a key must have; `None` for a route that requires no key.
    pub(super) scope: Option<Scope>,
    pub(super) paths: Paths,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Described {
    /// Whether its operation has parameters in the query.
    fn has_parameters(&self) -> bool {
        let mut paths = self.paths.clone();
        paths
            .paths
            .values_mut()
            .flat_map(operations)
            .any(|(_, operation)| operation.parameters.iter().flatten().any(is_in_query))
    }

    /// The method and the path of its operation: a handler has one.
    fn operations(&self) -> Vec<(Method, String)> {
        let mut paths = self.paths.clone();
        let of_path = |(path, item): (&String, &mut _)| {
            operations(item).map(|(method, _)| (method, path.clone())).collect::<Vec<_>>()
        };
        paths.paths.iter_mut().flat_map(of_path).collect()
    }
}
