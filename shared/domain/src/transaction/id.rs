//! Transaction ids, which are deduplication keys: they are derived from what the source reports.

use super::{ExternalTransactionId, Source};
use crate::account::AccountIdentifier;
use crate::id::{OrgId, TransactionId};

impl TransactionId {
    /// The id of a transaction with an external id, which is unique in its account and source.
    #[must_use]
    pub fn of_external(
        org: &OrgId,
        source: Source,
        account: &AccountIdentifier,
        external_id: &ExternalTransactionId,
    ) -> Self {
        Self::of_parts(&[
            b"external",
            source.name().as_bytes(),
            org.as_bytes(),
            account.as_str().as_bytes(),
            external_id.as_str().as_bytes(),
        ])
    }

    /// The id of a transaction without an external id: a digest of its fields as they were sent, and of the number
    /// of equal transactions before it (`occurrence`).
    #[must_use]
    pub fn of_fields<'a>(
        org: &OrgId,
        source: Source,
        fields: impl IntoIterator<Item = Option<&'a str>>,
        occurrence: u64,
    ) -> Self {
        let occurrence = occurrence.to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![b"fields", source.name().as_bytes(), org.as_bytes(), &occurrence];
        for field in fields {
            // An absent field must differ from an empty one.
            parts.push(if field.is_some() { b"1" } else { b"0" });
            parts.push(field.unwrap_or_default().as_bytes());
        }
        Self::of_parts(&parts)
    }
}
