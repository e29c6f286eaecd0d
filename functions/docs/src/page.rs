//! `GET /docs`: Swagger UI. Its files are in the binary, so that browsers load nothing from other servers.

use std::sync::Arc;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Redirect};
use saldo_http::Problem;
use utoipa_swagger_ui::Config;

/// The page may run its own scripts and send requests to its own server. Swagger UI needs inline styles, and icons in its
/// style sheet.
const POLICY: &str = "default-src 'none'; connect-src 'self'; img-src 'self' data:; script-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Redirects to the documentation page
#[utoipa::path(
    get, path = "/docs", operation_id = "read_documentation", tag = "Documentation",
    responses((status = 307, description = "The address of the page", headers(("Location", description = "The path of the page")))),
)]
pub(crate) async fn page() -> impl IntoResponse {
    // The page names its files by relative paths, which begin at /docs/.
    Redirect::temporary("docs/index.html")
}

/// Returns the documentation page and its files
#[utoipa::path(
    get, path = "/docs/{file}", operation_id = "read_documentation_file", tag = "Documentation",
    params(("file" = String, Path, description = "`index.html`, or a file that it names")),
    responses((status = 200, description = "The file", content((String = "text/html"), (String = "text/css"), (String = "text/javascript"), (String = "image/png")))),
)]
pub(crate) async fn file(Path(file): Path<String>) -> Result<impl IntoResponse, Problem> {
    let file = utoipa_swagger_ui::serve(&file, Arc::new(config())).ok().flatten();
    let file = file.ok_or_else(Problem::not_found)?;
    let bytes = match file.content_type.as_str() {
        "text/html" => titled(&file.bytes),
        _ => file.bytes.into_owned(),
    };
    let headers = [
        (CONTENT_TYPE, file.content_type),
        (CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (CACHE_CONTROL, "max-age=3600".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, bytes))
}

fn config() -> Config<'static> {
    Config::from("../openapi.json")
        .try_it_out_enabled(true)
        .display_request_duration(true)
        .use_base_layout() // without an input for the addresses of other documents
        .default_models_expand_depth(0)
        .validator_url("none")
}

/// The page with the title of the API.
fn titled(page: &[u8]) -> Vec<u8> {
    let page = String::from_utf8_lossy(page);
    page.replace("<title>Swagger UI</title>", "<title>Saldo API</title>").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_has_the_title_of_the_api() {
        let page =
            utoipa_swagger_ui::serve("index.html", Arc::new(config())).expect("files").expect("a page");
        assert_eq!(page.content_type, "text/html");
        let page = String::from_utf8(titled(&page.bytes)).expect("UTF-8");
        assert!(page.contains("<title>Saldo API</title>"), "{page}");
    }
}
