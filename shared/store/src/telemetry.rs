//! Logs: one JSON object a line, as CloudWatch reads them, with the ids of the request or
//! message, its organization and its job on every line. Metrics are printed beside them.

use std::env;

use tracing_subscriber::EnvFilter;

use crate::metrics;

/// Starts logging to standard output and, in a deployed stack, recording metrics. `RUST_LOG` sets the log level, `info`
/// by default. Further calls do nothing.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs =
        tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true).with_env_filter(filter);
    let _already_begun = logs.try_init();
    if let Ok(stack) = env::var("SALDO_STACK") {
        metrics::begin(stack);
    }
}
