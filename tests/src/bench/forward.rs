//! Passes the requests of functions in processes of their own on to DynamoDB.

use axum::body::Bytes;
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// The way to a DynamoDB.
pub(super) struct Forward {
    client: reqwest::Client,
    dynamodb: String,
}

impl Forward {
    /// Passes requests on to the DynamoDB at this URL.
    pub(super) fn to(dynamodb: String) -> Self {
        Self { client: reqwest::Client::new(), dynamodb }
    }

    /// Sends a request and returns its response.
    ///
    /// # Errors
    /// The response to a request that can't be passed on.
    pub(super) async fn send(
        &self,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<(StatusCode, HeaderMap, Bytes), Response> {
        headers.remove(HOST);
        headers.remove(CONTENT_LENGTH);
        let answer = async {
            let answer = self.client.post(&self.dynamodb).headers(headers).body(body).send().await?;
            let (status, mut headers) = (answer.status(), answer.headers().clone());
            headers.remove(TRANSFER_ENCODING);
            Ok((status, headers, answer.bytes().await?))
        };
        answer
            .await
            .map_err(|error: reqwest::Error| (StatusCode::BAD_GATEWAY, error.to_string()).into_response())
    }
}

/// The name of the operation that a request calls.
pub(super) fn operation(headers: &HeaderMap) -> String {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    target.strip_prefix("DynamoDB_20120810.").unwrap_or(target).to_owned()
}
