//! The routes of a function, each with the scope that it requires.

use std::fmt;

use axum::Router;
use axum::extract::FromRef;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use saldo_domain::key::Scope;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::UtoipaMethodRouter;

use super::guard::Guard;
use super::idempotent::Repeatable;
use super::openapi::Described;
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
/// `State<S>`, where `S` is what the function uses; `Extension<Caller>`; and `Extension<Seed>` for the ids of what they
/// create, since every POST honors `Idempotency-Key`.
pub struct Routes<S = ()> {
    state: S,
    router: Router,
    table: Vec<Route>,
    other_functions: KnownPaths,
    described: Vec<Described>,
    webhooks: OpenApi,
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").field("table", &self.table).finish_non_exhaustive()
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Creates an empty set of routes, whose handlers use `state`.
    #[must_use]
    pub fn new(state: S) -> Self {
        Self {
            state,
            router: Router::new(),
            table: Vec::new(),
            other_functions: KnownPaths::default(),
            described: Vec::new(),
            webhooks: OpenApi::default(),
        }
    }

    /// Adds a route for callers whose key has the scope: `routes!(handler)`, with the method and
    /// the path that the handler's `#[utoipa::path]` names. A route without query parameters refuses all of them;
    /// others refuse unknown ones when they extract [`super::Parameters`].
    ///
    /// # Panics
    /// When the route is a POST and the state's [`Guard`] has no answers to repeat.
    #[must_use]
    pub fn with(mut self, scope: Scope, (schemas, paths, handler): UtoipaMethodRouter<S>) -> Self
    where
        Guard: FromRef<S>,
    {
        let Guard { keys, answers } = Guard::from_ref(&self.state);
        let described = Described { scope: Some(scope), paths, schemas };
        for (method, path) in described.operations() {
            let handler = match described.has_parameters() {
                true => handler.clone(),
                false => handler.clone().route_layer(from_fn(extract::refuse_parameters)),
            };
            let handler = match method == Method::POST {
                true => {
                    let route = format!("{method} {path}");
                    let Some(answers) = answers.clone() else {
                        panic!("{route} needs a guard with answers to repeat")
                    };
                    let repeatable = Repeatable { answers, route, takes_secrets: scope == Scope::Sync };
                    handler.route_layer(from_fn_with_state(repeatable, idempotent::once))
                }
                false => handler,
            };
            let handler = handler.route_layer(from_fn_with_state((keys.clone(), scope), auth::authorize));
            self.router = self.router.route(&path, handler.with_state(self.state.clone()));
            self.table.push(Route { method, path, scope: Some(scope) });
        }
        self.described.push(described);
        self
    }

    /// Adds a route that requires no key. If it is not for everybody, its handler must check the caller.
    #[must_use]
    pub fn with_public(mut self, (schemas, paths, handler): UtoipaMethodRouter<S>) -> Self {
        let described = Described { scope: None, paths, schemas };
        for (method, path) in described.operations() {
            self.router = self.router.route(&path, handler.clone().with_state(self.state.clone()));
            self.table.push(Route { method, path, scope: None });
        }
        self.described.push(described);
        self
    }
}

impl<S> Routes<S> {
    /// Adds paths that other functions serve. Requests for them that arrive here are answered with 405, and answers
    /// to unknown paths may suggest them.
    #[must_use]
    pub fn with_other_functions(mut self, routes: impl IntoIterator<Item = (Method, String)>) -> Self {
        for (method, path) in routes {
            self.other_functions.add(&method, &path);
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
    pub fn merge<T>(mut self, other: Routes<T>) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self.other_functions.extend(other.other_functions);
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
        known.extend(self.other_functions);
        known.complete(self.router, &served)
    }

    /// The OpenAPI 3.1 document of the routes.
    #[must_use]
    pub fn openapi(&self) -> OpenApi {
        openapi::document(&self.described, self.webhooks.clone())
    }
}
