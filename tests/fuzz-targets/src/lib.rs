//! The fuzz targets. Each accepts any bytes, and panics if Saldo breaks one of its guarantees. `tests/fuzz` passes them to
//! libFuzzer, and a test of the end-to-end suite runs them with the stored corpus.
//!
//! The readers and previews need the crates of domain and formats alone. The target `http_event` needs all functions, and
//! is a feature.

#![forbid(unsafe_code)]

#[cfg(feature = "http_event")]
mod aws;
mod encoding;
#[cfg(feature = "http_event")]
mod event;
mod pieces;
mod plan;
mod preview;
mod readers;
mod rows;
mod statements;
mod strict_csv;
mod workbook;

pub use encoding::encoding;
#[cfg(feature = "http_event")]
pub use event::{http_event, pass_over_panics_of_the_gateway};
pub use preview::preview;
pub use readers::{csv, json, ndjson};
pub use statements::{bai2, camt, mt940, ofx};
pub use workbook::xlsx;

/// A fuzz target, which processes an input.
pub type Target = fn(&[u8]);

/// All targets, by the names of their corpora.
pub const TARGETS: &[(&str, Target)] = &[
    ("csv", csv),
    ("ndjson", ndjson),
    ("json", json),
    ("xlsx", xlsx),
    ("encoding", encoding),
    ("preview", preview),
    ("camt", camt),
    ("mt940", mt940),
    ("ofx", ofx),
    ("bai2", bai2),
    #[cfg(feature = "http_event")]
    ("http_event", http_event),
];
