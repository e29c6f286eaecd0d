//! Readers and writers of files: bytes become rows of an import, and records become the bytes of an
//! export. Nothing here knows where the bytes come from or go to.

#![warn(missing_docs)]

mod encode;
pub mod formula;
pub mod read;

pub use encode::{Encoder, cell_text};
