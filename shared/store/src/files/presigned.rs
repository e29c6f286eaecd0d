//! Presigned links: their holder can read or write one file for a limited time.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::config::http::HttpRequest;
use aws_sdk_s3::presigning::PresigningConfig;
use data_encoding::BASE64;
use jiff::Timestamp;
use saldo_domain::import::Announced;

use super::FileStore;
use crate::failure::Failure;

/// A link whose holder can read a file.
#[derive(Clone, Debug)]
pub struct Link {
    /// The link.
    pub url: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// A link whose holder can write a file.
#[derive(Clone, Debug)]
pub struct PutLink {
    /// The link.
    pub url: String,
    /// The headers that the request must have.
    pub headers: BTreeMap<String, String>,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The header in which the SDK passes on Lambda's trace, for AWS to detect loops.
const TRACE_HEADER: &str = "x-amzn-trace-id";

/// Removes Lambda's trace from a request before it is signed: the holder of the link would have to send the same one.
fn forget_trace(request: &mut HttpRequest) {
    request.headers_mut().remove(TRACE_HEADER);
}

impl FileStore {
    /// A link to a file that is valid for this long.
    ///
    /// # Errors
    /// [`Failure`] when the link can't be signed.
    pub async fn link(&self, name: &str, valid: Duration) -> Result<Link, Failure> {
        // S3 counts from the signature, so the link never expires before the time that is returned.
        let now = Timestamp::now();
        let validity = PresigningConfig::expires_in(valid).map_err(Failure::unsendable("GetObject link"))?;
        let get = self.client.get_object().bucket(&self.bucket).key(name);
        let request = get.customize().mutate_request(forget_trace).presigned(validity).await;
        let url = request.map(|signed| signed.uri().to_owned()).map_err(Failure::of("GetObject link"))?;
        Ok(Link { url, expires_at: now + valid })
    }

    /// A link by which the announced file can be written. S3 enforces its size and its digest, as far as they were
    /// announced.
    ///
    /// # Errors
    /// [`Failure`] when the link can't be signed.
    pub async fn put_link(
        &self,
        name: &str,
        announced: &Announced,
        valid: Duration,
    ) -> Result<PutLink, Failure> {
        let now = Timestamp::now();
        let validity = PresigningConfig::expires_in(valid).map_err(Failure::unsendable("PutObject link"))?;
        let put = self.client.put_object().bucket(&self.bucket).key(name);
        let put = put.set_content_length(announced.bytes);
        let put = put.set_checksum_sha256(announced.sha256.map(|digest| BASE64.encode(&digest)));
        let signed = put
            .customize()
            .mutate_request(forget_trace)
            .presigned(validity)
            .await
            .map_err(Failure::of("PutObject link"))?;
        let headers = signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(PutLink { url: signed.uri().to_owned(), headers, expires_at: now + valid })
    }
}
