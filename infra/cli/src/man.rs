//! `saldo man`: the manual pages, which are made from the same declarations as `--help`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};

use crate::Options;
use crate::answer::Outcome;

const EXAMPLES: &str = "\
Examples:
  saldo man | man -l -
  mkdir -p ~/.local/share/man/man1 && saldo man --folder ~/.local/share/man/man1";

/// Prints the manual page, or writes those of all commands into a folder.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Man {
    /// The folder for the pages.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(crate) fn run(man: &Man) -> Result<Outcome> {
    if let Some(folder) = &man.folder {
        let written = clap_mangen::generate_to(Options::command(), folder);
        written.with_context(|| format!("the pages can't be written into {}", folder.display()))?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Options::command().disable_help_subcommand(true)).render(&mut page)?;
        std::io::Write::write_all(&mut std::io::stdout(), &page)?;
    }
    Ok(Outcome::Done)
}
