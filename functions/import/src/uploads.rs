//! `POST /api/v1/import/uploads`: a link by which a file of any size is sent to S3, to be
//! imported then.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use data_encoding::BASE64;
use jiff::Timestamp;
use saldo_domain::date::in_milliseconds;
use saldo_domain::id::UploadId;
use saldo_domain::import::{Announced, Upload};
use saldo_http::{Caller, Payload, Problem, Seed};
use saldo_store::app::App;
use saldo_store::files::uploaded_file;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::NewUpload;

/// How to send a file.
#[derive(Serialize, ToSchema)]
#[schema(as = Upload, example = json!({
    "upload_id": "upl_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90",
    "url": "https://bucket.s3.eu-central-1.amazonaws.com/uploads/...?X-Amz-Signature=...", "method": "PUT",
    "headers": {}, "expires_at": "2026-03-16T10:30:00.000Z"
}))]
struct Created {
    upload_id: UploadId,
    /// Where to send it.
    #[schema(format = "uri")]
    url: String,
    /// How to send it: `PUT`.
    #[schema(pattern = "^PUT$")]
    method: &'static str,
    /// The headers to send with it.
    headers: BTreeMap<String, String>,
    /// The latest moment to begin sending. To a link that has ended S3 answers 403, or 400 with the code
    /// `ExpiredToken`: ask for another one then.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Asks for a link to send a file by
///
/// Files may have up to 5,000,000,000 bytes. Send the file to the link, and then import it by its `upload_id`.
/// Text is in UTF-8, or in UTF-16 with a byte order mark; CSV may be in Windows-1252, too.
#[utoipa::path(
    post, path = "/api/v1/import/uploads", operation_id = "create_upload", tag = "Imports",
    request_body = NewUpload,
    responses((status = 201, description = "The link", body = Created)),
)]

pub(crate) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<Response, Problem> {
    let announced = Announced::read(payload.json_fields(&Announced::FIELDS)?)?;
    let (id, org, created_at) = (UploadId::of_seed(seed), caller.org().clone(), Timestamp::now());
    let name = uploaded_file(&org, &id);
    let link = app.files.put_link(&name, &announced, app.limits.upload_valid).await?;
    let Announced { format, gzip, sha256, .. } = announced;
    let sha256 = sha256.map(|digest| BASE64.encode(&digest));
    app.uploads.accept(&Upload { id: id.clone(), org, format, gzip, sha256, created_at }).await?;
    let created = Created {
        upload_id: id,
        url: link.url,
        method: "PUT",
        headers: link.headers,
        expires_at: in_milliseconds(link.expires_at),
    };
    Ok((StatusCode::CREATED, Json(created)).into_response())
}
