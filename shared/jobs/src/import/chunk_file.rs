//! The file of a chunk: the planner writes a chunk's rows to S3, where the worker of its message reads them.

use saldo_domain::import::{Chunk, ImportJob};
use saldo_formats::chunk_file;
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;

use super::stores::Stores;

/// Writes the chunk's file.
pub(super) async fn store(stores: &Stores, files: &ImportFiles, chunk: &Chunk) -> Result<(), Failure> {
    let file = chunk_file::encode(chunk).map_err(Failure::corrupt("a chunk"))?;
    stores.files.put(&files.chunk(chunk.number), chunk_file::MEDIA_TYPE, file.into()).await
}

/// Reads the chunk's file; `None` if it was not written.
///
/// # Errors
/// [`Failure::Corrupt`] if the file is not a chunk.
pub(super) async fn load(stores: &Stores, job: &ImportJob, number: u32) -> Result<Option<Chunk>, Failure> {
    let name = ImportFiles::of(&job.org, &job.id).chunk(number);
    let file = stores.files.get(&name).await?;
    file.map(|file| chunk_file::decode(&file).map_err(Failure::corrupt("a chunk"))).transpose()
}
