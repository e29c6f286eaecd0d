//! Notifications: the worker delivers events to the endpoints that observe them, and the handler of
//! dead letters ends what failed too often.

pub mod client;
mod dead_letters;
mod worker;

pub use dead_letters::handle as handle_dead_letters;
pub use worker::handle;
