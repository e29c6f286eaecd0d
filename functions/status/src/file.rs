//! A file of an import: the answer itself or, if it is larger than an answer can be, a link to it. A large file is written to
//! S3 piece by piece.

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use saldo_domain::date::in_milliseconds;
use saldo_http::{AnswerBody, Problem};
use saldo_store::failure::Failure;
use saldo_store::files::Upload;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;

/// The notation of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// A table.
    Csv,
    /// A JSON object per line.
    Ndjson,
}

impl Notation {
    /// The notation that a request accepts; `None` if it accepts neither.
    pub(crate) fn wanted(headers: &HeaderMap) -> Option<Self> {
        let accepted = headers.get_all(ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
        let mut types =
            accepted.flat_map(|accept| accept.split(',')).filter_map(|accept| accept.split(';').next());
        types.find_map(|media_type| match media_type.trim().to_ascii_lowercase().as_str() {
            "text/csv" => Some(Self::Csv),
            "application/x-ndjson" | "application/ndjson" => Some(Self::Ndjson),
            _ => None,
        })
    }

    /// The media type and the extension.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Csv => ("text/csv; charset=utf-8", "csv"),
            Self::Ndjson => ("application/x-ndjson", "ndjson"),
        }
    }
}

/// A file that is larger than an answer can be. (A redirect would have many clients send the API
/// key to S3.)
#[derive(Serialize, ToSchema)]
#[schema(as = ImportFile, example = json!({
    "url": "https://bucket.s3.eu-central-1.amazonaws.com/imports/...?X-Amz-Signature=...",
    "expires_at": "2026-03-16T09:45:02.000Z", "media_type": "text/csv; charset=utf-8",
    "filename": "imp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90-refused.csv"
}))]
pub(crate) struct LinkedFile {
    /// A link to the file, a new one each time. A request to it needs no key.
    #[schema(format = "uri")]
    url: String,
    /// The time at which the link expires.
    #[schema(format = DateTime)]
    expires_at: String,
    /// The file's media type.
    media_type: &'static str,
    /// The name under which the file is saved.
    filename: String,
}

/// A file that is being written.
pub(crate) struct File<'a> {
    stores: &'a Stores,
    /// Its name in S3, if it becomes large.
    name: String,
    notation: Notation,
    /// The name under which it is saved.
    filename: String,
    content: Content,
}

/// What was written: an answer while that fits, then a file in S3.
enum Content {
    Answer(AnswerBody),
    Upload(Box<Upload>),
}

impl<'a> File<'a> {
    pub(crate) fn begin(stores: &'a Stores, name: String, notation: Notation, filename: String) -> Self {
        Self { stores, name, notation, filename, content: Content::Answer(AnswerBody::default()) }
    }

    /// Appends bytes.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let before = match &mut self.content {
            Content::Upload(upload) => return upload.write(bytes).await,
            Content::Answer(body) => match body.push(bytes) {
                true => return Ok(()),
                false => Vec::from(std::mem::take(body)),
            },
        };
        let (name, (content_type, _)) = (self.name.clone(), self.notation.names());
        let mut upload = self.stores.files.begin(name, content_type, &self.disposition()).await?;
        upload.write(&before).await?;
        upload.write(bytes).await?;
        self.content = Content::Upload(Box::new(upload));
        Ok(())
    }

    /// The answer with the file, or with a link to it.
    pub(crate) async fn finish(self) -> Result<Response, Problem> {
        let (disposition, (content_type, _)) = (self.disposition(), self.notation.names());
        match self.content {
            Content::Answer(body) => {
                let headers = [(CONTENT_TYPE, content_type.to_owned()), (CONTENT_DISPOSITION, disposition)];
                Ok((headers, Vec::from(body)).into_response())
            }
            Content::Upload(upload) => {
                upload.finish().await?;
                let link = self.stores.files.link(&self.name, self.stores.limits.link_valid).await?;
                Ok(Json(LinkedFile {
                    url: link.url,
                    expires_at: in_milliseconds(link.expires_at),
                    media_type: content_type,
                    filename: self.filename,
                })
                .into_response())
            }
        }
    }

    fn disposition(&self) -> String {
        format!(r#"attachment; filename="{}""#, self.filename)
    }
}
