//! Files of a source, in the order of what the source states.

use serde::{Deserialize, Serialize};

use crate::date::Date;
use crate::id::ImportId;

/// A file of a source. Of two files, that of the later day counts and, of the same day, the one that was accepted later.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceFile {
    /// The last day whose bank payments the source had fully posted.
    pub as_of: Date,
    /// The place of its import in the order of imports.
    pub import: ImportId,
}
