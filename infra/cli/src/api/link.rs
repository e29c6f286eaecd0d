//! Links to S3, which carry their own permission: requests to them have no key. Files stream, whatever their size.

use std::collections::BTreeMap;
use std::io::Write;

use futures::TryStreamExt as _;
use http_body::Frame;
use http_body_util::StreamBody;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, StatusCode};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use super::error::cause;
use super::{Api, Error};
use crate::progress::Progress;

/// The bytes that are read from a file at once.
const READ_BYTES: usize = 256 * 1024;
/// The text of an error of S3 that is read.
const REFUSAL_BYTES_MAX: usize = 16 * 1024;

/// Why a file was not sent to a link, or not received from it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// It was too late to begin.
    #[error("the link has expired. Run the command again: it asks for a new one.")]
    Expired,
    /// The connection failed. A new attempt may succeed.
    #[error("the connection to the file storage was lost: {0} Run the command again: it continues.")]
    Lost(String),
    #[error("the file storage has refused the file ({status} {code}).")]
    Refused { status: StatusCode, code: String },
    #[error("{0}")]
    Local(#[from] std::io::Error),
}

impl LinkError {
    /// Whether a new link may help.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Expired | Self::Lost(_) => true,
            Self::Refused { status, .. } => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
            Self::Local(_) => false,
        }
    }
}

/// What has arrived from a link.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub bytes: u64,
    pub sha256: Vec<u8>,
}

/// Where a file comes from: a link, with its length if that is known.
pub(crate) struct Download<'a> {
    pub url: &'a str,
    pub bytes: Option<u64>,
}

impl Api {
    /// Sends the first `bytes` bytes of a file to a link.
    ///
    /// # Errors
    /// When the file storage does not have the whole file afterwards.
    pub(crate) async fn upload(
        &self,
        url: &str,
        headers: &BTreeMap<String, String>,
        file: tokio::fs::File,
        bytes: u64,
        progress: &Progress,
    ) -> Result<(), LinkError> {
        let mut all = HeaderMap::new();
        all.insert(CONTENT_LENGTH, bytes.into());
        for (name, value) in headers {
            let header = (HeaderName::try_from(name), HeaderValue::try_from(value));
            if let (Ok(name), Ok(value)) = header {
                all.insert(name, value);
            }
        }
        let bar = progress.bar();
        let read = ReaderStream::with_capacity(file.take(bytes), READ_BYTES);
        let read = read.inspect_ok(move |part| bar.inc(part.len() as u64));
        let body = Body::wrap(StreamBody::new(read.map_ok(Frame::data)));
        let sent = self.http.put(url).headers(all).body(body).send().await;
        let answer = sent.map_err(|error| LinkError::Lost(cause(&error)))?;
        if answer.status().is_success() { Ok(()) } else { Err(refused(answer).await) }
    }

    /// Writes the file behind a link.
    ///
    /// # Errors
    /// When not all of it has arrived.
    pub(crate) async fn download(
        &self,
        from: Download<'_>,
        mut to: impl Write,
        progress: &Progress,
    ) -> Result<Arrived, LinkError> {
        let lost = |error: reqwest::Error| LinkError::Lost(cause(&error));
        let mut answer = self.http.get(from.url).send().await.map_err(lost)?;
        if !answer.status().is_success() {
            return Err(refused(answer).await);
        }
        if let Some(bytes) = from.bytes.or_else(|| answer.content_length()) {
            progress.begin(bytes);
        }
        let (mut bytes, mut digest) = (0, Sha256::new());
        while let Some(part) = answer.chunk().await.map_err(lost)? {
            to.write_all(&part)?;
            digest.update(&part);
            bytes += part.len() as u64;
            progress.advance(part.len() as u64);
        }
        to.flush()?;
        Ok(Arrived { bytes, sha256: digest.finalize().to_vec() })
    }
}

/// The refusal of S3, which is XML with a `Code`.
async fn refused(mut answer: reqwest::Response) -> LinkError {
    let status = answer.status();
    let mut text = Vec::new();
    while let Ok(Some(part)) = answer.chunk().await
        && text.len() < REFUSAL_BYTES_MAX
    {
        text.extend_from_slice(&part);
    }
    let text = String::from_utf8_lossy(&text);
    let code = text.split_once("<Code>").and_then(|(_, code)| code.split_once("</Code>"));
    let code = code.map(|(code, _)| code.to_owned()).unwrap_or_default();
    // As the API documents it: 403, or 400 with the code `ExpiredToken`.
    match status == StatusCode::FORBIDDEN || code == "ExpiredToken" {
        true => LinkError::Expired,
        false => LinkError::Refused { status, code },
    }
}

impl From<LinkError> for Error {
    fn from(error: LinkError) -> Self {
        Self::Unreachable(error.to_string())
    }
}
