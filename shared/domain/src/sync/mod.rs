//! Synchronizations: jobs that read the accounts of an access at its bank, and pass the bank's challenges to the user.

mod challenge;
mod conflict;
mod job;
mod redirect;
mod request;

pub use challenge::{Answer, AuthMethod, Challenge, ChallengeKind, TextFormat};
pub use conflict::{CONFLICTS_MAX, Conflict, Conflicts};
pub use job::{Brought, Step, SyncError, SyncJob, SyncStatus, TIME_MAX};
pub use redirect::{CodeHash, REDIRECT_URI_BYTES_MAX, RedirectSettings, RedirectUri};
pub use request::{
    STATE_CHARS_MAX, SYNC_FIELDS, SYNC_PERIOD_DEFAULT, SYNC_PERIOD_MAX, SyncRequest, SyncScope,
};
