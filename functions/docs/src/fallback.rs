//! The paths of the other functions. API Gateway sends requests for them here if it has no route for the method.

use axum::http::Method;
use serde_json::Value;

use crate::document::DOCUMENT;

/// The methods and paths of the document.
pub(crate) fn documented() -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    let routes = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.filter_map(|(method, _)| Some((method.to_uppercase().parse().ok()?, path.clone())))
    });
    routes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_names_every_route() {
        let routes = documented();
        assert!(routes.contains(&(Method::POST, "/api/v1/import".to_owned())), "{routes:?}");
        assert!(routes.contains(&(Method::DELETE, "/v1/accounts/{id}".to_owned())), "{routes:?}");
    }
}
