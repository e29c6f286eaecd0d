//! The accounts that a complete file names, as sorted digests of their ids: 11 bytes for each, in memory and in S3.

use crate::id::AccountId;

/// The bytes of a digest. Among ten million accounts, the probability that one is mistaken for another one of ten million
/// rows is below 10⁻¹².
pub(super) const DIGEST_BYTES: usize = 11;

/// The accounts that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership<B>(B);

impl Membership<Vec<u8>> {
    /// Those with these digests, which are sorted. A digest may be repeated.
    pub(super) fn of_sorted(digests: impl Iterator<Item = [u8; DIGEST_BYTES]>) -> Self {
        let mut bytes: Vec<u8> = Vec::new();
        for digest in digests {
            if !bytes.ends_with(&digest) {
                bytes.extend_from_slice(&digest);
            }
        }
        Self(bytes)
    }

    /// The content of their file.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl<B: AsRef<[u8]>> Membership<B> {
    /// Those in a file; `None` if it is damaged.
    #[must_use]
    pub fn of_file(bytes: B) -> Option<Self> {
        bytes.as_ref().len().is_multiple_of(DIGEST_BYTES).then_some(Self(bytes))
    }

    /// Whether the file names the account.
    #[must_use]
    pub fn contains(&self, id: &AccountId) -> bool {
        let (digests, _) = self.0.as_ref().as_chunks::<DIGEST_BYTES>();
        digests.binary_search(&digest(id)).is_ok()
    }
}

/// The digest of an account's id.
pub(super) fn digest(id: &AccountId) -> [u8; DIGEST_BYTES] {
    let [digest @ .., _, _, _, _, _] = id.digest();
    digest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    proptest! {
        #[test]
        fn file_contains_the_accounts_that_it_names(numbers in prop::collection::vec(0_u128..60, 0..40)) {
            let id = |number: u128| AccountId::of_seed(Uuid::from_u128(number));
            let mut digests: Vec<_> = numbers.iter().map(|number| digest(&id(*number))).collect();
            digests.sort_unstable();
            let bytes = Membership::of_sorted(digests.into_iter()).into_bytes();
            let membership = Membership::of_file(bytes).expect("a file");
            for number in 0..60 {
                prop_assert_eq!(membership.contains(&id(number)), numbers.contains(&number));
            }
        }
    }

    #[test]
    fn file_that_was_cut_is_damaged() {
        assert!(Membership::of_file(vec![0; DIGEST_BYTES + 1]).is_none());
    }
}
