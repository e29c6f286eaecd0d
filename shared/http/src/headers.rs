//! Rules for the headers of all requests and answers: a request must not repeat a header with one value, and answers
//! forbid caches, content sniffing and plain HTTP.

use axum::extract::Request;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HOST, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::{Problem, auth};

/// The header that identifies a request, so that a retry is not carried out twice.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Headers that have one value, without a comma. If they were repeated, a proxy might use the first value and a function
/// the last.
///
/// API Gateway joins repeated headers with commas
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>),
/// so a comma counts as a repetition. Lists, such as `If-Match` and `Accept`, have the same meaning repeated or joined
/// (RFC 9110 section 5.3) and may be repeated.
const SINGLE: [HeaderName; 5] = [auth::X_API_KEY, CONTENT_ENCODING, CONTENT_TYPE, HOST, IDEMPOTENCY_KEY];

/// Browsers use only HTTPS for a year, as in AWS's own policy for `CloudFront`
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html>).
/// The policy does not include subdomains, which may serve other things.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Refuses requests that repeat a header with one value, and requests with two different keys.
pub(super) async fn refuse_ambiguous(request: Request, next: Next) -> Result<Response, Problem> {
    let headers = request.headers();
    if let Some(name) = SINGLE.iter().find(|name| is_repeated(headers, name)) {
        return Err(Problem::repeated_header(name));
    }
    if headers.get_all(AUTHORIZATION).iter().count() > 1 || has_joined_bearer(headers) {
        return Err(Problem::repeated_header(&AUTHORIZATION));
    }
    if let (Some(key), Some(bearer)) = (auth::header_key(headers), auth::bearer_key(headers))
        && key != bearer
    {
        return Err(Problem::conflicting_keys());
    }
    Ok(next.run(request).await)
}

fn is_repeated(headers: &HeaderMap, name: &HeaderName) -> bool {
    let mut values = headers.get_all(name).iter();
    values.next().is_some_and(|first| first.as_bytes().contains(&b',')) || values.next().is_some()
}

/// Whether the value was joined from several values, one of them a bearer token. Values of other schemes, such as
/// Digest, have commas.
fn has_joined_bearer(headers: &HeaderMap) -> bool {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = value.split(',').map(str::trim_start);
    value.contains(',') && parts.any(|part| auth::bearer_token(part).is_some())
}

/// Adds the headers that all answers have. A handler may set its own `Cache-Control`.
pub(super) fn secure(headers: &mut HeaderMap) {
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[(&str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().expect("a name"), value.parse::<HeaderValue>().expect("a value"))
        };
        values.iter().map(header).collect()
    }

    #[test]
    fn joined_bearer_tokens_differ_from_values_with_commas() {
        for (value, expected) in [
            ("Bearer a", false),
            ("Bearer a,Bearer b", true),
            ("Basic eA==, bearer b", true),
            (r#"Digest username="a", realm="b""#, false),
        ] {
            assert_eq!(has_joined_bearer(&headers(&[("authorization", value)])), expected, "{value}");
        }
    }

    #[test]
    fn repeated_and_joined_headers_are_recognized() {
        let name = CONTENT_TYPE;
        assert!(!is_repeated(&headers(&[("content-type", "text/csv; charset=utf-8")]), &name));
        assert!(is_repeated(&headers(&[("content-type", "text/csv"), ("content-type", "text/csv")]), &name));
        assert!(is_repeated(&headers(&[("content-type", "text/csv,application/json")]), &name));
    }
}
