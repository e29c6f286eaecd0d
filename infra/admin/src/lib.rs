//! The operators' command: organizations, keys, jobs and queues. It works on AWS and on the local stack; the environment
//! names the tables, queues and the bucket.

mod answer;
pub mod job;
pub mod key;
mod lookup;
pub mod org;
mod queue;
mod stores;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use saldo_store::Environment;

pub use answer::{Answer, Output};
pub use stores::Stores;

const WHERE: &str = "\
The environment identifies the stack. For the local stack: source .local/env. For a deployed one, \
docs/operations.md has the command that reads it from the stack (\"The admin command\").

Exit codes: 0 success, 1 failure (the reason is one line on stderr), 2 usage error.";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "admin", version, about = "Operates Saldo: organizations, keys, jobs and queues")]
#[command(after_help = WHERE)]
pub struct Options {
    /// The output format: a table for people, JSON for programs.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Organizations, the tenants of Saldo.
    #[command(subcommand)]
    Org(org::Command),
    /// API keys. Each gives access to one organization's data, limited by its scopes.
    #[command(subcommand)]
    Key(key::Command),
    /// Imports, exports and synchronizations: their state, and redrives.
    #[command(subcommand)]
    Job(job::Command),
    /// The queues and dead-letter queues, with the numbers of messages.
    #[command(subcommand, visible_alias = "dead-letters")]
    Queue(queue::Command),
}

/// Runs the command.
///
/// # Errors
/// Why the command has failed.
pub async fn run(options: Options) -> Result<Answer> {
    let stores = Environment::load()
        .await
        .build(Stores::new)
        .context("the environment does not identify a stack; see --help")?;
    match options.command {
        Command::Org(command) => org::run(&stores, command).await,
        Command::Key(command) => key::run(&stores, command).await,
        Command::Job(command) => job::run(&stores, command).await,
        Command::Queue(command) => queue::run(&stores, command).await,
    }
}
