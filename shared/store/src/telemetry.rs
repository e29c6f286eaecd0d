//! Logs: one JSON object a line, as CloudWatch reads them, with the ids of the request or
//! message, its organization and its job on every line. Metrics are printed beside them.

use std::env;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::metrics;

/// Starts logging to standard output and, in a deployed stack, recording metrics. `RUST_LOG` sets the log level, `info`
/// by default, also by crate: `info,aws_config=debug`. Further calls do nothing.
pub fn init() {
    let levels = env::var("RUST_LOG").ok().and_then(|levels| levels.parse().ok());
    let levels: Targets = levels.unwrap_or_else(|| Targets::new().with_default(Level::INFO));
    let logs = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(true);
    let _already_begun = tracing_subscriber::registry().with(levels).with(logs).try_init();
    if let Ok(stack) = env::var("SALDO_STACK") {
        metrics::begin(stack);
    }
}
