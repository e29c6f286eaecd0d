//! `saldo completions`: scripts that complete the command line in a shell.

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::Options;
use crate::answer::Outcome;

const EXAMPLES: &str = "\
Examples:
  saldo completions bash > ~/.local/share/bash-completion/completions/saldo
  saldo completions zsh > ~/.zfunc/_saldo
  saldo completions fish > ~/.config/fish/completions/saldo.fish";

/// Prints the script with which a shell completes the command line.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(completions: &Completions) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Options::command(), "saldo", &mut script);
    std::io::Write::write_all(&mut std::io::stdout(), &script)?;
    Ok(Outcome::Done)
}
