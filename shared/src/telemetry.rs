//! Logs: one JSON object a line, as CloudWatch reads them.

use tracing_subscriber::EnvFilter;

/// Begins logging to standard output. `RUST_LOG` says how much; `info` by default. Called
/// again, it does nothing.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs =
        tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true).with_env_filter(filter);
    let _already_begun = logs.try_init();
}
