//! What API Gateway gives to no other function: requests for paths that there are not, and by
//! methods that a path does not take, which only a router of all paths can tell apart.

use axum::Router;
use axum::http::header::ALLOW;
use axum::routing::any;
use saldo_http::{Problem, Route};
use serde_json::{Map, Value};

use crate::document::DOCUMENT;

/// The paths of all the functions but this, whose `own` routes are left out. Whoever comes here
/// with one of them is told the methods that the document names.
pub(crate) fn routes(own: &[Route]) -> Router {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    let others = paths.filter(|(path, _)| own.iter().all(|route| route.path != **path));
    others.fold(Router::new(), |router, (path, item)| {
        let methods = item.as_object().into_iter().flat_map(Map::keys).map(|method| method.to_uppercase());
        let allowed = methods.collect::<Vec<_>>().join(",");
        router.route(path, any(async move || ([(ALLOW, allowed)], Problem::method_not_allowed())))
    })
}
