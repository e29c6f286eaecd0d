//! Progress bars on stderr. They are drawn on a terminal only: in files and logs they would be noise.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar, which disappears when its step has ended.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar for bytes.
    pub(crate) fn of_bytes(label: &'static str, bytes: Option<u64>) -> Self {
        Self::new(
            label,
            bytes,
            "{msg:10} {wide_bar} {bytes:>10} of {total_bytes} {binary_bytes_per_sec:>12} {eta:>4}",
            "{msg:10} {spinner} {bytes}",
        )
    }

    /// A bar for rows, whose number is not known at first.
    pub(crate) fn of_rows(label: &'static str) -> Self {
        Self::new(label, None, "{msg:10} {wide_bar} {pos:>10} of {len} rows {eta:>4}", "{msg:10} {spinner}")
    }

    fn new(label: &'static str, length: Option<u64>, known: &str, unknown: &str) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
        let style = |template| {
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
        };
        bar.set_style(style(if length.is_some() { known } else { unknown }));
        bar.set_message(label);
        Self(bar)
    }

    /// The bar, for a stream that outlives the borrow of this one.
    pub(crate) fn bar(&self) -> ProgressBar {
        self.0.clone()
    }

    /// Begins anew, with this length.
    pub(crate) fn begin(&self, length: u64) {
        self.0.set_length(length);
        self.0.set_position(0);
    }

    pub(crate) fn advance(&self, by: u64) {
        self.0.inc(by);
    }

    /// The rows that were processed, of all rows if their number is known.
    pub(crate) fn rows(&self, processed: u64, total: Option<u64>) {
        if let Some(total) = total
            && self.0.length() != Some(total)
            && let Ok(style) =
                ProgressStyle::with_template("{msg:10} {wide_bar} {pos:>10} of {len} rows {eta:>4}")
        {
            self.0.set_style(style);
            self.0.set_length(total);
        }
        self.0.set_position(processed);
        self.0.tick();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
