//! Requests without a route. Unknown paths are answered with 404 and the most similar path. Methods that a path does
//! not have are answered with 405 and `Allow`.
//!
//! `HEAD` is such a method on every path: API Gateway sends it to the function that answers unknown paths, so the
//! other functions and the local stack must answer it in the same way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::header::ALLOW;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, head};
use saldo_domain::suggest;

use super::Problem;

/// The methods of each path, with the path's parameters in braces.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownPaths(BTreeMap<String, BTreeSet<String>>);

impl KnownPaths {
    /// Adds a method of a path.
    pub(super) fn add(&mut self, method: &Method, path: &str) {
        self.0.entry(path.to_owned()).or_default().insert(method.as_str().to_owned());
    }

    /// Adds other paths and their methods.
    pub(super) fn extend(&mut self, other: Self) {
        for (path, methods) in other.0 {
            self.0.entry(path).or_default().extend(methods);
        }
    }

    /// Adds the answers to requests without a route to `router`, which serves the paths `served`.
    pub(super) fn complete(self, mut router: Router, served: &Self) -> Router {
        let paths = Arc::new(self);
        let refused = {
            let paths = Arc::clone(&paths);
            async move |request: Request| paths.method_not_allowed(&request)
        };
        for path in paths.0.keys() {
            router = match served.0.get(path) {
                None => router.route(path, any(refused.clone())),
                // The router would give the requests to the handler of GET.
                Some(served) if served.contains("GET") => router.route(path, head(refused.clone())),
                Some(_) => router,
            };
        }
        router
            .method_not_allowed_fallback(refused)
            .fallback(async move |uri: Uri| Problem::unknown_path(paths.nearest(uri.path())))
    }

    fn method_not_allowed(&self, request: &Request) -> Response {
        let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let methods = path.and_then(|path| self.0.get(path)).into_iter().flatten();
        let allowed = methods.cloned().collect::<Vec<_>>().join(",");
        ([(ALLOW, allowed)], Problem::method_not_allowed()).into_response()
    }

    /// Finds the path that is most similar to an unknown one. A parameter of a path matches any segment in its
    /// place.
    fn nearest(&self, unknown: &str) -> Option<&str> {
        if unknown.len() > suggest::COMPARED_CHARS_MAX {
            return None;
        }
        let candidates =
            self.0.keys().filter_map(|path| Some(Candidate { filled: filled(path, unknown)?, path }));
        suggest::nearest(unknown, candidates).map(|candidate| candidate.path)
    }
}

/// A path, and the same path with its parameters filled in.
struct Candidate<'a> {
    path: &'a str,
    filled: String,
}

impl AsRef<str> for Candidate<'_> {
    fn as_ref(&self) -> &str {
        &self.filled
    }
}

/// The path with its parameters replaced by the segments that `unknown` has in their places; `None` if it has none
/// there.
fn filled(path: &str, unknown: &str) -> Option<String> {
    let mut given = unknown.split('/');
    let segments = path.split('/').map(|segment| match (segment.starts_with('{'), given.next()) {
        (false, _) => Some(segment),
        (true, given) => given.filter(|given| !given.is_empty()),
    });
    Some(segments.collect::<Option<Vec<_>>>()?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_paths_have_suggestions() {
        let mut paths = KnownPaths::default();
        for path in [
            "/v1/accounts",
            "/v1/accounts/{id}",
            "/v1/accounts/{id}/transactions",
            "/api/clients",
            "/api/v1/import/{job_id}/errors",
            "/docs",
        ] {
            paths.add(&Method::GET, path);
        }
        for (unknown, expected) in [
            ("/v1/accounts/", Some("/v1/accounts")),
            ("/v1/acounts", Some("/v1/accounts")),
            ("/accounts", Some("/v1/accounts")),
            ("/V1/Accounts", Some("/v1/accounts")),
            ("/v1/account/acc_1", Some("/v1/accounts/{id}")),
            ("/v1/accounts/acc_1/", Some("/v1/accounts/{id}")),
            ("/v1/accounts/acc_1/transaction", Some("/v1/accounts/{id}/transactions")),
            ("/v1/clients", Some("/api/clients")),
            ("/api/v1/import/imp_1/error", Some("/api/v1/import/{job_id}/errors")),
            ("/", None),
            ("/x", None),
            ("/api/v1/nothing", None),
            ("//////", None),
        ] {
            assert_eq!(paths.nearest(unknown), expected, "{unknown}");
        }
        assert_eq!(paths.nearest(&format!("/v1/accounts/{}", "x".repeat(8_000))), None);
    }
}
