//! The log of all functions in this process, for tests of what must not be in it.

use std::io::{self, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::leak::watch;

static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// What is logged: everything from Saldo's crates, and from other crates what production logs.
const FILTER: &str = "info,saldo=trace,sync=trace,export=trace,import=trace,reqwest=debug,hyper_util=debug,aws_smithy_runtime=info";

/// Records the log from now on.
pub(crate) fn listen() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt().json().with_env_filter(EnvFilter::new(FILTER));
        // No test installs a subscriber of its own.
        let _installed_before = subscriber.with_writer(Logged).try_init();
    });
}

/// The log so far.
#[must_use]
pub fn logged() -> String {
    String::from_utf8_lossy(&LOGGED.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

struct Logged;

impl Write for Logged {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        watch(None, "a log line", &String::from_utf8_lossy(line));
        LOGGED.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Logged {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}
