//! The errors of requests about imports.

use axum::http::StatusCode;
use saldo_http::{IntoProblem, Problem};

/// Why an import was not accepted or cancelled.
#[derive(Debug)]
pub(crate) enum ImportError {
    /// An import that has ended can't be cancelled.
    HasEnded,
    /// The file to be imported was not uploaded yet.
    NothingUploaded,
}

impl IntoProblem for ImportError {
    fn into_problem(self) -> Problem {
        match self {
            Self::HasEnded => Problem::new(
                StatusCode::CONFLICT,
                "import_ended",
                "The import has ended",
                "the import has ended; what it stored stays stored",
            ),
            Self::NothingUploaded => Problem::new(
                StatusCode::CONFLICT,
                "nothing_uploaded",
                "The file is not there",
                "nothing was sent to the upload's url yet; PUT the file there first",
            ),
        }
    }
}
