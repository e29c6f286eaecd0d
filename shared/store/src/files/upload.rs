//! Files that are written piece by piece, with S3's multipart upload: the file exists, whole, once the upload is
//! finished, and not before.

use std::time::Duration;

use aws_sdk_s3::config::Config;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, ServerSideEncryption};
use bytes::{Bytes, BytesMut};
use tokio_util::task::AbortOnDropHandle;

use super::FileStore;
use crate::failure::Failure;

/// The size of a part in bytes. S3 requires at least 5 MiB and at most 10,000 parts, so a file may have 50 GB. While one
/// part is sent, the next is filled.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// How long S3 may take to assemble the parts: minutes for large files, says its documentation.
const FINISH_TIMEOUT: Duration = Duration::from_mins(5);

/// A file that is being written.
#[derive(Debug)]
pub struct Upload {
    store: FileStore,
    name: String,
    id: String,
    part: BytesMut,
    sending: Option<AbortOnDropHandle<Result<CompletedPart, Failure>>>,
    sent: Vec<CompletedPart>,
}

impl FileStore {
    /// Begins to write a file with this content disposition.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails.
    pub async fn begin(
        &self,
        name: String,
        content_type: &str,
        disposition: &str,
    ) -> Result<Upload, Failure> {
        let begun = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(&name)
            .content_type(content_type)
            .content_disposition(disposition)
            .server_side_encryption(ServerSideEncryption::Aes256)
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .send()
            .await
            .map_err(Failure::of("CreateMultipartUpload"))?;
        let id = begun.upload_id.ok_or_else(|| Failure::missing("an upload's id"))?;
        let part = BytesMut::with_capacity(PART_BYTES);
        Ok(Upload { store: self.clone(), name, id, part, sending: None, sent: Vec::new() })
    }

    /// Removes what an interrupted upload left: its parts, or a file that no record refers to.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails.
    pub async fn clear_away(&self, name: &str, upload: &str) -> Result<(), Failure> {
        let abort = self
            .client
            .abort_multipart_upload()
            .bucket(&self.bucket)
            .key(name)
            .upload_id(upload)
            .send()
            .await;
        // An upload that was finished or aborted before does not exist any more.
        if let Err(error) = abort
            && error.as_service_error().and_then(ProvideErrorMetadata::code) != Some("NoSuchUpload")
        {
            // The bucket's lifecycle rule removes it a day later.
            let failure = Failure::of("AbortMultipartUpload")(error);
            tracing::warn!(error = %failure.chain(), "an upload was not aborted; the lifecycle rule removes it");
        }
        self.delete(name).await
    }

    /// Deletes a file, if it exists.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails.
    pub async fn delete(&self, name: &str) -> Result<(), Failure> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(name).send().await;
        match delete {
            Err(error)
                if error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("NoSuchKey") =>
            {
                Ok(())
            }
            delete => delete.map(drop).map_err(Failure::of("DeleteObject")),
        }
    }
}

impl Upload {
    /// The upload's id, by which it can be removed.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        while self.part.len() + bytes.len() >= PART_BYTES {
            let (now, later) = bytes.split_at(PART_BYTES - self.part.len());
            self.part.extend_from_slice(now);
            bytes = later;
            self.send().await?;
        }
        self.part.extend_from_slice(bytes);
        Ok(())
    }

    /// Finishes the file, so that it can be read.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails; the file may exist or not.
    pub async fn finish(mut self) -> Result<(), Failure> {
        // An upload needs at least one part, even if it is empty.
        if !self.part.is_empty() || (self.sent.is_empty() && self.sending.is_none()) {
            self.send().await?;
        }
        self.sent().await?;
        let patience = TimeoutConfig::builder()
            .operation_attempt_timeout(FINISH_TIMEOUT)
            .operation_timeout(FINISH_TIMEOUT)
            .build();
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.sent)).build();
        self.store
            .client
            .complete_multipart_upload()
            .bucket(&self.store.bucket)
            .key(&self.name)
            .upload_id(&self.id)
            .multipart_upload(parts)
            .customize()
            .config_override(Config::builder().timeout_config(patience))
            .send()
            .await
            .map(drop)
            .map_err(Failure::of("CompleteMultipartUpload"))
    }

    /// Sends the part that was filled, once the one before it has been sent.
    async fn send(&mut self) -> Result<(), Failure> {
        self.sent().await?;
        let part = std::mem::replace(&mut self.part, BytesMut::with_capacity(PART_BYTES)).freeze();
        let number = i32::try_from(self.sent.len() + 1).unwrap_or(i32::MAX);
        let sending = send_part(self.store.clone(), self.name.clone(), self.id.clone(), number, part);
        self.sending = Some(AbortOnDropHandle::new(tokio::spawn(sending)));
        Ok(())
    }

    /// Waits until the part that is being sent has arrived.
    async fn sent(&mut self) -> Result<(), Failure> {
        if let Some(sending) = self.sending.take() {
            self.sent.push(sending.await.map_err(Failure::unsendable("UploadPart"))??);
        }
        Ok(())
    }
}

async fn send_part(
    store: FileStore,
    name: String,
    upload: String,
    number: i32,
    part: Bytes,
) -> Result<CompletedPart, Failure> {
    let answer = store
        .client
        .upload_part()
        .bucket(&store.bucket)
        .key(name)
        .upload_id(upload)
        .part_number(number)
        .checksum_algorithm(ChecksumAlgorithm::Crc32)
        .body(ByteStream::from(part))
        .send()
        .await
        .map_err(Failure::of("UploadPart"))?;
    // S3 requires the properties that it returned for each part, including its checksum.
    let part = CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag);
    Ok(part.set_checksum_crc32(answer.checksum_crc32).build())
}
