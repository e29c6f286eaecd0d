//! Which state of a record one has seen.

use std::fmt;

use uuid::Uuid;

/// A state of an account. Every write makes a new one, so a change
/// on condition of the revision applies to the state that its caller has read, or fails. Revisions sort by
/// the time they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision(Uuid);

impl Revision {
    /// The state of an account that was last written before there were revisions.
    pub const NONE: Self = Self(Uuid::nil());

    /// The revision of a write that is about to be made.
    #[must_use]
    pub fn next() -> Self {
        Self(Uuid::now_v7())
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

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}
