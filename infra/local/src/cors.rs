//! Which pages may use the API and the bucket from a browser: the template's CORS rules, enforced
//! in front of services that know none, and given to those that do.

use anyhow::{Context, Result};
use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use axum::Router;
use axum::extract::Request;
use axum::http::header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN};
use axum::http::{HeaderValue, Method};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;
use tower::ServiceExt;
use tower_http::cors::{Any, CorsLayer};

use crate::template::Template;

/// The CORS rules of an API or a bucket: those of a service without any let no page in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cors(Vec<Rule>);

/// A rule, with the names of the HTTP API's properties or of the bucket's.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Api {
    cors_configuration: Option<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Bucket {
    cors_configuration: Option<Rules>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rules {
    cors_rules: Vec<Rule>,
}

impl Cors {
    /// The rules of the template's API.
    pub(crate) fn of_api(template: &Template) -> Result<Self> {
        let apis = template.resources("AWS::Serverless::HttpApi")?;
        let api: Api = apis.first().context("the template has no API")?.read()?;
        Ok(Self(api.cors_configuration.into_iter().collect()))
    }

    /// The rules of the template's bucket.
    pub(crate) fn of_bucket(template: &Template) -> Result<Self> {
        let buckets = template.resources("AWS::S3::Bucket")?;
        let bucket: Bucket = buckets.first().context("the template has no bucket")?.read()?;
        Ok(Self(bucket.cors_configuration.map(|rules| rules.cors_rules).unwrap_or_default()))
    }

    /// The rules as S3 takes them.
    pub(crate) fn to_s3(&self) -> Result<CorsConfiguration> {
        let rules = self.0.iter().map(|rule| {
            Ok(CorsRule::builder()
                .set_allowed_origins(Some(rule.allow_origins.clone()))
                .set_allowed_methods(Some(rule.allow_methods.clone()))
                .set_allowed_headers(Some(rule.allow_headers.clone()))
                .set_expose_headers(Some(rule.expose_headers.clone()))
                .max_age_seconds(rule.max_age.try_into()?)
                .build()?)
        });
        Ok(CorsConfiguration::builder().set_cors_rules(Some(rules.collect::<Result<_>>()?)).build()?)
    }

    /// The service, with the first rule in front of it: answers preflight requests and marks the
    /// answers to others. The template has one rule at the most.
    pub(crate) fn before(&self, service: Router) -> Result<Router> {
        let Some(rule) = self.0.first() else { return Ok(service) };
        let with_rule = service.clone().layer(rule.layer()?);
        // The layer would take every OPTIONS request for a preflight request.
        Ok(service.layer(from_fn(move |request: Request, next: Next| {
            let with_rule = with_rule.clone();
            async move { answer(with_rule, request, next).await }
        })))
    }
}

impl Rule {
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

async fn answer(with_rule: Router, request: Request, next: Next) -> Response {
    let of_page = request.headers().contains_key(ORIGIN);
    let preflight = request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if of_page && (preflight || request.method() != Method::OPTIONS) {
        return with_rule.oneshot(request).await.unwrap_or_else(|never| match never {});
    }
    next.run(request).await
}
