//! What operators do by hand, against AWS or the local stack alike: the environment says where
//! everything is.

mod answer;
pub mod job;
pub mod key;
mod lookup;
pub mod org;
mod queue;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use saldo_store::app::App;

pub use answer::{Answer, Output};

const WHERE: &str = "\
The environment says where Saldo is. For the local stack: source .local/env. For a deployed one, \
docs/operations.md has the command that reads it from the stack (\"The admin command\").

Exit codes: 0 done, 1 not done, and stderr says why in one line, 2 not understood.";

/// What an operator asks for.
#[derive(Debug, Parser)]
#[command(name = "admin", version, about = "Operates Saldo: organizations, keys, jobs and queues")]
#[command(after_help = WHERE)]
pub struct Options {
    /// For people, or for programs.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Organizations: whose books are kept here, and apart from each other.
    #[command(subcommand)]
    Org(org::Command),
    /// API keys: each opens one organization's data, as far as its scopes go.
    #[command(subcommand)]
    Key(key::Command),
    /// Imports, exports and synchronizations: how they are doing, and taking them up again.
    #[command(subcommand)]
    Job(job::Command),
    /// The queues of work and of dead letters, and how much is in them.
    #[command(subcommand, visible_alias = "dead-letters")]
    Queue(queue::Command),
}

/// Does what is asked for.
///
/// # Errors
/// Whatever keeps it from being done.
pub async fn run(options: Options) -> Result<Answer> {
    let app = App::from_env().await.context("the environment does not say where Saldo is; see --help")?;
    match options.command {
        Command::Org(command) => org::run(&app, command).await,
        Command::Key(command) => key::run(&app, command).await,
        Command::Job(command) => job::run(&app, command).await,
        Command::Queue(command) => queue::run(&app, command).await,
    }
}
