//! The id of a request, which logs, answers and changed items have.

use uuid::Uuid;

/// The id of a request, without its prefix.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestId(pub(super) Uuid);
