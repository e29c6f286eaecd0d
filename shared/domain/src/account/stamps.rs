//! Which import or manual edit set each field of an imported account last.
//!
//! A row that is processed late must not overwrite fields that a newer import or edit has set. A field that a row may
//! leave out, or that an edit may set, therefore has a stamp: the id of the import or the revision of the edit. Both are
//! version 7 UUIDs, so stamps sort by time.

use std::collections::BTreeMap;

use super::{AccountField, FieldSet};

/// The bytes of an import's id, and of an edit's revision.
const ID_BYTES: usize = 16;
/// The bytes of an entry of stored stamps.
const ENTRY_BYTES: usize = ID_BYTES + size_of::<u32>();

/// The id of an import or the revision of a manual edit.
pub type StampId = [u8; ID_BYTES];

/// The stamps of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamps(BTreeMap<StampId, FieldSet>);

/// The bytes are not those of stamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not entries of {ENTRY_BYTES} bytes")]
pub struct InvalidStamps;

impl TryFrom<&[u8]> for Stamps {
    type Error = InvalidStamps;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidStamps> {
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        let entries = entries.iter().map(|entry| {
            let (id, mask) = entry.split_first_chunk::<ID_BYTES>()?;
            Some((*id, FieldSet::of_bits(u32::from_be_bytes(*mask.first_chunk()?))))
        });
        let entries = entries.collect::<Option<_>>().filter(|_| rest.is_empty());
        entries.map(Self).ok_or(InvalidStamps)
    }
}

impl Stamps {
    /// The stamps as they are stored: entries of 20 bytes, each an id and the big-endian mask of the fields that it set
    /// last. `None` if there are no stamps.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(ENTRY_BYTES * self.0.len());
        for (id, set) in &self.0 {
            bytes.extend_from_slice(id);
            bytes.extend_from_slice(&set.bits().to_be_bytes());
        }
        (!bytes.is_empty()).then_some(bytes)
    }

    /// The import or edit that set the field last, if any did.
    #[must_use]
    pub fn set_by(&self, field: AccountField) -> Option<&StampId> {
        self.0.iter().find(|(_, set)| set.contains(field)).map(|(id, _)| id)
    }

    /// Whether this import or edit has set a field last.
    #[must_use]
    pub fn has(&self, id: &StampId) -> bool {
        self.0.contains_key(id)
    }

    /// Drops the stamps of fields that need none any more. An entry without fields is dropped.
    pub fn forget(&mut self, fields: FieldSet) {
        self.0.retain(|_, set| {
            set.remove(fields);
            !set.is_empty()
        });
    }

    /// Records that this import or edit has set the fields. A field is in one entry at most; an entry without fields is
    /// dropped.
    pub fn stamp(&mut self, id: &StampId, fields: FieldSet) {
        if fields.is_empty() {
            return;
        }
        self.0.retain(|other, set| {
            set.remove(fields);
            !set.is_empty() || other == id
        });
        self.0.entry(*id).or_default().extend(fields);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn set(fields: impl IntoIterator<Item = AccountField>) -> FieldSet {
        let mut set = FieldSet::default();
        fields.into_iter().for_each(|field| set.insert(field));
        set
    }

    #[test]
    fn entry_is_dropped_when_all_its_fields_were_set_again() {
        let [old, new] = [[1; ID_BYTES], [2; ID_BYTES]];
        let (phone, notes) = (AccountField::ContactPhone, AccountField::Notes);
        let mut stamps = Stamps::default();
        stamps.stamp(&old, set([phone, notes]));
        stamps.stamp(&new, set([phone]));
        assert_eq!(stamps.set_by(notes), Some(&old));
        stamps.stamp(&new, set([notes]));
        let mask = set([phone, notes]).bits().to_be_bytes();
        assert_eq!(stamps.to_bytes(), Some([&[2; ID_BYTES][..], &mask].concat()));
    }

    #[test]
    fn damaged_stamps_are_refused() {
        assert_eq!(Stamps::try_from(&[0; ENTRY_BYTES + 1][..]), Err(InvalidStamps));
    }

    proptest! {
        #[test]
        fn stamps_are_an_id_per_field(writes in prop::collection::vec((0_u8..6, 0_u32..1 << 12), 0..20)) {
            let mut expected: HashMap<AccountField, StampId> = HashMap::new();
            let mut stamps = Stamps::default();
            for (id, mask) in writes {
                let id = [id; ID_BYTES];
                let fields = FieldSet::of_bits(mask);
                expected.extend(AccountField::ALL.iter().filter(|field| fields.contains(**field)).map(|field| (*field, id)));
                stamps.stamp(&id, fields);
                stamps = Stamps::try_from(&*stamps.to_bytes().unwrap_or_default()).expect("stamps");
                for field in AccountField::ALL {
                    prop_assert_eq!(stamps.set_by(*field), expected.get(field));
                }
                prop_assert!(stamps.0.values().all(|fields| !fields.is_empty()));
            }
        }
    }
}
