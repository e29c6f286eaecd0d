//! `saldo statements`: bank statements. They are read on the user's machine, and sent nowhere.

mod report;

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use saldo_domain::statement::{Checked, Item, StatementCheck, StatementFormat};
use saldo_formats::read::read_statements;
use tokio::task::spawn_blocking;

use crate::answer::{Outcome, Output, note, print};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  saldo statements check statement.xml
  saldo statements check 2026/*.sta
  saldo --output json statements check statement.ofx

The statements of all files are checked together: each must begin with the balance with which the one before has ended.

Exit status:
  0  all statements are in order
  1  there are findings
  2  a file can't be read";

/// Checks bank statements.
#[derive(Debug, Subcommand)]
pub(crate) enum Statements {
    /// Checks that statements can be read, balance, and are complete: camt.052, .053 and .054, MT940, MT942, OFX, QFX and BAI2. Nothing
    /// leaves this machine.
    #[command(after_help = EXAMPLES)]
    Check(Check),
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The files. Their formats follow from what they contain.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// A file that was read, or why it can't be.
struct ReadFile {
    path: PathBuf,
    format: Result<StatementFormat, String>,
}

pub(crate) async fn run(session: &Session, statements: Statements) -> Result<Outcome> {
    let Statements::Check(Check { files }) = statements;
    let (files, checked) = spawn_blocking(|| check(files)).await.context("the files can't be read")?;
    match session.output {
        Output::Json => print(&report::json(&files, &checked).to_string())?,
        Output::Table => {
            if !checked.statements.is_empty() {
                print(&report::table(&files, &checked))?;
            }
            for finding in report::findings(&files, &checked) {
                print(&finding)?;
            }
        }
    }
    let mut is_unreadable = false;
    for ReadFile { path, format } in &files {
        if let Err(reason) = format {
            is_unreadable = true;
            note(&format!("{} can't be read: {reason}.", path.display()));
        }
    }
    Ok(match () {
        () if is_unreadable => Outcome::Failed,
        () if checked.is_in_order() => Outcome::Done,
        () => Outcome::SomeRefused,
    })
}

fn check(paths: Vec<PathBuf>) -> (Vec<ReadFile>, Checked) {
    let mut check = StatementCheck::default();
    let files = paths.into_iter().enumerate().map(|(number, path)| {
        let format = read(&path, number, &mut check);
        ReadFile { path, format }
    });
    let files = files.collect();
    (files, check.finish())
}

fn read(path: &PathBuf, number: usize, check: &mut StatementCheck) -> Result<StatementFormat, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err("it is a folder".to_owned());
    }
    let read = read_statements(file, &mut |item: Item| {
        check.add(number, &item);
        Ok(())
    });
    check.end_file();
    read.map_err(|error| error.to_string())
}
