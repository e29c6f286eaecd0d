//! What the fuzz targets do with their inputs. Each takes any bytes and panics where Saldo does
//! not do what it promises; `fuzz_targets/` gives them to libFuzzer, and a test of the
//! end-to-end suite replays the corpus.

#![forbid(unsafe_code)]

mod aws;
mod encoding;
mod event;
mod pieces;
mod plan;
mod readers;
mod rows;
mod strict_csv;

pub use encoding::encoding;
pub use event::{http_event, pass_over_panics_of_the_gateway};
pub use readers::{csv, json, ndjson};

/// A fuzz target: what becomes of an input.
pub type Target = fn(&[u8]);

/// Every target, by the name of its corpus.
pub const TARGETS: [(&str, Target); 5] =
    [("csv", csv), ("ndjson", ndjson), ("json", json), ("encoding", encoding), ("http_event", http_event)];
