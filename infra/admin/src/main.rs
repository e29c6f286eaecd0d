//! The command `admin`.

use std::io::Write as _;
use std::process::ExitCode;

use admin::{Options, run};
use clap::Parser;
use clap::error::ErrorKind;

/// The exit code of what is not understood, as shells have it.
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
                // Whoever closes the pipe has seen enough.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    let why = format!("it was done, and its answer could not be written: {error}");
                    return refuse(&why, ExitCode::FAILURE);
                }
                _ => {}
            }
            if let Some(note) = answer.note {
                let _nobody_reads = writeln!(std::io::stderr(), "{note}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => refuse(&format!("{error:#}"), ExitCode::FAILURE),
    }
}

/// Whether there is something to read rather than something wrong.
fn is_help(error: &clap::Error) -> bool {
    !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// What is wrong; usage and tips come in paragraphs of their own.
fn first_paragraph(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

fn refuse(why: &str, code: ExitCode) -> ExitCode {
    let lines: Vec<_> = why.split_whitespace().collect();
    let _nobody_reads = writeln!(std::io::stderr(), "admin: {}", lines.join(" "));
    code
}
