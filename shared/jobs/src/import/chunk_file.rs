//! The file of a chunk: the planner writes a chunk's rows to S3, where the worker of its message reads them.

use saldo_domain::import::{Chunk, ImportJob};
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;

use super::stores::Stores;

/// Writes the chunk's file.
pub(super) async fn store(stores: &Stores, files: &ImportFiles, chunk: &Chunk) -> Result<(), Failure> {
    let json = serde_json::to_vec(chunk).map_err(Failure::corrupt("a chunk"))?;
    stores.files.put(&files.chunk(chunk.number), "application/json", json.into()).await
}

/// Reads the chunk's file; `None` if it was not written.
///
/// # Errors
/// [`Failure::Corrupt`] if the file is not a chunk.
pub(super) async fn load(stores: &Stores, job: &ImportJob, number: u32) -> Result<Option<Chunk>, Failure> {
    let name = ImportFiles::of(&job.org, &job.id).chunk(number);
    let json = stores.files.get(&name).await?;
    json.map(|json| serde_json::from_slice(&json).map_err(Failure::corrupt("a chunk"))).transpose()
}
