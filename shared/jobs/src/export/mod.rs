//! Exports: the worker reads records page by page and writes them to a file in S3.

mod dead_letters;
mod events;
mod file;
mod stores;
mod worker;

pub use dead_letters::handle as handle_dead_letters;
pub use file::pieces;
pub use stores::{Records, Stores, Worker};
pub use worker::handle;
