//! What operators do by hand, against AWS or the local stack alike: the environment says where
//! everything is.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use import::{Redriven, redrive};
use saldo::app::App;
use saldo::id::{ImportId, OrgId};

#[derive(Debug, Parser)]
#[command(about = "Operates Saldo", version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Imports of accounts.
    #[command(subcommand)]
    Import(Import),
}

#[derive(Debug, Subcommand)]
enum Import {
    /// Takes up again what was given up of an import, and what of a running one is not done.
    Redrive {
        /// Whose import it is: org_…
        org: OrgId,
        /// The import: imp_…
        import: ImportId,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("admin: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(Options { command }: Options) -> Result<()> {
    let app = App::from_env().await?;
    match command {
        Command::Import(Import::Redrive { org, import }) => match redrive(&app, &org, &import).await? {
            Redriven::Queued { chunks, plan } => {
                println!(
                    "{import} goes on: {chunks} chunks queued{}",
                    if plan { ", and its plan" } else { "" }
                );
            }
            Redriven::NothingToDo => println!("{import} has ended, and nothing of it was given up"),
            Redriven::NotFound => bail!("{org} has no {import}"),
        },
    }
    Ok(())
}
