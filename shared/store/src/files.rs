//! The files, in S3: payloads, chunks and reports of imports; exports.

mod presigned;
mod upload;

use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;
use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use saldo_domain::id::{ExportId, ImportId, OrgId, UploadId};
use saldo_domain::import::ListPage;
use uuid::Uuid;

use crate::failure::Failure;

pub use presigned::{Link, PutLink};
pub use upload::Upload;

/// The bucket of files.
#[derive(Clone, Debug)]
pub struct FileStore {
    client: Client,
    bucket: String,
}

/// The files of one import, under a prefix that names the organization and the import.
#[derive(Clone, Debug)]
pub struct ImportFiles(String);

impl ImportFiles {
    /// The files of an organization's import.
    #[must_use]
    pub fn of(org: &OrgId, import: &ImportId) -> Self {
        Self(format!("imports/{org}/{import}"))
    }

    /// The request's body, byte by byte.
    #[must_use]
    pub fn payload(&self) -> String {
        format!("{}/payload", self.0)
    }

    /// The rows of a chunk.
    #[must_use]
    pub fn chunk(&self, number: u32) -> String {
        format!("{}/chunks/{number:06}", self.0)
    }

    /// The accounts that a complete file names.
    #[must_use]
    pub fn members(&self) -> String {
        format!("{}/members", self.0)
    }

    /// A page of the list of items that a complete file omits.
    #[must_use]
    pub fn closings(&self, page: ListPage) -> String {
        format!("{}/closings/{}-{:06}", self.0, page.run, page.number)
    }

    /// The report of an attempt at a chunk. Each attempt has a file of its own, and the commit of the chunk names the
    /// one that is valid.
    #[must_use]
    pub fn report(&self, number: u32, attempt: Uuid) -> String {
        format!("{}/reports/{number:06}-{attempt}", self.0)
    }

    /// The report of every row, if it is too long for an answer.
    #[must_use]
    pub fn all_rows(&self, extension: &str) -> String {
        format!("{}/report.{extension}", self.0)
    }

    /// The refused rows, if they are too many for an answer.
    #[must_use]
    pub fn refused_rows(&self, extension: &str) -> String {
        format!("{}/refused.{extension}", self.0)
    }
}

/// The name of a file that an organization uploads by a link, to be imported.
#[must_use]
pub fn uploaded_file(org: &OrgId, upload: &UploadId) -> String {
    format!("uploads/{org}/{upload}")
}

/// The name of the file of an answer that is kept to be repeated. The bucket's lifecycle rule removes it when the answer
/// has expired.
#[must_use]
pub fn kept_answer(org: &OrgId, answer: Uuid) -> String {
    format!("answers/{org}/{answer}")
}

/// The name of the file that an attempt at an export writes. Exports have a prefix of their own, for the bucket's
/// lifecycle rule. The file's content disposition has the name under which a browser saves it.
#[must_use]
pub fn export_file(org: &OrgId, export: &ExportId, attempt: Uuid) -> String {
    format!("exports/{org}/{export}/{attempt}")
}

/// The properties of a file in S3.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Its size in bytes.
    pub bytes: u64,
    /// Its `ETag`, which changes with its content.
    pub etag: Option<String>,
    /// Its SHA-256 in base64, if it was checked when it was written.
    pub sha256: Option<String>,
}

/// How often the reading of a piece of a file is tried, if it is cut off.
const READ_RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(50))
    .with_max_delay(Duration::from_secs(2))
    .with_max_times(5);

impl FileStore {
    pub(crate) fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Writes a file, whole or not at all.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails.
    pub async fn put(&self, name: &str, content_type: &str, content: Bytes) -> Result<(), Failure> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(name)
            .content_type(content_type)
            .body(ByteStream::from(content))
            .send()
            .await
            .map(drop)
            .map_err(Failure::of("PutObject"))
    }

    /// Reads a file, if it exists.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails, or the file ends before its length.
    pub async fn get(&self, name: &str) -> Result<Option<Bytes>, Failure> {
        let object = match self.client.get_object().bucket(&self.bucket).key(name).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                return Ok(None);
            }
            Err(error) => return Err(Failure::of("GetObject")(error)),
        };
        let body = object.body.collect().await.map_err(Failure::unsendable("GetObject"))?;
        Ok(Some(body.into_bytes()))
    }

    /// The properties of a file, if it exists.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails.
    pub async fn facts(&self, name: &str) -> Result<Option<Facts>, Failure> {
        let head = self.client.head_object().bucket(&self.bucket).key(name);
        match head.checksum_mode(ChecksumMode::Enabled).send().await {
            Ok(facts) => {
                let bytes = facts.content_length.and_then(|bytes| u64::try_from(bytes).ok());
                let bytes = bytes.unwrap_or_default();
                Ok(Some(Facts { bytes, etag: facts.e_tag, sha256: facts.checksum_sha256 }))
            }
            Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => Ok(None),
            Err(error) => Err(Failure::of("HeadObject")(error)),
        }
    }

    /// Reads a piece of a file, if it exists and, where an `ETag` is given, still has that. If the answer is cut short,
    /// the piece is read again.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails.
    pub async fn get_piece(
        &self,
        name: &str,
        etag: Option<&str>,
        piece: Range<u64>,
    ) -> Result<Option<Bytes>, Failure> {
        let read = || self.get_piece_once(name, etag, &piece);
        read.retry(READ_RETRIES).await
    }

    async fn get_piece_once(
        &self,
        name: &str,
        etag: Option<&str>,
        piece: &Range<u64>,
    ) -> Result<Option<Bytes>, Failure> {
        let last = piece.end.saturating_sub(1);
        let request = self.client.get_object().bucket(&self.bucket).key(name);
        let request =
            request.range(format!("bytes={}-{last}", piece.start)).set_if_match(etag.map(str::to_owned));
        let object = match request.send().await {
            Ok(object) => object,
            Err(error) => {
                let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
                return match code {
                    // Deleted, changed, or shorter than it was.
                    Some("NoSuchKey" | "PreconditionFailed" | "InvalidRange") => Ok(None),
                    _ => Err(Failure::of("GetObject")(error)),
                };
            }
        };
        // Not every service that is compatible with S3 checks conditions.
        if etag.is_some() && object.e_tag() != etag {
            return Ok(None);
        }
        let body = object.body.collect().await.map_err(Failure::unsendable("GetObject"))?.into_bytes();
        match body.len() as u64 == piece.end - piece.start {
            true => Ok(Some(body)),
            false => Err(Failure::corrupt("a file")("it was cut short")),
        }
    }
}
