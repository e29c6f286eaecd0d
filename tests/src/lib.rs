//! What the end-to-end suites and benchmarks share: a running Saldo, tenants in it, and
//! ways to watch and disturb what it says to AWS.

mod api;
pub mod bench;
mod lab;
pub mod lambda;
mod leak;
mod logs;
pub mod nextgenpsd2;
mod receiver;
mod roles;
mod scripted_bank;
mod server;
mod watch;
pub mod wire;

pub use api::{Answer, Tenant, another_day_than_midnight, sha256, shown};
pub use lab::Lab;
pub use leak::leak;
pub use logs::logged;
pub use receiver::{Received, Receiver};
pub use roles::{CALLS, DENIED};
pub use scripted_bank::ScriptedBank;
pub use server::{Saldo, saldo};
pub use watch::{LEAKED, search, services, watch, watched};
