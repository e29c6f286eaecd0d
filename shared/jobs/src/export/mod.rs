//! Exports: records are read page by page and written as a file.

mod dead_letters;
mod events;
mod file;
mod worker;

pub use dead_letters::handle as handle_dead_letters;
pub use file::pieces;
pub use worker::handle;
