//! The paths of the other functions. API Gateway sends requests for them here if it has no route for the method.

use std::collections::BTreeMap;

use axum::http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::document::DOCUMENT;

/// The methods of each path of the document, in lower case.
#[derive(Default, Deserialize)]
struct Document {
    paths: BTreeMap<String, BTreeMap<String, Box<RawValue>>>,
}

/// The methods and paths of the document.
pub(crate) fn documented() -> Vec<(Method, String)> {
    let Document { paths } = serde_json::from_str(DOCUMENT).unwrap_or_default();
    let routes = paths.iter().flat_map(|(path, methods)| {
        methods.keys().filter_map(|method| Some((method.to_uppercase().parse().ok()?, path.clone())))
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
