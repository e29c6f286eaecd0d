//! Use cases: what handlers of HTTP requests, of queues and of schedules do with Saldo's records.
//!
//! Everything here can be repeated: a message that is delivered again, or a worker that is stopped at
//! any point, leads to the same state.

#![warn(missing_docs)]

mod bank;
pub mod export;
pub mod import;
pub mod notifications;
pub mod resolver;
pub mod sync;
pub mod worker;
