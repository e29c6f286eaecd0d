//! The errors of requests about imports and their profiles.

use axum::http::StatusCode;
use saldo_domain::import::{PROFILES_MAX, SCOPES_MAX, VERSIONS_MAX};
use saldo_http::{IntoProblem, Problem};

/// Why an import was not accepted, confirmed or cancelled.
#[derive(Debug)]
pub(crate) enum ImportError {
    /// An import that has ended can't be cancelled.
    HasEnded,
    /// An import that closes items can't be cancelled.
    IsClosing,
    /// The import does not wait for a confirmation.
    NothingToConfirm,
    /// The import is being cancelled, and can't be confirmed any more.
    IsBeingCancelled,
    /// The file to be imported was not uploaded yet.
    NothingUploaded,
    /// There are complete files of as many scopes as there may be.
    TooManyScopes,
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
            Self::IsClosing => Problem::new(
                StatusCode::CONFLICT,
                "import_closing",
                "The import closes items",
                "the import closes the items that its file omits, and can't be cancelled any more",
            ),
            Self::NothingToConfirm => Problem::new(
                StatusCode::CONFLICT,
                "nothing_to_confirm",
                "There is nothing to confirm",
                "the import does not wait for a confirmation: only an import with the status awaiting_confirmation does",
            ),
            Self::IsBeingCancelled => Problem::new(
                StatusCode::CONFLICT,
                "import_being_cancelled",
                "The import is being cancelled",
                "the import was cancelled and ends soon; it closes nothing",
            ),
            Self::TooManyScopes => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_scopes",
                "There are too many scopes",
                format!(
                    "there are complete files of {SCOPES_MAX} scopes already, the most there may be; state a scope that a former \
                     file has, for example the whole source system, or import the file without complete"
                ),
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

/// Why a profile was not created or changed.
#[derive(Debug)]
pub(crate) enum ProfileError {
    /// Another profile has the name.
    Exists,
    /// There are as many profiles as there may be.
    TooMany,
    /// There are as many versions as there may be.
    TooManyVersions,
}

impl IntoProblem for ProfileError {
    fn into_problem(self) -> Problem {
        match self {
            Self::Exists => Problem::new(
                StatusCode::CONFLICT,
                "profile_exists",
                "The name is taken",
                "another import profile has the name; change that one, or choose another name",
            ),
            Self::TooMany => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_profiles",
                "There are too many import profiles",
                format!(
                    "there are {PROFILES_MAX} import profiles already, the most there may be; delete one"
                ),
            ),
            Self::TooManyVersions => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_versions",
                "There are too many versions",
                format!(
                    "the profile has {VERSIONS_MAX} versions, the most there may be; create another profile"
                ),
            ),
        }
    }
}
