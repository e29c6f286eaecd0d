//! The command `admin`.

use std::io::Write as _;
use std::process::ExitCode;

use admin::{Options, run};
use clap::Parser;
use clap::error::ErrorKind;

/// The exit code of usage errors, as in shells.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) if is_help(&error) => error.exit(),
        Err(error) => return refuse(&first_paragraph(&error.to_string()), ExitCode::from(USAGE)),
    };
    let output = options.output;
    match run(options).await {
        Ok(answer) => {
            match writeln!(std::io::stdout(), "{}", answer.shown(output)) {
                // A closed pipe is not an error: the reader has what it wants.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    let why =
                        format!("the command has succeeded, but its output could not be written: {error}");
                    return refuse(&why, ExitCode::FAILURE);
                }
                _ => {}
            }
            if let Some(note) = answer.note {
                let _stderr_closed = writeln!(std::io::stderr(), "{note}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => refuse(&format!("{error:#}"), ExitCode::FAILURE),
    }
}

/// Whether the error is a request for help.
fn is_help(error: &clap::Error) -> bool {
    !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// The first paragraph of an error; usage and tips follow in others.
fn first_paragraph(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

fn refuse(why: &str, code: ExitCode) -> ExitCode {
    let lines: Vec<_> = why.split_whitespace().collect();
    let _stderr_closed = writeln!(std::io::stderr(), "admin: {}", lines.join(" "));
    code
}
