//! The end of a consent at its bank.

use std::time::Duration;

use jiff::Timestamp;
use saldo_domain::access::Access;
use saldo_store::app::App;

use crate::bank::connect;

/// How long a bank has to end a consent while somebody waits.
const REVOKE_TIME: Duration = Duration::from_secs(5);

/// Ends the access's consent at its bank, if the bank answers soon. If not, the consent ends by
/// itself, and its secrets are deleted with the access.
pub async fn end_consent(app: &App, access: &Access) {
    let Some(consent) = access.consent_at(Timestamp::now()) else { return };
    let Ok(banks) = app.banks().await else { return };
    let Some((_, method)) = banks.method(&access.access_method_id) else { return };
    let Ok(connector) = connect(method, REVOKE_TIME, app.targets) else { return };
    let revoked = tokio::time::timeout(REVOKE_TIME, connector.revoke(&consent.id)).await;
    if !matches!(revoked, Ok(Ok(()))) {
        tracing::warn!(access = %access.id, "the consent was not ended at the bank");
    }
}
