//! The command `saldo`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use saldo_cli::{Interruption, Options, Outcome, Prepared};
use tokio::runtime::Runtime;

/// The exit status of a shell's command that Ctrl-C has ended: 128 and the number of the signal.
const INTERRUPTED: u8 = 130;
const FAILED: u8 = 2;
/// The exit status of an import that waits for a confirmation.
const AWAITING: u8 = 3;

fn main() -> ExitCode {
    let options = Options::parse();
    let interruption = Interruption::default();
    let prepared = match Prepared::new(options, interruption.clone()) {
        Ok(prepared) => prepared,
        Err(error) => return say(&format!("{error:#}"), FAILED),
    };
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return say(&format!("the command can't start: {error}."), FAILED),
    };
    let code = runtime.block_on(async {
        tokio::select! {
            outcome = prepared.run() => match outcome {
                Ok(Outcome::Done) => ExitCode::SUCCESS,
                Ok(Outcome::SomeRefused) => ExitCode::FAILURE,
                Ok(Outcome::Failed) => ExitCode::from(FAILED),
                Ok(Outcome::Awaiting) => ExitCode::from(AWAITING),
                Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
                Err(error) => say(&format!("{error:#}"), FAILED),
            },
            Ok(()) = tokio::signal::ctrl_c() => say(&interruption.message(), INTERRUPTED),
        }
    });
    // A thread that reads a file does not end with its task.
    runtime.shutdown_background();
    code
}

/// Whether the reader of the output has closed it: it has what it wants.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn say(why: &str, code: u8) -> ExitCode {
    let _stderr_closed = writeln!(std::io::stderr(), "saldo: {why}");
    ExitCode::from(code)
}
