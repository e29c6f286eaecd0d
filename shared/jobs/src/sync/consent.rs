//! Revokes consents at banks.

use std::time::Duration;

use jiff::Timestamp;
use saldo_domain::access::Access;
use saldo_store::BankCatalog;

use crate::bank::connect;

/// The timeout for revoking a consent while a caller waits.
const REVOKE_TIME: Duration = Duration::from_secs(5);

/// Revokes the access's consent at its bank. If the bank does not answer in time, the consent expires by itself; Saldo
/// can't use it any more, since the access is deleted.
pub async fn end_consent(catalog: &BankCatalog, access: &Access) {
    let Some(consent) = access.consent_at(Timestamp::now()) else { return };
    let Ok(banks) = catalog.read().await else { return };
    let Some((_, method)) = banks.method(&access.access_method_id) else { return };
    let Ok(connector) = connect(method, REVOKE_TIME, catalog.targets) else { return };
    let revoked = tokio::time::timeout(REVOKE_TIME, connector.revoke(&consent.id)).await;
    if !matches!(revoked, Ok(Ok(()))) {
        tracing::warn!(access = %access.id, "the consent was not revoked at the bank");
    }
}
