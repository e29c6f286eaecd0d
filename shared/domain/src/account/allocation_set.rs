//! What an account says of its allocations, which are stored apart from it.

use super::Revision;

/// The allocations of an account: which they are, and how many. A reader that finds others has met a change that is not visible
/// in full yet, and reads again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationSet {
    /// The revision that the account got with the first one. An account that was deleted and is created again has none of the
    /// allocations of its predecessor.
    pub id: Revision,
    /// How many there are.
    pub number: u16,
    /// The revision that the account got with the last change of one or more of them.
    pub last: Revision,
    /// How many of them that change has written.
    pub written: u16,
}

/// The bytes are not those of an [`AllocationSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a set of allocations in its binary form")]
pub struct InvalidAllocationSet;

impl AllocationSet {
    /// The binary form: both revisions, then both numbers.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 36] {
        let mut bytes = [0; 36];
        bytes[..16].copy_from_slice(self.id.as_bytes());
        bytes[16..32].copy_from_slice(self.last.as_bytes());
        bytes[32..34].copy_from_slice(&self.number.to_be_bytes());
        bytes[34..].copy_from_slice(&self.written.to_be_bytes());
        bytes
    }
}

impl TryFrom<&[u8]> for AllocationSet {
    type Error = InvalidAllocationSet;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidAllocationSet> {
        let bytes: &[u8; 36] = bytes.try_into().map_err(|_| InvalidAllocationSet)?;
        let revision = |bytes: &[u8]| Revision::try_from(bytes).map_err(|_| InvalidAllocationSet);
        let [.., n0, n1, w0, w1] = *bytes;
        Ok(Self {
            id: revision(&bytes[..16])?,
            number: u16::from_be_bytes([n0, n1]),
            last: revision(&bytes[16..32])?,
            written: u16::from_be_bytes([w0, w1]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_read_back() {
        let set = AllocationSet { id: Revision::next(), number: 1_000, last: Revision::next(), written: 99 };
        let bytes = set.to_bytes();
        assert_eq!(AllocationSet::try_from(&bytes[..]), Ok(set));
        assert_eq!(AllocationSet::try_from(&bytes[..35]), Err(InvalidAllocationSet));
    }
}
