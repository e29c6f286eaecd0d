//! `POST /v1/imports/preview`: says how a file is written, which options import it, and what they store of its first rows.

use axum::body::Bytes;
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::OrgId;
use saldo_domain::import::{FileName, Format, ImportOfUpload, StatedOptions, UNKNOWN_UPLOAD};
use saldo_formats::preview::{self, Beginning, PREVIEW_BYTES_MAX, Setting};
use saldo_formats::read::{self, ImportMembers};
use saldo_http::{Caller, Parameters, Payload, Problem};
use saldo_store::failure::Failure;
use saldo_store::files::{Facts, uploaded_file};

use crate::Stores;
use crate::error::ImportError;
use crate::options::{Effective, Place};
use crate::parameters::Query;
use crate::preview_view::View;
use crate::rows::{File, Lines, New, Table};

/// The media types that are read, each with its format. That of bytes, which API Gateway passes on unchanged in any
/// encoding, follows from the bytes.
const FORMATS: [(&str, Option<Format>); 5] = [
    ("application/json", Some(Format::Json)),
    ("application/x-ndjson", Some(Format::Ndjson)),
    ("application/ndjson", Some(Format::Ndjson)),
    ("text/csv", Some(Format::Csv)),
    ("application/octet-stream", None),
];
/// The first bytes of a gzip file (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The beginning of a file.
struct Part {
    bytes: Bytes,
    is_whole: bool,
    format: Format,
    gzip: bool,
    options: Effective,
}

/// Previews an import
///
/// Reads the first 1,000,000 bytes of a file, which is the body or was uploaded, and stores nothing. Answers how the file is
/// written, which columns fill which fields, what the caller has to choose because the file does not prove it, and the first
/// rows as an import with the proposed `options` stores them. The `options` can be sent with the import as they are.
///
/// A date format or separator is proposed only if all values that were read prove it. Options in the request are taken over:
/// send the choices with another preview. To preview a large file, send its first 1,000,001 bytes.
#[utoipa::path(
    post, path = "/v1/imports/preview", operation_id = "preview_import", tag = "Imports",
    params(Query),
    request_body(content(
        (New = "application/json"),
        (Lines = "application/x-ndjson"),
        (Lines = "application/ndjson"),
        (Table = "text/csv"),
        (File = "application/octet-stream"),
    )),
    responses(
        (status = 200, description = "The preview", body = View),
        (status = 400, description = "The file can't be read; the codes are those of an import, without those that the answer has in `refusal`"),
        (status = 409, description = "`nothing_uploaded`: the file was not uploaded yet"),
    ),
)]
pub(crate) async fn preview(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Parameters(Query(stated)): Parameters<Query>,
    payload: Payload,
) -> Result<Json<View>, Problem> {
    let org = caller.org();
    let format = format(payload.media_type.as_deref())?;
    let is_upload = format == Some(Format::Json) && ImportMembers::of(&payload.bytes).upload_id;
    let part = match is_upload {
        true => of_upload(&stores, org, stated, &payload).await?,
        false => of_body(&stores, org, stated, format, payload).await?,
    };
    let Part { bytes, is_whole, format, gzip, options } = part;
    let proposed_from = options.options.clone();
    // The options are those of an import: what that refuses is refused here.
    options.notation(format, gzip)?;
    let organization = stores.guard.keys.organization(org).await?;
    let currency = organization.ok_or_else(|| Failure::missing("the organization of a caller"))?.currency;
    let org = org.clone();
    let previewed = tokio::task::spawn_blocking(move || {
        let beginning = Beginning { bytes: &bytes, is_whole, gzip };
        let setting = Setting { org: &org, default_currency: currency, now: Timestamp::now() };
        preview::preview(beginning, format, &proposed_from, setting)
    });
    let preview = previewed.await.map_err(Failure::corrupt("a preview"))??;
    Ok(Json(View::of(preview, format, gzip)))
}

/// The file is the body, or its beginning.
async fn of_body(
    stores: &Stores,
    org: &OrgId,
    stated: StatedOptions,
    format: Option<Format>,
    Payload { bytes, .. }: Payload,
) -> Result<Part, Problem> {
    let options = Effective::of(stores, org, stated, Place::Query).await?;
    let gzip = bytes.starts_with(GZIP);
    let format = read::format_of(&bytes, gzip, format.or(options.options.format), None)?;
    Ok(Part { is_whole: bytes.len() <= PREVIEW_BYTES_MAX, bytes, format, gzip, options })
}

/// The file was uploaded.
async fn of_upload(
    stores: &Stores,
    org: &OrgId,
    of_query: StatedOptions,
    payload: &Payload,
) -> Result<Part, Problem> {
    let ImportOfUpload { upload_id: id, stated } = payload.json()?;
    let options = Effective::of(stores, org, stated.or(of_query), Place::Body).await?;
    let unknown = || Problem::from(Finding::in_field("upload_id", FindingCode::InvalidValue, UNKNOWN_UPLOAD));
    let upload = stores.uploads.get(org, &id).await?.ok_or_else(unknown)?;
    let name = uploaded_file(org, &id);
    let sent = stores.files.facts(&name).await?;
    let sent = sent.filter(|sent| upload.sha256.is_none() || sent.sha256 == upload.sha256);
    let Facts { bytes, etag, .. } = sent.ok_or(ImportError::NothingUploaded)?;
    let length = bytes.min(PREVIEW_BYTES_MAX as u64);
    let piece = match length {
        0 => Some(Bytes::new()),
        length => stores.files.get_piece(&name, etag.as_deref(), 0..length).await?,
    };
    let part = piece.ok_or(ImportError::NothingUploaded)?;
    let (gzip, stated) = (upload.gzip, options.options.format.or(upload.format));
    let filename = upload.filename.as_ref().map(FileName::as_str);
    let format = read::format_of(&part, gzip, stated, filename)?;
    Ok(Part { bytes: part, is_whole: length == bytes, format, gzip, options })
}

/// The format that a media type states; `None` if it states none.
fn format(media_type: Option<&str>) -> Result<Option<Format>, Problem> {
    let format = FORMATS.into_iter().find(|(name, _)| media_type == Some(name));
    format.map(|(_, format)| format).ok_or_else(|| {
        Problem::unsupported_media_type(
            "application/json, application/x-ndjson, text/csv, application/octet-stream",
        )
    })
}

#[cfg(test)]
mod tests {
    use saldo_http::FromParameters;
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn operation_describes_its_parameters() {
        assert_eq!(query_parameters::<__path_preview>(), Query::NAMES);
    }
}
