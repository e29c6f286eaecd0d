//! Account ids that are derived from external ids.

use super::ExternalId;
use crate::id::{AccountId, OrgId};

impl AccountId {
    /// The id of the organization's account with this external id. It is always the same, so an upsert needs no
    /// look-up, and no two accounts share an external id.
    #[must_use]
    pub fn of_external(org: &OrgId, external_id: &ExternalId) -> Self {
        Self::of_parts(&[b"external", org.as_bytes(), external_id.as_str().as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn derived_account_ids_are_stable_and_distinct(a in "\\PC{1,20}", b in "\\PC{1,20}") {
            let org: OrgId = "org_aaaaaaaaaaaaaaaa".parse().expect("an id");
            if let (Ok(x), Ok(y)) = (a.parse::<ExternalId>(), b.parse::<ExternalId>()) {
                let (id, other) = (AccountId::of_external(&org, &x), AccountId::of_external(&org, &y));
                prop_assert_eq!(id.to_string().parse(), Ok(id.clone()));
                prop_assert_eq!(id == other, x == y);
            }
        }
    }
}
