//! Readers and writers of files. Readers turn bytes into rows of an import, writers turn records into the bytes of
//! an export; between them, a chunk of rows has a file of its own, and so has its report. This crate does not open files or connections.

#![warn(missing_docs)]

pub mod chunk_file;
mod encode;
pub mod formula;
pub mod preview;
pub mod read;
pub mod report_file;
mod workbook;

pub use encode::Encoder;
