//! Optimistic locking: each write of a record gives it a new revision, and succeeds only if the
//! stored record still has the revision that was read.

use uuid::Uuid;

/// A record with a revision.
pub trait Revised {
    /// The revision with which it was read or created.
    fn revision(&self) -> Uuid;

    /// Sets the revision with which it will be written.
    fn set_revision(&mut self, revision: Uuid);
}
