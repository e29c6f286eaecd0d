//! Which import or manual edit set each optional field of an imported account last.
//!
//! A row that is processed late must not overwrite fields that a newer import or edit has set. The attribute `stamps`
//! records who set what, in entries of 20 bytes: the UUID (version 7) of the import or edit, then a big-endian mask with
//! a bit per field. A field is in one entry at most; an entry without fields is dropped.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::record::{
    BALANCE, CAMPAIGN_ID, CURRENCY, DUE_DATE, EMAIL, IDENTIFIER, NOTES, OWNER, PHONE, SOURCE_SYSTEM, STATUS,
    TYPE,
};
use crate::dynamodb::item::{Item, binary, bytes};
use crate::dynamodb::{Condition, Update, is};
use crate::failure::Failure;

/// The attribute with the stamps.
const STAMPS: &str = "stamps";
/// The bytes of an import's id, and of the id of an edit.
const ID_BYTES: usize = 16;
/// The bytes of an entry.
const ENTRY_BYTES: usize = ID_BYTES + size_of::<u32>();

/// The id of an import or of a manual edit. Both are version 7 UUIDs, so they sort by time.
pub(super) type StampId = [u8; ID_BYTES];

/// A field that a row of an import may leave out, or that a manual edit may set. Its number is its bit in stored masks
/// and must not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StampedField {
    Phone = 0,
    Email = 1,
    DueDate = 2,
    SourceSystem = 3,
    CampaignId = 4,
    Owner = 5,
    Notes = 6,
    Identifier = 7,
    Status = 8,
    Type = 9,
    Currency = 10,
    Balance = 11,
}

impl StampedField {
    /// The field's attribute.
    pub(super) fn attribute(self) -> &'static str {
        match self {
            Self::Phone => PHONE,
            Self::Email => EMAIL,
            Self::DueDate => DUE_DATE,
            Self::SourceSystem => SOURCE_SYSTEM,
            Self::CampaignId => CAMPAIGN_ID,
            Self::Owner => OWNER,
            Self::Notes => NOTES,
            Self::Identifier => IDENTIFIER,
            Self::Status => STATUS,
            Self::Type => TYPE,
            Self::Currency => CURRENCY,
            Self::Balance => BALANCE,
        }
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// The stamps of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamps(BTreeMap<StampId, u32>);

impl Stamps {
    /// The stamps of an item.
    pub(super) fn of(item: &Item) -> Result<Self, Failure> {
        let (entries, rest) = bytes(item, STAMPS).unwrap_or_default().as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() {
            return Err(Failure::corrupt("an account")("stamps has an invalid length"));
        }
        let entries = entries.iter().map(|entry| {
            let mut id = [0; ID_BYTES];
            let mut mask = [0; size_of::<u32>()];
            let (id_bytes, mask_bytes) = entry.split_at(ID_BYTES);
            id.copy_from_slice(id_bytes);
            mask.copy_from_slice(mask_bytes);
            (id, u32::from_be_bytes(mask))
        });
        Ok(Self(entries.collect()))
    }

    /// The import or edit that set the field last, if any did.
    pub(super) fn set_by(&self, field: StampedField) -> Option<&StampId> {
        self.0.iter().find(|(_, mask)| *mask & field.bit() != 0).map(|(id, _)| id)
    }

    /// The stamps after this import or edit has set the fields.
    #[must_use]
    fn with(mut self, id: &StampId, fields: impl IntoIterator<Item = StampedField>) -> Self {
        let set = fields.into_iter().fold(0, |mask, field| mask | field.bit());
        self.0.retain(|other, mask| {
            *mask &= !set;
            *mask != 0 || other == id
        });
        if set != 0 {
            *self.0.entry(*id).or_default() |= set;
        }
        self
    }

    /// Adds to an update that this import or edit sets the fields. The item must have [these stamps](Self::are_stored).
    pub(super) fn stamp(
        &self,
        update: &mut Update,
        id: &StampId,
        fields: impl IntoIterator<Item = StampedField>,
    ) {
        let after = self.clone().with(id, fields);
        if after != *self {
            update.set_or_remove(STAMPS, after.to_value());
        }
    }

    /// The condition that the item has these stamps.
    pub(super) fn are_stored(&self) -> Condition {
        is(STAMPS, self.to_value())
    }

    fn to_value(&self) -> Option<AttributeValue> {
        let entries: Vec<u8> =
            self.0.iter().flat_map(|(id, mask)| id.iter().copied().chain(mask.to_be_bytes())).collect();
        (!entries.is_empty()).then(|| binary(&entries))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const FIELDS: [StampedField; 12] = [
        StampedField::Phone,
        StampedField::Email,
        StampedField::DueDate,
        StampedField::SourceSystem,
        StampedField::CampaignId,
        StampedField::Owner,
        StampedField::Notes,
        StampedField::Identifier,
        StampedField::Status,
        StampedField::Type,
        StampedField::Currency,
        StampedField::Balance,
    ];

    fn stored(stamps: &Stamps) -> Item {
        stamps.to_value().map(|value| (STAMPS.to_owned(), value)).into_iter().collect()
    }

    #[test]
    fn entry_is_dropped_when_all_its_fields_were_set_again() {
        let [old, new] = [[1; ID_BYTES], [2; ID_BYTES]];
        let stamps = Stamps::default().with(&old, [StampedField::Phone, StampedField::Notes]);
        let stamps = stamps.with(&new, [StampedField::Phone]);
        assert_eq!(stamps.set_by(StampedField::Notes), Some(&old));
        let stamps = stamps.with(&new, [StampedField::Notes]);
        assert_eq!(stamps.0.len(), 1);
        assert_eq!(stamps.to_value(), Some(binary(&[&[2; ID_BYTES][..], &[0, 0, 0, 0b100_0001]].concat())));
    }

    #[test]
    fn damaged_stamps_are_corrupt() {
        let item = Item::from([(STAMPS.to_owned(), binary(&[0; ENTRY_BYTES + 1]))]);
        assert!(matches!(Stamps::of(&item), Err(Failure::Corrupt { .. })));
    }

    proptest! {
        #[test]
        fn stamps_are_an_id_per_field(writes in prop::collection::vec((0_u8..6, 0_u32..1 << 12), 0..20)) {
            let mut expected: HashMap<&str, StampId> = HashMap::new();
            let mut stamps = Stamps::default();
            for (id, mask) in writes {
                let id = [id; ID_BYTES];
                let fields: Vec<StampedField> =
                    FIELDS.into_iter().filter(|field| mask & field.bit() != 0).collect();
                expected.extend(fields.iter().map(|field| (field.attribute(), id)));
                stamps = Stamps::of(&stored(&stamps.with(&id, fields))).expect("stamps");
                for field in FIELDS {
                    prop_assert_eq!(stamps.set_by(field), expected.get(field.attribute()));
                }
                prop_assert!(stamps.0.values().all(|mask| *mask != 0));
            }
        }
    }
}
