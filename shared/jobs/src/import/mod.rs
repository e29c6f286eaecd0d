//! Imports of accounts: the planner divides a payload into chunks and queues them, workers process the chunks,
//! and the dead-letter handler fails what was delivered too often.
//!
//! Every step can be repeated. A message that is delivered twice, or a worker that is killed at any point, leads
//! to the same accounts, the same report and the same counts.

mod blocks;
mod chunk;
mod chunk_file;
mod clients;
mod closing;
mod commit;
mod dead_letters;
mod end;
mod events;
mod payload;
mod plan;
mod redrive;
mod row;
mod split;
mod stores;
mod unprocessed;
mod worker;

pub use blocks::{Blocks, read_by_range};
pub use dead_letters::handle as handle_dead_letters;
pub use end::message;
pub use redrive::{Redriven, redrive};
pub use stores::{Stores, Worker};
pub use worker::handle;
