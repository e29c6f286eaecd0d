//! What the end-to-end tests and the benchmarks share: a running Saldo, tenants that send it
//! requests, and interceptors that watch its calls to AWS and make them fail.

mod api;
pub mod bench;
mod import_row;
pub mod lambda;
mod leak;
mod logs;
pub mod nextgenpsd2;
mod process;
mod receiver;
mod roles;
mod scripted_bank;
mod server;
mod test_stack;
mod violations;
mod watch;
pub mod wire;

pub use api::{Answer, Tenant, another_day_than_midnight, sha256, shown};
pub use import_row::write_row;
pub use leak::leak;
pub use logs::logged;
pub use receiver::{Received, Receiver};
pub use roles::CALLS;
pub use scripted_bank::ScriptedBank;
pub use server::{Saldo, saldo};
pub use test_stack::TestStack;
pub use violations::{TestGuard, unclaimed_violations};
pub use watch::{search, services};
