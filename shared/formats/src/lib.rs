//! Readers and writers of files: readers turn bytes into the rows of an import, writers turn records into the bytes of
//! an export. Where the bytes come from and go to is the caller's concern.

#![warn(missing_docs)]

mod encode;
pub mod formula;
pub mod read;

pub use encode::{Encoder, cell_text};
