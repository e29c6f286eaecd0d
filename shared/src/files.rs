//! The files, in S3: payloads, chunks and reports of imports; exports.

mod upload;

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use crate::failure::Failure;
use crate::id::{ExportId, ImportId, OrgId};

pub use upload::Upload;

/// The bucket of files.
#[derive(Clone, Debug)]
pub struct FileStore {
    client: Client,
    bucket: String,
}

/// The files of one import, all under one prefix, so that what belongs to an
/// organization is told by its name.
#[derive(Clone, Debug)]
pub struct ImportFiles(String);

impl ImportFiles {
    /// The files of an organization's import.
    #[must_use]
    pub fn of(org: &OrgId, import: &ImportId) -> Self {
        Self(format!("imports/{org}/{import}"))
    }

    /// What was sent, byte by byte.
    #[must_use]
    pub fn payload(&self) -> String {
        format!("{}/payload", self.0)
    }

    /// The rows of a chunk.
    #[must_use]
    pub fn chunk(&self, number: u32) -> String {
        format!("{}/chunks/{number:06}.json", self.0)
    }

    /// What an attempt at a chunk found in its rows. Attempts don't share a file: the one
    /// that is committed names its own.
    #[must_use]
    pub fn report(&self, number: u32, attempt: Uuid) -> String {
        format!("{}/reports/{number:06}-{attempt}.json", self.0)
    }

    /// The refused rows, too many for an answer.
    #[must_use]
    pub fn refused_rows(&self, extension: &str) -> String {
        format!("{}/refused.{extension}", self.0)
    }
}

/// The name of the file of an answer that is kept to be repeated. The bucket's lifecycle rule
/// removes it when it is not any more.
#[must_use]
pub fn kept_answer(org: &OrgId, answer: Uuid) -> String {
    format!("answers/{org}/{answer}")
}

/// The name of the file that an attempt at an export writes. Exports have a prefix of their
/// own, which the bucket's lifecycle rule goes by. What the file is saved as is told by its
/// disposition.
#[must_use]
pub fn export_file(org: &OrgId, export: &ExportId, attempt: Uuid) -> String {
    format!("exports/{org}/{export}/{attempt}")
}

/// A link by which anybody who has it can read a file.
#[derive(Clone, Debug)]
pub struct Link {
    /// The link.
    pub url: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

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

    /// Reads a file, if it is there.
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

    /// A link to a file that works for so long.
    ///
    /// # Errors
    /// [`Failure`] when the link can't be signed.
    pub async fn link(&self, name: &str, valid: Duration) -> Result<Link, Failure> {
        // S3 counts from the signature on; what is said is never later than what holds.
        let now = Timestamp::now();
        let validity = PresigningConfig::expires_in(valid).map_err(Failure::unsendable("GetObject link"))?;
        let request = self.client.get_object().bucket(&self.bucket).key(name).presigned(validity).await;
        let url = request.map(|signed| signed.uri().to_owned()).map_err(Failure::of("GetObject link"))?;
        Ok(Link { url, expires_at: now + valid })
    }
}
