//! The fuzz targets. Each accepts any bytes, and panics if Saldo breaks one of its guarantees. `fuzz_targets/` calls
//! them from libFuzzer, and a test of the end-to-end suite runs them with the stored corpus.

#![forbid(unsafe_code)]

mod aws;
mod encoding;
mod event;
mod pieces;
mod plan;
mod readers;
mod rows;
mod strict_csv;
mod workbook;

pub use encoding::encoding;
pub use event::{http_event, pass_over_panics_of_the_gateway};
pub use readers::{csv, json, ndjson};
pub use workbook::xlsx;

/// A fuzz target, which processes an input.
pub type Target = fn(&[u8]);

/// All targets, by the names of their corpora.
pub const TARGETS: [(&str, Target); 6] = [
    ("csv", csv),
    ("ndjson", ndjson),
    ("json", json),
    ("xlsx", xlsx),
    ("encoding", encoding),
    ("http_event", http_event),
];
