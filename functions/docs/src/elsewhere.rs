//! What API Gateway gives to no other function: requests for paths that there are not, and by
//! methods that a path does not take, which only a router of all paths can tell apart.

use axum::Router;
use axum::routing::{MethodFilter, on};
use saldo::http::{Problem, Route};
use serde_json::{Map, Value};

use crate::document::DOCUMENT;

/// The paths of all the functions but this, whose `own` routes are left out. They take the methods
/// that the document names, so that it can be told which.
pub(crate) fn routes(own: &[Route]) -> Router {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    let others = paths.filter(|(path, _)| own.iter().all(|route| route.path != **path));
    others.fold(Router::new(), |router, (path, item)| {
        let methods = item.as_object().into_iter().flat_map(Map::keys);
        methods.filter_map(|method| filter(method)).fold(router, |router, method| {
            router.route(path, on(method, async || Problem::method_not_allowed()))
        })
    })
}

fn filter(method: &str) -> Option<MethodFilter> {
    Some(match method {
        "get" => MethodFilter::GET,
        "post" => MethodFilter::POST,
        "put" => MethodFilter::PUT,
        "delete" => MethodFilter::DELETE,
        _ => return None,
    })
}
