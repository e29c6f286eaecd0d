//! The users' command, `saldo`: it imports and exports files through the API, and shows jobs.
//!
//! `saldo statements check` reads files with the readers of imports, and needs no API. A command is a module with its arguments and
//! a function `run`. The command knows the paths of the API, and only the
//! members of answers that it shows: options of profiles go to the API as they are, and answers come out as JSON as
//! they are, so what the API adds works without a new release of the command.

mod access;
mod address;
mod answer;
mod api;
mod closings;
mod completions;
mod config;
mod export;
mod file;
mod flags;
mod import;
mod interruption;
mod job;
mod jobs;
mod login;
mod man;
mod option_file;
mod options;
mod preview;
mod private;
mod profiles;
mod progress;
mod session;
mod statements;

use anyhow::Result;
use clap::{Parser, Subcommand};

pub use answer::{Outcome, Output};
pub use interruption::Interruption;
use session::Session;

/// Not a comment of documentation, which would have to mark the address as a link.
const ADDRESS: &str =
    "The address of Saldo, such as https://saldo.example; that of the last login by default";
const GLOBAL: &str = "Options of all commands";

const ABOUT: &str = "\
Imports and exports receivables and transactions, and shows the jobs that do it. Checks bank statements on this machine.

Log in once with an API key, then import a file and wait for the result of each row.";

const EXAMPLES: &str = "\
Examples:
  saldo login --url https://saldo.example
  saldo preview receivables.csv --save-options erp.json
  saldo import receivables.csv --options erp.json --wait
  saldo import receivables.csv --map 'Customer=contact.name' --decimal-separator , --wait
  saldo export accounts --min-amount 5000 -o accounts.csv
  saldo profiles save erp --map 'Customer=contact.name' --decimal-separator ,
  saldo jobs list
  saldo statements check statement.xml

Environment:
  SALDO_URL  the address of Saldo, unless --url is given
  SALDO_KEY  the API key, in place of the one that `saldo login` has stored

Files:
  ~/.config/saldo/config.toml       profiles of options; $XDG_CONFIG_HOME replaces ~/.config
  ~/.config/saldo/credentials.toml  keys, which `saldo login` writes and only you may read
  ~/.local/state/saldo              unfinished imports; $XDG_STATE_HOME replaces ~/.local/state

Exit status:
  0  success; of an import that was waited for: all rows were stored
  1  some rows of the import were refused; statements have findings
  2  failure, and mistakes in the command line; stderr has the reason
  130  interrupted by Ctrl-C";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "saldo", version, about = "Imports and exports receivables and transactions", long_about = ABOUT)]
#[command(after_long_help = EXAMPLES, after_help = "`saldo --help` has examples, variables and the exit status.")]
#[command(max_term_width = 100)]
pub struct Options {
    #[arg(long, global = true, value_name = "URL", help_heading = GLOBAL, help = ADDRESS)]
    url: Option<String>,
    /// The output: a table for people, JSON for programs.
    #[arg(long, global = true, value_enum, default_value_t, hide_possible_values = true)]
    #[arg(value_name = "table|json", help_heading = GLOBAL)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Login(login::Login),
    Preview(preview::Preview),
    Import(import::Import),
    Export(Box<export::Export>),
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    #[command(subcommand)]
    Profiles(profiles::Profiles),
    #[command(subcommand)]
    Statements(statements::Statements),
    Completions(completions::Completions),
    Man(man::Man),
}

/// A command that has all it needs from the user.
pub struct Prepared {
    session: Session,
    command: Command,
}

impl Prepared {
    /// Asks for what the command needs. `interruption` will say what to tell the user if the command is stopped.
    ///
    /// Call it while Ctrl-C still ends the process: shells restore a terminal without echo after the signal.
    ///
    /// # Errors
    /// Why the command can't run, in one or two sentences.
    pub fn new(options: Options, interruption: Interruption) -> Result<Self> {
        let session = Session::new(options.url, options.output, interruption)?;
        let mut command = options.command;
        if let Command::Login(login) = &mut command {
            login.ask(&session)?;
        }
        Ok(Self { session, command })
    }

    /// Runs the command.
    ///
    /// # Errors
    /// Why the command has failed, in one or two sentences.
    pub async fn run(self) -> Result<Outcome> {
        let session = &self.session;
        match self.command {
            Command::Login(login) => login::run(session, login).await,
            Command::Preview(preview) => preview::run(session, preview).await,
            Command::Import(import) => import::run(session, import).await,
            Command::Export(export) => export::run(session, *export).await,
            Command::Jobs(jobs) => jobs::run(session, jobs).await,
            Command::Statements(statements) => statements::run(session, statements).await,
            Command::Profiles(profiles) => profiles::run(session, profiles).await,
            Command::Completions(completions) => completions::run(&completions),
            Command::Man(man) => man::run(&man),
        }
    }
}
