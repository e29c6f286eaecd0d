//! What is sent to make and to change accounts, for the OpenAPI document: it is read field by
//! field.
#![allow(dead_code, reason = "these are described, never made")]

use saldo_domain::account::{AccountIdentifier, AccountStatus, AccountType, CampaignId, Notes, OwnerId};
use saldo_domain::money::Currency;
use saldo_http::openapi::AnyAmount;
use utoipa::ToSchema;

/// A new account.
#[derive(ToSchema)]
#[schema(as = NewAccount, example = json!({
    "type": "savings", "balance": 5000, "currency": "USD", "owner_id": "WAz8eIbvDR60rouK"
}))]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    /// Its type, such as `savings`, `checking` or `investment`.
    r#type: AccountType,
    /// The balance to begin with.
    balance: AnyAmount,
    currency: Currency,
    /// Who owns it: a client's id, or an id of the caller's own.
    owner_id: OwnerId,
    /// Where it is in its life; `active` unless stated.
    status: Option<AccountStatus>,
    /// The campaign it belongs to.
    campaign_id: Option<CampaignId>,
    /// Free text.
    notes: Option<Notes>,
    /// What its transactions call it, such as an IBAN; its id otherwise.
    identifier: Option<AccountIdentifier>,
}

/// What to change in an account. What is not mentioned stays, and `null` clears what may be
/// missing.
#[derive(ToSchema)]
#[schema(as = AccountChange, example = json!({ "balance": 6000, "status": "resolved" }))]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    #[schema(nullable = false)]
    r#type: Option<AccountType>,
    #[schema(nullable = false)]
    balance: Option<AnyAmount>,
    #[schema(nullable = false)]
    currency: Option<Currency>,
    owner_id: Option<OwnerId>,
    #[schema(nullable = false)]
    status: Option<AccountStatus>,
    campaign_id: Option<CampaignId>,
    notes: Option<Notes>,
    identifier: Option<AccountIdentifier>,
}

#[cfg(test)]
mod tests {
    use saldo_domain::account::ACCOUNT_FIELDS;
    use saldo_http::openapi::properties;

    use super::*;

    #[test]
    fn what_is_described_is_what_is_read() {
        for mut described in [properties::<New>(), properties::<Change>()] {
            let mut read = ACCOUNT_FIELDS.to_vec();
            described.sort();
            read.sort_unstable();
            assert_eq!(described, read);
        }
    }
}
