//! Use cases: what the handlers of HTTP requests, queues and schedules do with Saldo's records.
//!
//! Every use case can be repeated: a message that is delivered again, or a worker that is killed at any point, leads to the
//! same state.

#![warn(missing_docs)]

mod bank;
pub mod export;
pub mod import;
pub mod notifications;
pub mod resolver;
pub mod sync;
pub mod worker;
