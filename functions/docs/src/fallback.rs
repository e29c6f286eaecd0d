//! The paths of the other functions. API Gateway sends requests for them here if it has no route for the method.

use axum::http::Method;

/// The methods and paths of the document, which the build script reads.
static ROUTES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/routes.rs"));

/// The methods and paths of the document.
pub(crate) fn documented() -> impl Iterator<Item = (Method, String)> {
    ROUTES.iter().filter_map(|(method, path)| Some((method.parse().ok()?, (*path).to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_names_every_route() {
        let routes: Vec<_> = documented().collect();
        assert!(routes.contains(&(Method::POST, "/api/v1/import".to_owned())), "{routes:?}");
        assert!(routes.contains(&(Method::DELETE, "/v1/accounts/{id}".to_owned())), "{routes:?}");
    }
}
