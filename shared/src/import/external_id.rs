//! The id by which the source system knows an account.

use crate::text::Text;

/// An account's id in its source system: 1 to 128 characters, unique in the organization.
pub type ExternalId = Text<128>;
