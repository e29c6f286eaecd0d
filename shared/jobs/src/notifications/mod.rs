//! Notifications: the worker delivers events to the endpoints that observe them, and the dead-letter handler fails what was
//! delivered too often.

pub mod client;
mod dead_letters;
mod worker;

pub use dead_letters::handle as handle_dead_letters;
pub use worker::handle;
