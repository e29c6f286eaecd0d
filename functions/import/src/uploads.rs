//! `POST /api/v1/import/uploads`: a link by which a file of any size is sent to S3, to be
//! imported then.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use data_encoding::BASE64;
use jiff::Timestamp;
use saldo::app::App;
use saldo::date::in_milliseconds;
use saldo::files::uploaded_file;
use saldo::http::{Caller, Payload, Problem, Seed};
use saldo::id::UploadId;
use saldo::import::{Announced, Upload};
use serde::Serialize;

#[derive(Serialize)]
struct Created {
    upload_id: UploadId,
    url: String,
    method: &'static str,
    headers: BTreeMap<String, String>,
    expires_at: String,
}

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
