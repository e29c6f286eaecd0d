//! Revisions of accounts.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The revision of an account. Each change gives the account a new one, so that a change on the condition of a revision
/// applies to the account as its caller has read it, or fails. Revisions sort by the time at which they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision(Uuid);

impl Revision {
    /// The revision of a write that is about to be made.
    #[must_use]
    pub fn next() -> Self {
        Self(Uuid::now_v7())
    }

    /// The revision of a write that is about to be made. It sorts behind `newest`, also if that was made by a machine whose
    /// clock is ahead.
    pub(super) fn after(newest: [u8; 16]) -> Self {
        Self(Uuid::now_v7().max(Uuid::from_u128(u128::from_be_bytes(newest).saturating_add(1))))
    }

    /// The revision's 16 bytes, which sort like it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl TryFrom<&[u8]> for Revision {
    type Error = uuid::Error;

    fn try_from(bytes: &[u8]) -> Result<Self, uuid::Error> {
        Uuid::from_slice(bytes).map(Self)
    }
}

impl From<Uuid> for Revision {
    fn from(revision: Uuid) -> Self {
        Self(revision)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}
