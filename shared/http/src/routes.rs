//! The routes of a function, each with the scope that it requires.

use std::fmt;

use axum::Router;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use saldo_domain::key::Scope;
use saldo_store::app::App;
use utoipa::openapi::path::Paths;
use utoipa::openapi::{OpenApi, RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::idempotent::Repeatable;
use super::paths::KnownPaths;
use super::{auth, extract, idempotent, openapi};

/// A route: its method, its path and the scope that it requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: String,
    /// The scope that a key must have; `None` for a route that requires no key.
    pub scope: Option<Scope>,
}

/// The routes of a function. A route requires a scope unless it is added with [`Routes::with_public`]. Handlers take
/// `Extension<Caller>`, and `Extension<Seed>` for the ids of what they create, since every POST honors
/// `Idempotency-Key`.
pub struct Routes {
    app: App,
    router: Router,
    table: Vec<Route>,
    elsewhere: KnownPaths,
    described: Vec<Described>,
    webhooks: OpenApi,
}

/// A route with the description of its handler.
#[derive(Clone)]
pub(super) struct Described {
    pub(super) scope: Option<Scope>,
    pub(super) paths: Paths,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").field("table", &self.table).finish_non_exhaustive()
    }
}

impl Routes {
    /// Creates an empty set of routes.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let (router, table, described) = (Router::new(), Vec::new(), Vec::new());
        Self {
            app: app.clone(),
            router,
            table,
            elsewhere: KnownPaths::default(),
            described,
            webhooks: OpenApi::default(),
        }
    }

    /// Adds a route for callers whose key has the scope: `routes!(handler)`, with the method and
    /// the path that the handler's `#[utoipa::path]` names. A route without query parameters refuses all of them;
    /// others refuse unknown ones when they extract [`super::Parameters`].
    #[must_use]
    pub fn with(mut self, scope: Scope, (schemas, paths, handler): UtoipaMethodRouter<App>) -> Self {
        let described = Described { scope: Some(scope), paths, schemas };
        for (method, path) in described.operations() {
            let handler = match described.has_parameters() {
                true => handler.clone(),
                false => handler.clone().route_layer(from_fn(extract::refuse_parameters)),
            };
            let handler = match method == Method::POST {
                true => handler.route_layer(from_fn_with_state(
                    Repeatable {
                        app: self.app.clone(),
                        route: format!("{method} {path}"),
                        takes_secrets: scope == Scope::Sync,
                    },
                    idempotent::once,
                )),
                false => handler,
            };
            let handler = handler.route_layer(from_fn_with_state((self.app.clone(), scope), auth::authorize));
            self.router = self.router.route(&path, handler.with_state(self.app.clone()));
            self.table.push(Route { method, path, scope: Some(scope) });
        }
        self.described.push(described);
        self
    }

    /// Adds a route that requires no key. If it is not for everybody, its handler must check the caller.
    #[must_use]
    pub fn with_public(mut self, (schemas, paths, handler): UtoipaMethodRouter<App>) -> Self {
        let described = Described { scope: None, paths, schemas };
        for (method, path) in described.operations() {
            self.router = self.router.route(&path, handler.clone().with_state(self.app.clone()));
            self.table.push(Route { method, path, scope: None });
        }
        self.described.push(described);
        self
    }

    /// Adds paths that other functions serve. Requests for them that arrive here are answered with 405, and answers
    /// to unknown paths may suggest them.
    #[must_use]
    pub fn with_elsewhere(mut self, routes: impl IntoIterator<Item = (Method, String)>) -> Self {
        for (method, path) in routes {
            self.elsewhere.add(&method, &path);
        }
        self
    }

    /// Adds the description of requests that Saldo sends to callers: webhooks, by name.
    #[must_use]
    pub fn with_webhooks(mut self, requests: OpenApi) -> Self {
        self.webhooks.merge(requests);
        self
    }

    /// Adds the routes of another function.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self.elsewhere.extend(other.elsewhere);
        self.described.extend(other.described);
        self.webhooks.merge(other.webhooks);
        self
    }

    /// All routes, in the order in which they were added.
    #[must_use]
    pub fn table(&self) -> &[Route] {
        &self.table
    }

    /// The router of these routes, which answers all other requests, too.
    pub(super) fn into_router(self) -> Router {
        let mut served = KnownPaths::default();
        for route in &self.table {
            served.add(&route.method, &route.path);
        }
        let mut known = served.clone();
        known.extend(self.elsewhere);
        known.complete(self.router, &served)
    }

    /// The OpenAPI 3.1 document of the routes.
    #[must_use]
    pub fn openapi(&self) -> OpenApi {
        openapi::document(&self.described, self.webhooks.clone())
    }
}

impl Described {
    /// Whether its operation has parameters in the query.
    fn has_parameters(&self) -> bool {
        let mut paths = self.paths.clone();
        paths
            .paths
            .values_mut()
            .flat_map(openapi::operations)
            .any(|(_, operation)| operation.parameters.iter().flatten().any(openapi::is_in_query))
    }

    /// The method and the path of its operation: a handler has one.
    fn operations(&self) -> Vec<(Method, String)> {
        let mut paths = self.paths.clone();
        let of_path = |(path, item): (&String, &mut _)| {
            openapi::operations(item).map(|(method, _)| (method, path.clone())).collect::<Vec<_>>()
        };
        paths.paths.iter_mut().flat_map(of_path).collect()
    }
}
