//! The options of an import as its request states them: one by one, and those of a profile.

use super::{ImportOptions, ProfileRef};
use crate::fields::{Body, Fields, InvalidValue, Patch};
use crate::id::UploadId;

/// The reason for which an upload id is refused.
pub const UNKNOWN_UPLOAD: &str = "not the upload_id of a file that was asked for in the last days";

/// The options that a request states, and the profile that has others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Body)]
pub struct StatedOptions {
    /// The profile. Options that the request states itself take precedence.
    pub profile: Option<ProfileRef>,
    /// The options.
    #[body(nested)]
    pub options: ImportOptions,
}

impl StatedOptions {
    /// These; what is not stated is taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { profile: self.profile.or(other.profile), options: self.options.or(other.options) }
    }
}

/// An uploaded file of accounts to import, with the options of the import.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
pub struct ImportOfUpload {
    /// The upload.
    #[body(read = upload_id)]
    pub upload_id: UploadId,
    /// The options.
    #[body(nested)]
    pub stated: StatedOptions,
}

fn upload_id(fields: &mut Fields<'_>, name: &'static str) -> Patch<UploadId> {
    fields.patch(name, |id| id.parse().map_err(|_| InvalidValue(UNKNOWN_UPLOAD)))
}
