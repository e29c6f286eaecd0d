//! The routes of a function, each with the scope it asks for.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::{auth, idempotent};
use crate::app::App;
use crate::key::Scope;

/// A route: what is asked of it, and which scope it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// The scope a key must have; none for a route that asks for no key.
    pub scope: Option<Scope>,
}

/// The routes of a function. A route has a scope unless it is said to be public; handlers take
/// `Extension<Caller>`, and `Extension<Seed>` for what they create: every POST honours
/// `Idempotency-Key`.
#[derive(Debug)]
pub struct Routes {
    app: App,
    router: Router,
    table: Vec<Route>,
}

impl Routes {
    /// No routes yet.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self { app: app.clone(), router: Router::new(), table: Vec::new() }
    }

    /// Adds a route for reading.
    #[must_use]
    pub fn get<T: 'static>(self, path: &'static str, scope: Scope, handler: impl Handler<T, App>) -> Self {
        self.add(Method::GET, path, scope, on(MethodFilter::GET, handler))
    }

    /// Adds a route for browsers that were sent here by somebody else and have no key. Its
    /// handler has to find out on its own whether they may.
    #[must_use]
    pub fn public_get<T: 'static>(mut self, path: &'static str, handler: impl Handler<T, App>) -> Self {
        self.router = self.router.route(path, on(MethodFilter::GET, handler).with_state(self.app.clone()));
        self.table.push(Route { method: Method::GET, path, scope: None });
        self
    }

    /// Adds a route for creating, which does the same request once.
    #[must_use]
    pub fn post<T: 'static>(self, path: &'static str, scope: Scope, handler: impl Handler<T, App>) -> Self {
        let once = from_fn_with_state(self.app.clone(), idempotent::once);
        self.add(Method::POST, path, scope, on(MethodFilter::POST, handler).route_layer(once))
    }

    /// Adds a route for changing.
    #[must_use]
    pub fn put<T: 'static>(self, path: &'static str, scope: Scope, handler: impl Handler<T, App>) -> Self {
        self.add(Method::PUT, path, scope, on(MethodFilter::PUT, handler))
    }

    /// Adds a route for deleting.
    #[must_use]
    pub fn delete<T: 'static>(self, path: &'static str, scope: Scope, handler: impl Handler<T, App>) -> Self {
        self.add(Method::DELETE, path, scope, on(MethodFilter::DELETE, handler))
    }

    fn add(mut self, method: Method, path: &'static str, scope: Scope, route: MethodRouter<App>) -> Self {
        let authorized = route.route_layer(from_fn_with_state((self.app.clone(), scope), auth::authorize));
        self.router = self.router.route(path, authorized.with_state(self.app.clone()));
        self.table.push(Route { method, path, scope: Some(scope) });
        self
    }

    /// These routes and those of another function.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self
    }

    /// Every route, as it was added.
    #[must_use]
    pub fn table(&self) -> &[Route] {
        &self.table
    }
}

impl From<Routes> for Router {
    fn from(routes: Routes) -> Self {
        routes.router
    }
}
