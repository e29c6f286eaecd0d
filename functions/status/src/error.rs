//! The errors of requests about the status of imports.

use axum::http::StatusCode;
use saldo_http::{IntoProblem, Problem};

/// Why there is no file of an import yet: the import is still running.
#[derive(Debug)]
pub(crate) struct ImportInProgress;

impl IntoProblem for ImportInProgress {
    fn into_problem(self) -> Problem {
        let detail = "the import is still running; its files can be had when it has ended";
        Problem::new(StatusCode::CONFLICT, "import_in_progress", "The import is still running", detail)
            .retry_soon()
    }
}
