//! A challenge as the API shows it.

use saldo_domain::date::in_milliseconds;
use saldo_domain::id::ChallengeId;
use saldo_domain::sync::{Challenge, ChallengeKind};
use serde::Serialize;
use utoipa::ToSchema;

/// A challenge: something that a bank asks its customer to do.
#[derive(Serialize, ToSchema)]
#[schema(as = Challenge, example = json!({
    "id": "cha_mfrggzdfmztwq2lkmfrggzdfmz", "type": "EMBEDDED",
    "label": "Enter the TAN that was sent to +49 *** **42.", "format": "TEXT", "data": null,
    "input_format": "integer", "min_length": null, "max_length": 6, "created_at": "2026-01-15T12:00:00.000Z"
}))]
pub(crate) struct ChallengeView {
    id: ChallengeId,
    #[serde(flatten)]
    kind: ChallengeKind,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Challenge> for ChallengeView {
    fn from(challenge: Challenge) -> Self {
        Self { id: challenge.id, kind: challenge.kind, created_at: in_milliseconds(challenge.created_at) }
    }
}
