//! A route with the description of its handler.

use axum::http::Method;
use saldo_domain::key::Scope;
use utoipa::openapi::path::Paths;
use utoipa::openapi::{RefOr, Schema};

use super::{is_in_query, operations};

/// A route with the description of its handler.
#[derive(Clone)]
pub(crate) struct Described {
    /// The scope that a key must have; `None` for a route that requires no key.
    pub(crate) scope: Option<Scope>,
    pub(crate) paths: Paths,
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Described {
    /// Whether its operation has parameters in the query.
    pub(crate) fn has_parameters(&self) -> bool {
        let mut paths = self.paths.clone();
        paths
            .paths
            .values_mut()
            .flat_map(operations)
            .any(|(_, operation)| operation.parameters.iter().flatten().any(is_in_query))
    }

    /// The method and the path of its operation: a handler has one.
    pub(crate) fn operations(&self) -> Vec<(Method, String)> {
        let mut paths = self.paths.clone();
        let of_path = |(path, item): (&String, &mut _)| {
            operations(item).map(|(method, _)| (method, path.clone())).collect::<Vec<_>>()
        };
        paths.paths.iter_mut().flat_map(of_path).collect()
    }
}
