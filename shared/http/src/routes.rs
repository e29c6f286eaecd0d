//! The routes of a function, each with the scope it asks for.

use std::fmt;

use axum::Router;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use saldo_domain::key::Scope;
use saldo_store::app::App;
use utoipa::openapi::path::Paths;
use utoipa::openapi::{OpenApi, RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::idempotent::Repeatable;
use super::{auth, idempotent, openapi};

/// A route: what is asked of it, and which scope it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: String,
    /// The scope a key must have; none for a route that asks for no key.
    pub scope: Option<Scope>,
}

/// The routes of a function. A route has a scope unless it is said to be public; handlers take
/// `Extension<Caller>`, and `Extension<Seed>` for what they create: every POST honours
/// `Idempotency-Key`.
pub struct Routes {
    app: App,
    router: Router,
    table: Vec<Route>,
    described: Vec<Described>,
    told: OpenApi,
}

/// A route as its handler describes it.
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
    /// No routes yet.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let (router, table, described) = (Router::new(), Vec::new(), Vec::new());
        Self { app: app.clone(), router, table, described, told: OpenApi::default() }
    }

    /// Adds a route for callers whose key has the scope: `routes!(handler)`, with the method and
    /// the path that the handler's `#[utoipa::path]` names.
    #[must_use]
    pub fn with(mut self, scope: Scope, (schemas, paths, handler): UtoipaMethodRouter<App>) -> Self {
        let described = Described { scope: Some(scope), paths, schemas };
        for (method, path) in described.operations() {
            let handler = match method == Method::POST {
                true => handler.clone().route_layer(from_fn_with_state(
                    Repeatable {
                        app: self.app.clone(),
                        route: format!("{method} {path}"),
                        takes_secrets: scope == Scope::Sync,
                    },
                    idempotent::once,
                )),
                false => handler.clone(),
            };
            let handler = handler.route_layer(from_fn_with_state((self.app.clone(), scope), auth::authorize));
            self.router = self.router.route(&path, handler.with_state(self.app.clone()));
            self.table.push(Route { method, path, scope: Some(scope) });
        }
        self.described.push(described);
        self
    }

    /// Adds a route that asks for no key. Its handler has to find out on its own whether the
    /// caller may.
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

    /// Adds requests that are made to callers: these paths are names of webhooks.
    #[must_use]
    pub fn telling(mut self, requests: OpenApi) -> Self {
        self.told.merge(requests);
        self
    }

    /// These routes and those of another function.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self.described.extend(other.described);
        self.told.merge(other.told);
        self
    }

    /// Every route, as it was added.
    #[must_use]
    pub fn table(&self) -> &[Route] {
        &self.table
    }

    /// What is said of them, as OpenAPI 3.1 has it.
    #[must_use]
    pub fn openapi(&self) -> OpenApi {
        openapi::document(&self.described, self.told.clone())
    }
}

impl Described {
    /// The method and the path of its operation: a handler has one.
    fn operations(&self) -> Vec<(Method, String)> {
        let mut paths = self.paths.clone();
        let of_path = |(path, item): (&String, &mut _)| {
            openapi::operations(item).map(|(method, _)| (method, path.clone())).collect::<Vec<_>>()
        };
        paths.paths.iter_mut().flat_map(of_path).collect()
    }
}

impl From<Routes> for Router {
    fn from(routes: Routes) -> Self {
        routes.router
    }
}
