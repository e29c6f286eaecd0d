//! S3, by s3s: files in a directory, requests and links checked by their signatures.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
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

use super::{ACCESS_KEY, SECRET_KEY};

pub(super) async fn start(
    directory: &Path,
    tasks: &mut JoinSet<Result<()>>,
    stop: CancellationToken,
) -> Result<String> {
    let files =
        FileSystem::new(directory).map_err(|error| anyhow!("{error:?}")).context("the directory of files")?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    let service = builder.build();
    let router = Router::new().fallback(move |request: Request| answer(service.clone(), request));
    let (listener, url) = super::listen().await?;
    tasks.spawn(async move { Ok(crate::serve(listener, router, stop).await?) });
    Ok(url)
}

async fn answer(service: S3Service, request: Request) -> Response {
    match service.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}")).into_response(),
    }
}
