//! `GET /openapi.json`: the committed document, without its indentation. The end-to-end test `openapi` compares it with
//! the code.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

static DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// Returns this document
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "read_document", tag = "Documentation",
    responses((status = 200, description = "The OpenAPI 3.1 document", body = Object)),
)]
pub(crate) async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT)
}
