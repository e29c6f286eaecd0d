//! The client of an account, as rows of imports name it: by the client's number in its source system.

use super::{ExternalId, OwnerId};
use crate::id::{ClientId, OrgId};

/// A client that is named by its number, with the id that follows from the number.
///
/// An account keeps the number beside its owner, and each of the two has its own place in the order of imports. If a later row
/// or edit gives the account another owner, the number is of no account until that owner is overtaken or the number is stated
/// again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedClient {
    /// The number.
    pub external_id: ExternalId,
    /// The client's id, as the owner of accounts.
    pub owner_id: OwnerId,
}

impl NumberedClient {
    /// The organization's client with this number, whether it exists or not.
    #[must_use]
    pub fn new(org: &OrgId, external_id: ExternalId) -> Self {
        let owner_id = OwnerId::of_id(&ClientId::of_external(org, &external_id));
        Self { external_id, owner_id }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::account::Account;
    use crate::id::AccountId;
    use crate::money::Decimal;

    #[test]
    fn number_counts_while_its_client_is_the_owner() {
        let org = OrgId::placeholder();
        let number: ExternalId = "007".parse().expect("a number");
        let client = NumberedClient::new(&org, number.clone());
        let id = AccountId::of_external(&org, &number);
        let euro = "EUR".parse().expect("a currency");
        let mut account = Account::new(id, Decimal::ONE, euro, Timestamp::UNIX_EPOCH);
        account.client = Some(client.clone());
        assert_eq!(account.client_external_id(), None);
        account.owner_id = Some(client.owner_id);
        assert_eq!(account.client_external_id(), Some(&number));
        account.owner_id = Some("another".parse().expect("an id"));
        assert_eq!(account.client_external_id(), None);
    }
}
