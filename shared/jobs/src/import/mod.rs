//! Imports: the planner cuts a payload into chunks and queues them, workers process the chunks, and
//! the handler of dead letters ends what failed too often.

pub mod chunk;
mod dead_letters;
mod events;
mod payload;
pub mod plan;
mod redrive;
mod worker;

pub use dead_letters::handle as handle_dead_letters;
pub use redrive::{Redriven, redrive};
pub use worker::handle;
