//! Metrics, in CloudWatch's embedded metric format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
//!
//! A deployed function prints them with its logs, in the namespace `Saldo`, with its stack as their dimension. Elsewhere
//! nothing is recorded.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use metrics_cloudwatch_embedded::{Builder, Collector};

const NAMESPACE: &str = "Saldo";
/// The dimension that all metrics have.
const STACK: &str = "Stack";

const ROWS_IMPORTED: &str = "RowsImported";
const ROWS_REFUSED: &str = "RowsRefused";
const CHUNK_SECONDS: &str = "ChunkSeconds";
const EXPORT_ROWS: &str = "ExportRows";
const SYNCS: &str = "Syncs";
/// The other dimension of synchronizations: `completed` or `failed`.
const OUTCOME: &str = "Outcome";

static COLLECTOR: OnceLock<&'static Collector> = OnceLock::new();

/// Starts recording for the stack of this name. Further calls do nothing.
pub fn begin(stack: String) {
    let collector = Builder::new().cloudwatch_namespace(NAMESPACE).with_dimension(STACK, stack).init();
    let Ok(collector) = collector else { return };
    describe_counter!(ROWS_IMPORTED, Unit::Count, "");
    describe_counter!(ROWS_REFUSED, Unit::Count, "");
    describe_counter!(EXPORT_ROWS, Unit::Count, "");
    describe_counter!(SYNCS, Unit::Count, "");
    describe_histogram!(CHUNK_SECONDS, Unit::Seconds, "");
    let _begun_already = COLLECTOR.set(collector);
}

/// Prints the metrics recorded since the last call. Called at the end of each invocation.
pub fn flush() {
    if let Some(collector) = COLLECTOR.get()
        && let Err(error) = collector.flush(std::io::stdout().lock())
    // whole lines, even if other threads print
    {
        tracing::warn!(%error, "metrics were not printed");
    }
}

/// Records a processed chunk of an import: its duration, and its rows imported and refused.
pub fn chunk_processed(imported: u64, refused: u64, took: Duration) {
    counter!(ROWS_IMPORTED).increment(imported);
    counter!(ROWS_REFUSED).increment(refused);
    histogram!(CHUNK_SECONDS).record(took.as_secs_f64());
}

/// Records an exported file with this number of rows.
pub fn exported(rows: u64) {
    counter!(EXPORT_ROWS).increment(rows);
}

/// Records the end of a synchronization, completed or failed.
pub fn sync_ended(completed: bool) {
    counter!(SYNCS, OUTCOME => if completed { "completed" } else { "failed" }).increment(1);
}
