//! The routes of a function, each with the scope that it requires.

use std::fmt;

use axum::Router;
use axum::extract::FromRef;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, on};
use saldo_domain::key::Scope;
use utoipa::Path;
use utoipa::openapi::{HttpMethod, OpenApi};
use utoipa_axum::PathItemExt;
use utoipa_axum::router::UtoipaMethodRouter;

use super::guard::Guard;
use super::idempotent::Repeatable;
use super::openapi::{Documentation, Documented, Undocumented};
use super::paths::KnownPaths;
use super::reads_parameters::ReadsParameters;
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

/// A handler `module::handler` with what its `#[utoipa::path]` declares, for [`Routes::with`]. The description is built
/// only for the OpenAPI document.
#[macro_export]
macro_rules! route {
    ($module:ident::$handler:ident) => {
        ($crate::utoipa_axum::paste! { $module::[<__path_ $handler>] }, $module::$handler, || {
            $crate::utoipa_axum::routes!($module::$handler)
        })
    };
}

/// The routes of a function. A route requires a scope unless it is added with [`Routes::with_public`]. Handlers take
/// `State<S>`, where `S` is what the function uses; `Extension<Caller>`; and `Extension<Seed>` for the ids of what they
/// create, since every POST honors `Idempotency-Key`. Only [`Documented`] routes are described.
pub struct Routes<S = (), D = Undocumented> {
    state: S,
    router: Router,
    table: Vec<Route>,
    other_functions: KnownPaths,
    documentation: D,
}

impl<S, D> fmt::Debug for Routes<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").field("table", &self.table).finish_non_exhaustive()
    }
}

impl<S: Clone + Send + Sync + 'static, D: Documentation> Routes<S, D> {
    /// Creates an empty set of routes, whose handlers use `state`.
    #[must_use]
    pub fn new(state: S) -> Self {
        Self {
            state,
            router: Router::new(),
            table: Vec::new(),
            other_functions: KnownPaths::default(),
            documentation: D::default(),
        }
    }

    /// Adds a route for callers whose key has the scope: `route!(module::handler)`, with the method and
    /// the path that the handler's `#[utoipa::path]` names. A route whose handler does not take [`super::Parameters`]
    /// refuses all query parameters; others refuse unknown ones.
    ///
    /// # Panics
    /// When the route is a POST and the state's [`Guard`] has no answers to repeat.
    #[must_use]
    pub fn with<P, H, T>(
        mut self,
        scope: Scope,
        (declared, handler, describe): (P, H, impl FnOnce() -> UtoipaMethodRouter<S>),
    ) -> Self
    where
        Guard: FromRef<S>,
        P: Path,
        H: Handler<T, S>,
        T: ReadsParameters + 'static,
    {
        let Guard { keys, answers } = Guard::from_ref(&self.state);
        let (method, path, mut handler) = served(declared, handler);
        if !T::READS_PARAMETERS {
            handler = handler.route_layer(from_fn(extract::refuse_parameters));
        }
        if method == Method::POST {
            let route = format!("{method} {path}");
            let Some(answers) = answers else { panic!("{route} needs a guard with answers to repeat") };
            let repeatable = Repeatable { answers, route, takes_secrets: scope == Scope::Sync };
            handler = handler.route_layer(from_fn_with_state(repeatable, idempotent::once));
        }
        let handler = handler.route_layer(from_fn_with_state((keys, scope), auth::authorize));
        self.documentation.add(Some(scope), T::READS_PARAMETERS, describe);
        self.serve(method, path, Some(scope), handler)
    }

    /// Adds a route that requires no key. If it is not for everybody, its handler must check the caller.
    #[must_use]
    pub fn with_public<P, H, T>(
        mut self,
        (declared, handler, describe): (P, H, impl FnOnce() -> UtoipaMethodRouter<S>),
    ) -> Self
    where
        P: Path,
        H: Handler<T, S>,
        T: ReadsParameters + 'static,
    {
        let (method, path, handler) = served(declared, handler);
        self.documentation.add(None, T::READS_PARAMETERS, describe);
        self.serve(method, path, None, handler)
    }

    fn serve(mut self, method: Method, path: String, scope: Option<Scope>, handler: MethodRouter<S>) -> Self {
        self.router = self.router.route(&path, handler.with_state(self.state.clone()));
        self.table.push(Route { method, path, scope });
        self
    }

    /// Adds the description of requests that Saldo sends to callers: webhooks, by name.
    #[must_use]
    pub fn with_webhooks(mut self, describe: impl FnOnce() -> OpenApi) -> Self {
        self.documentation.add_webhooks(describe);
        self
    }

    /// Adds the routes of another function.
    #[must_use]
    pub fn merge<T>(mut self, other: Routes<T, D>) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self.other_functions.extend(other.other_functions);
        self.documentation.merge(other.documentation);
        self
    }
}

/// The method and path that a handler is declared for, and the handler for this method.
fn served<P: Path, S, T>(_: P, handler: impl Handler<T, S>) -> (Method, String, MethodRouter<S>)
where
    S: Clone + Send + Sync + 'static,
    T: 'static,
{
    // A handler has one method; `#[utoipa::path]` does not accept none.
    let declared = P::methods().into_iter().next().unwrap_or(HttpMethod::Get);
    let filter = declared.to_method_filter();
    let method = match declared {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    };
    (method, P::path(), on(filter, handler))
}

impl<S, D> Routes<S, D> {
    /// Adds paths that other functions serve. Requests for them that arrive here are answered with 405, and answers
    /// to unknown paths may suggest them.
    #[must_use]
    pub fn with_other_functions(mut self, routes: impl IntoIterator<Item = (Method, String)>) -> Self {
        for (method, path) in routes {
            self.other_functions.add(&method, &path);
        }
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
}

impl<S> Routes<S, Documented> {
    /// The OpenAPI 3.1 document of the routes.
    #[must_use]
    pub fn openapi(self) -> OpenApi {
        openapi::document(self.documentation)
    }
}
