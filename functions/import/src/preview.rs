//! `POST /v1/imports/preview`: says how a file is written, which options import it, and what they store of its first rows.

use axum::body::Bytes;
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::id::OrgId;
use saldo_domain::import::{Format, ImportOfUpload, ImportOptions, PayloadFile, RowDefaults, StatedOptions};
use saldo_domain::organization::Organization;
use saldo_domain::text::Text;
use saldo_formats::preview::{self, Beginning, PREVIEW_BYTES_MAX, Preview, Setting};
use saldo_formats::read::{ImportMembers, format_of};
use saldo_http::{Caller, Parameters, Payload, Problem};
use saldo_jobs::import::read_by_range;
use saldo_store::failure::Failure;

use crate::Stores;
use crate::accept::{XLSX, nothing_was_replaced};
use crate::error::ImportError;
use crate::options::{Effective, OptionsIn};
use crate::parameters::Query;
use crate::preview_view::View;
use crate::rows::{FileBody, LinesBody, NewBody, TableBody, WorkbookBody};
use crate::uploads::{head_of, sent};

/// The media types that are read, each with its format. That of bytes follows from the option `format`, or from the first
/// of them; API Gateway passes them on unchanged, in any encoding.
const FORMATS: [(&str, Option<Format>); 6] = [
    ("application/json", Some(Format::Json)),
    ("application/x-ndjson", Some(Format::Ndjson)),
    ("application/ndjson", Some(Format::Ndjson)),
    ("text/csv", Some(Format::Csv)),
    (XLSX, Some(Format::Xlsx)),
    ("application/octet-stream", None),
];
/// The first bytes of a gzip file (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// A file, with the options of its import.
struct Part {
    content: Content,
    format: Format,
    gzip: bool,
    options: ImportOptions,
}

/// What is read of a file.
enum Content {
    /// Its beginning or, of a workbook, all of it.
    Bytes { bytes: Bytes, is_whole: bool },
    /// An uploaded workbook, which is read by range: its list of parts is at its end.
    Workbook(PayloadFile),
}

/// Previews an import
///
/// Reads the first 1,000,000 bytes of a file, which is the body or was uploaded, and stores nothing. Answers how the file is
/// written, which columns fill which fields, what the caller has to choose because the file does not prove it, and the first
/// rows as an import with the proposed `options` stores them. The `options` can be sent with the import as they are.
///
/// A date format or separator is proposed only if all values that were read prove it. Options in the request are taken over:
/// send the choices with another preview. To preview a large file, send its first 1,000,001 bytes, but all of a workbook, or
/// upload it: its list of parts is at its end. Of a workbook, the first rows of a sheet are read.
#[utoipa::path(
    post, path = "/v1/imports/preview", operation_id = "preview_import", tag = "Imports",
    params(Query),
    request_body(content(
        (NewBody = "application/json"),
        (LinesBody = "application/x-ndjson"),
        (LinesBody = "application/ndjson"),
        (TableBody = "text/csv"),
        (WorkbookBody = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (FileBody = "application/octet-stream"),
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
        false => of_body(&stores, org, format, stated, payload).await?,
    };
    let organization = stores.guard.keys.organization(org).await?;
    let organization = organization.ok_or_else(|| Failure::missing("the organization of a caller"))?;
    let (format, gzip) = (part.format, part.gzip);
    let preview = of_part(&stores, organization, part).await?;
    Ok(Json(View::of(preview, format, gzip)))
}

/// Previews a part of a file, on a thread where it may block.
async fn of_part(stores: &Stores, organization: Organization, part: Part) -> Result<Preview, Problem> {
    let Part { content, format, gzip, options } = part;
    let now = Timestamp::now();
    let (defaults, org) = (RowDefaults::of(&options, &organization, now), organization.id);
    let previewed = match content {
        Content::Bytes { bytes, is_whole } => {
            let previewed = tokio::task::spawn_blocking(move || {
                let setting = Setting { org: &org, defaults, now };
                preview::preview(Beginning { bytes: &bytes, is_whole, gzip }, format, &options, setting)
            });
            previewed.await.map_err(Failure::corrupt("a preview"))?
        }
        Content::Workbook(file) => {
            let previewed = read_by_range(&stores.files, &file, move |source| {
                let setting = Setting { org: &org, defaults, now };
                preview::workbook(source, &options, setting)
            });
            previewed.await?.ok_or(ImportError::NothingUploaded)?
        }
    };
    Ok(previewed?)
}

/// The file is the body, or its beginning.
async fn of_body(
    stores: &Stores,
    org: &OrgId,
    format: Option<Format>,
    stated: StatedOptions,
    payload: Payload,
) -> Result<Part, Problem> {
    if format.is_some() {
        nothing_was_replaced(&payload)?;
    }
    let effective = Effective::of(stores, org, stated, OptionsIn::Query).await?;
    let Payload { bytes, .. } = payload;
    let gzip = bytes.starts_with(GZIP);
    let wanted = effective.options.format;
    let format = match format {
        Some(format) if wanted.is_some_and(|wanted| wanted != format) => {
            let reason = "not the format of the body, which its Content-Type states";
            return Err(Problem::invalid_value_of("format", reason));
        }
        Some(format) => format,
        None => format_of(&bytes, gzip, wanted, None)?,
    };
    let is_whole = bytes.len() <= PREVIEW_BYTES_MAX;
    part(Content::Bytes { bytes, is_whole }, format, gzip, effective)
}

/// The file was uploaded.
async fn of_upload(
    stores: &Stores,
    org: &OrgId,
    of_query: StatedOptions,
    payload: &Payload,
) -> Result<Part, Problem> {
    let ImportOfUpload { upload_id: id, stated } = payload.json()?;
    let effective = Effective::of(stores, org, stated.or(of_query), OptionsIn::Body).await?;
    let (upload, file) = sent(stores, org, &id).await?;
    let begin = head_of(stores, &file, PREVIEW_BYTES_MAX as u64).await?;
    let filename = upload.filename.as_ref().map(Text::as_str);
    let format = format_of(&begin, upload.gzip, effective.options.format.or(upload.format), filename)?;
    let is_whole = begin.len() as u64 == file.bytes;
    let content = match format {
        Format::Xlsx if !is_whole => Content::Workbook(file),
        _ => Content::Bytes { bytes: begin, is_whole },
    };
    part(content, format, upload.gzip, effective)
}

/// The part that is previewed, if an import accepts the options for this format.
fn part(content: Content, format: Format, gzip: bool, effective: Effective) -> Result<Part, Problem> {
    let (notation, _) = effective.notation(format, gzip)?;
    Ok(Part { content, format, gzip, options: *notation.options })
}

fn format(media_type: Option<&str>) -> Result<Option<Format>, Problem> {
    let format = FORMATS.into_iter().find(|(name, _)| media_type == Some(name));
    format.map(|(_, format)| format).ok_or_else(|| {
        Problem::unsupported_media_type(&format!(
            "application/json, application/x-ndjson, text/csv, {XLSX}, application/octet-stream"
        ))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use saldo_http::FromParameters;
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn operation_describes_its_parameters() {
        let sorted = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let described: Vec<_> = query_parameters::<__path_preview>();
        assert_eq!(described.into_iter().collect::<BTreeSet<_>>(), sorted(Query::NAMES));
    }
}
