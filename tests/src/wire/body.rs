//! Bodies of responses, read and replaced.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::body::Bytes;
use http_body_util::BodyExt;

/// Reads the body of a response, which keeps it.
///
/// # Errors
/// When the connection breaks.
pub async fn read_body(response: &mut HttpResponse) -> Result<Bytes, ConnectorError> {
    let body = buffer(response.take_body()).await?;
    *response.body_mut() = SdkBody::from(body.clone());
    Ok(body)
}

/// Replaces the body of a response, and what its headers say about the old one.
pub fn set_body(response: &mut HttpResponse, body: Vec<u8>) {
    response.headers_mut().remove("x-amz-crc32");
    response.headers_mut().insert("content-length", body.len().to_string());
    *response.body_mut() = SdkBody::from(body);
}

/// Reads a body to its end.
pub(crate) async fn buffer(body: SdkBody) -> Result<Bytes, ConnectorError> {
    Ok(body.collect().await.map_err(ConnectorError::io)?.to_bytes())
}
