//! Optimistic locking: each write of a record gives it a new revision, and succeeds only if the
//! stored record still has the revision that was read.

use uuid::Uuid;

/// A record that tells its states apart by a revision of its own.
pub trait Revised {
    /// The revision that it was read with, or was made with.
    fn revision(&self) -> Uuid;

    /// Gives it the revision that it is to be written with.
    fn set_revision(&mut self, revision: Uuid);
}
