//! The template's CORS rules. They are enforced in front of services without CORS support, and configured in those with
//! support.

use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use axum::Router;
use axum::extract::Request;
use axum::http::header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN};
use axum::http::{HeaderValue, Method};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use serde::Deserialize;
use tower::ServiceExt;
use tower_http::cors::{Any, CorsLayer};

use crate::template::Template;

/// The CORS rules of an HTTP API or a bucket.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Cors {
    #[serde(alias = "AllowedOrigins")]
    allow_origins: Vec<String>,
    #[serde(alias = "AllowedMethods")]
    allow_methods: Vec<String>,
    #[serde(alias = "AllowedHeaders")]
    allow_headers: Vec<String>,
    #[serde(alias = "ExposedHeaders")]
    expose_headers: Vec<String>,
    /// In seconds.
    max_age: u32,
}

impl Cors {
    /// The rules of the template's API.
    pub(crate) fn of_api(template: &Template) -> Result<Self> {
        let apis = template.resources("AWS::Serverless::HttpApi")?;
        let api = apis.first().context("the template has no API")?;
        Ok(serde_json::from_value(api.properties["CorsConfiguration"].clone())?)
    }

    /// The rules of the template's bucket.
    pub(crate) fn of_bucket(template: &Template) -> Result<Self> {
        let buckets = template.resources("AWS::S3::Bucket")?;
        let bucket = buckets.first().context("the template has no bucket")?;
        let [rules]: [Self; 1] =
            serde_json::from_value(bucket.properties["CorsConfiguration"]["CorsRules"].clone())?;
        Ok(rules)
    }

    /// The rules for S3's `PutBucketCors`.
    pub(crate) fn to_s3(&self) -> Result<CorsConfiguration> {
        let rule = CorsRule::builder()
            .set_allowed_origins(Some(self.allow_origins.clone()))
            .set_allowed_methods(Some(self.allow_methods.clone()))
            .set_allowed_headers(Some(self.allow_headers.clone()))
            .set_expose_headers(Some(self.expose_headers.clone()))
            .max_age_seconds(self.max_age.try_into()?);
        Ok(CorsConfiguration::builder().cors_rules(rule.build()?).build()?)
    }

    /// Puts the rules in front of a service: answers preflight requests and adds headers to other responses.
    pub(crate) fn before(&self, service: Router) -> Result<Router> {
        let with_rules = service.clone().layer(self.layer()?);
        // The layer treats every OPTIONS request as a preflight request.
        Ok(service.layer(from_fn(move |request: Request, next: Next| {
            let with_rules = with_rules.clone();
            async move { answer(with_rules, request, next).await }
        })))
    }

    fn layer(&self) -> Result<CorsLayer> {
        let layer = CorsLayer::new().max_age(Duration::from_secs(self.max_age.into()));
        let layer = match self.allow_origins.iter().any(|origin| origin == "*") {
            true => layer.allow_origin(Any),
            false => layer.allow_origin(parsed::<HeaderValue>(&self.allow_origins)?),
        };
        let layer = match self.allow_headers.iter().any(|header| header == "*") {
            true => layer.allow_headers(Any),
            false => layer.allow_headers(parsed::<HeaderName>(&self.allow_headers)?),
        };
        let layer = layer.expose_headers(parsed::<HeaderName>(&self.expose_headers)?);
        Ok(layer.allow_methods(parsed::<Method>(&self.allow_methods)?))
    }
}

fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    texts: &[String],
) -> Result<Vec<T>> {
    texts.iter().map(|text| text.parse().with_context(|| format!("{text} in a CORS rule"))).collect()
}

async fn answer(with_rules: Router, request: Request, next: Next) -> Response {
    let of_page = request.headers().contains_key(ORIGIN);
    let preflight = request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if of_page && (preflight || request.method() != Method::OPTIONS) {
        return with_rules.oneshot(request).await.unwrap_or_else(|never| match never {});
    }
    next.run(request).await
}
