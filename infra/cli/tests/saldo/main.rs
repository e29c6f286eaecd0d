//! Runs the `saldo` binary: its help, and commands against a local stack.

mod cli;
mod complete;
mod exports;
mod help;
mod imports;
mod jobs;
mod login;
mod previews;
mod profiles;
mod proxy;
mod repeated;
mod retries;
mod statements;
