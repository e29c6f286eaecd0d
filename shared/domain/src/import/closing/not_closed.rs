//! Why a complete file closes nothing.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// Why a complete file has closed nothing, or not everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotClosed {
    /// The reason, for machines.
    pub code: NotClosedCode,
    /// The reason, for people.
    pub reason: String,
}

/// The reasons for which a complete file closes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum NotClosedCode {
    /// Rows have no id, or one that can't be read.
    UnreadableId,
    /// Rows could not be processed.
    RowsNotProcessed,
    /// The import has failed.
    Failed,
    /// Its owner cancelled it.
    Cancelled,
    /// The rows are not as many, or not of the sum, that the options state.
    ControlTotalsDiffer,
    /// A later file was accepted, of this scope or of one that has all of it.
    Superseded,
    /// Items of the list were changed since they were listed, or a later file has them in its scope. The others are closed.
    ItemsChanged,
    /// The closing failed too often; a redrive continues it.
    ClosingFailed,
}

impl NotClosed {
    /// This reason.
    #[must_use]
    pub fn of(code: NotClosedCode) -> Self {
        let reason = match code {
            NotClosedCode::UnreadableId => "rows have no id that can be read",
            NotClosedCode::RowsNotProcessed => {
                "rows could not be processed; a redrive of the import processes them, and closes then"
            }
            NotClosedCode::Failed => "the import has failed",
            NotClosedCode::Cancelled => "the import was cancelled",
            NotClosedCode::ControlTotalsDiffer => "the control totals differ from those that were stated",
            NotClosedCode::Superseded => {
                "a later file was accepted, of the same scope or of one that has all of it"
            }
            NotClosedCode::ItemsChanged => "items of the list were changed since they were listed",
            NotClosedCode::ClosingFailed => {
                "the closing failed too often; a redrive of the import continues it"
            }
        };
        Self { code, reason: reason.to_owned() }
    }
}
