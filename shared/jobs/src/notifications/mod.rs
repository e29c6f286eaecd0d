//! Notifications: the worker delivers events to the endpoints that observe them, and the dead-letter handler fails what was
//! delivered too often.

pub mod client;
mod dead_letters;
mod stores;
mod worker;

pub use dead_letters::handle as handle_dead_letters;
pub use stores::{Stores, Worker};
pub use worker::handle;
