//! Embedded S3: s3s, which stores objects as files and checks signatures of requests and presigned URLs. The CORS rules of
//! the template's bucket apply.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use aws_credential_types::Credentials;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::cors::Cors;
use crate::server::serve;
use crate::template::Template;

pub(super) async fn start(
    directory: &Path,
    credentials: &Credentials,
    template: &Template,
    tasks: &mut JoinSet<Result<()>>,
    stop: CancellationToken,
) -> Result<String> {
    let files =
        FileSystem::new(directory).map_err(|error| anyhow!("{error:?}")).context("the directory of files")?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(credentials.access_key_id(), credentials.secret_access_key()));
    let service = builder.build();
    let router = Router::new().fallback(move |request: Request| answer(service.clone(), request));
    // s3s-fs has no CORS support.
    let router = Cors::of_bucket(template)?.before(router)?;
    let (listener, url) = super::listen().await?;
    tasks.spawn(async move { Ok(serve(listener, router, stop).await?) });
    Ok(url)
}

async fn answer(service: S3Service, request: Request) -> Response {
    match service.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}")).into_response(),
    }
}
