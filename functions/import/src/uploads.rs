//! The resource `/api/v1/import/uploads`: links to upload large files to S3, which are then imported.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use data_encoding::BASE64;
use jiff::Timestamp;
use saldo_domain::date::in_milliseconds;
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::{OrgId, UploadId};
use saldo_domain::import::{Announced, Format, PayloadFile, UNKNOWN_UPLOAD, Upload};
use saldo_http::{Caller, PathId, Payload, Problem, Seed};
use saldo_store::files::{Facts, uploaded_file};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;
use crate::error::ImportError;

/// A link to upload a file.
#[derive(Serialize, ToSchema)]
#[schema(as = Upload, example = json!({
    "upload_id": "upl_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90",
    "url": "https://bucket.s3.eu-central-1.amazonaws.com/uploads/...?X-Amz-Signature=...", "method": "PUT",
    "headers": {}, "expires_at": "2026-03-16T10:30:00.000Z"
}))]
struct Created {
    upload_id: UploadId,
    /// The URL.
    #[schema(format = "uri")]
    url: String,
    /// The method: `PUT`.
    #[schema(pattern = "^PUT$")]
    method: &'static str,
    /// The headers of the request.
    headers: BTreeMap<String, String>,
    /// The time until which an upload can start. S3 answers later ones with 403, or with 400 and the code
    /// `ExpiredToken`: create another link then.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Creates a link to upload a file
///
/// A file can have up to 5,000,000,000 bytes. Upload it to the link, and then import it by its `upload_id`. Text is in
/// UTF-8, or in UTF-16 with a byte order mark; CSV can be in any encoding of the Encoding Standard.
#[utoipa::path(
    post, path = "/api/v1/import/uploads", operation_id = "create_upload", tag = "Imports",
    request_body = Announced,
    responses((status = 201, description = "The link", body = Created)),
)]
pub(crate) async fn create(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<Response, Problem> {
    let announced: Announced = payload.json()?;
    let (id, org, created_at) = (UploadId::of_seed(seed), caller.org().clone(), Timestamp::now());
    let name = uploaded_file(&org, &id);
    let link = stores.files.put_link(&name, &announced, stores.limits.upload_valid).await?;
    let gzip = announced.is_gzip();
    let sha256 = announced.sha256.map(|digest| BASE64.encode(&digest));
    let Announced { format, filename, .. } = announced;
    let upload = Upload { id: id.clone(), org, format, filename, gzip, sha256, created_at };
    stores.uploads.accept(&upload).await?;
    let created = Created {
        upload_id: id,
        url: link.url,
        method: "PUT",
        headers: link.headers,
        expires_at: in_milliseconds(link.expires_at),
    };
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

/// An upload.
#[derive(Serialize, ToSchema)]
#[schema(as = UploadState, example = json!({
    "upload_id": "upl_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "format": "csv", "compressed": true,
    "bytes": 48213, "created_at": "2026-03-16T10:15:00.000Z"
}))]
pub(crate) struct View {
    upload_id: UploadId,
    /// The format of the file; null if the request did not state it.
    #[schema(required)]
    format: Option<Format>,
    /// Whether the file is compressed.
    compressed: bool,
    /// The length of the file; null until it is uploaded.
    #[schema(required, minimum = 0)]
    bytes: Option<u64>,
    /// The time at which the link was created.
    #[schema(format = DateTime)]
    created_at: String,
}

/// Shows an upload
///
/// `bytes` tells whether the file has arrived. An upload can be imported until four days after its link was created.
#[utoipa::path(
    get, path = "/api/v1/import/uploads/{id}", operation_id = "read_upload", tag = "Imports",
    params(("id" = UploadId, Path)),
    responses((status = 200, description = "The upload", body = View)),
)]
pub(crate) async fn read(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<UploadId>,
) -> Result<Json<View>, Problem> {
    let upload = stores.uploads.get(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
    let file = stores.files.facts(&uploaded_file(caller.org(), &id)).await?;
    Ok(Json(View {
        upload_id: id,
        format: upload.format,
        compressed: upload.gzip,
        bytes: file.map(|file| file.bytes),
        created_at: in_milliseconds(upload.created_at),
    }))
}

/// An upload, and its file as it was sent.
///
/// # Errors
/// 400 if there is no such upload, and 409 if its file was not sent, or is not the one that was announced.
pub(crate) async fn sent(
    stores: &Stores,
    org: &OrgId,
    id: &UploadId,
) -> Result<(Upload, PayloadFile), Problem> {
    let unknown = || Problem::from(Finding::in_field("upload_id", FindingCode::InvalidValue, UNKNOWN_UPLOAD));
    let upload = stores.uploads.get(org, id).await?.ok_or_else(unknown)?;
    let name = uploaded_file(org, id);
    let sent = stores.files.facts(&name).await?;
    // S3 has checked the digest; this does not rely on it.
    let sent = sent.filter(|sent| upload.sha256.is_none() || sent.sha256 == upload.sha256);
    let Facts { bytes, etag, .. } = sent.ok_or(ImportError::NothingUploaded)?;
    Ok((upload, PayloadFile { name, bytes, etag }))
}

/// The first bytes of a file that was sent, at most so many.
///
/// # Errors
/// 409 if the file was replaced meanwhile.
pub(crate) async fn head_of(stores: &Stores, file: &PayloadFile, bytes_max: u64) -> Result<Bytes, Problem> {
    let head = match file.bytes.min(bytes_max) {
        0 => Some(Bytes::new()),
        end => stores.files.get_piece(&file.name, file.etag.as_deref(), 0..end).await?,
    };
    Ok(head.ok_or(ImportError::NothingUploaded)?)
}
