//! Sets of an account's fields, and how a change sets fields and notes which.

use super::AccountField;
use crate::fields::Patch;

const _: () = assert!(AccountField::ALL.len() <= u32::BITS as usize);

/// A set of an account's fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(u32);

impl FieldSet {
    /// The set with this mask: a bit for each field, at the field's position.
    #[must_use]
    pub fn of_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The mask.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether no field is in the set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the field is in the set.
    #[must_use]
    pub fn contains(self, field: AccountField) -> bool {
        self.0 & (1 << field as u32) != 0
    }

    /// Adds a field.
    pub fn insert(&mut self, field: AccountField) {
        self.0 |= 1 << field as u32;
    }

    /// Adds the fields of another set.
    pub fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Removes the fields of another set.
    pub fn remove(&mut self, other: Self) {
        self.0 &= !other.0;
    }
}

/// Sets fields of an account that may be set, and notes which.
pub(crate) struct FieldSetter<M> {
    may_set: M,
    set: FieldSet,
}

impl<M: Fn(AccountField) -> bool> FieldSetter<M> {
    /// A setter of the fields for which `may_set` returns true.
    pub(crate) fn new(may_set: M) -> Self {
        Self { may_set, set: FieldSet::default() }
    }

    /// Applies a patch to an optional field.
    pub(crate) fn optional<T: Clone>(
        &mut self,
        field: AccountField,
        value: &mut Option<T>,
        patch: &Patch<T>,
    ) {
        match patch {
            Patch::Set(new) if self.admits(field) => *value = Some(new.clone()),
            Patch::Clear if self.admits(field) => *value = None,
            Patch::Keep | Patch::Set(_) | Patch::Clear => {}
        }
    }

    /// Applies a patch to a field that always has a value; clearing sets it to its default.
    pub(crate) fn required<T: Clone>(
        &mut self,
        field: AccountField,
        value: &mut T,
        patch: &Patch<T>,
        default: impl FnOnce() -> T,
    ) {
        match patch {
            Patch::Set(new) => self.given(field, value, Some(new)),
            Patch::Clear => self.given(field, value, Some(&default())),
            Patch::Keep => {}
        }
    }

    /// Sets a field if there is a new value.
    pub(crate) fn given<T: Clone>(&mut self, field: AccountField, value: &mut T, new: Option<&T>) {
        if let Some(new) = new.filter(|_| self.admits(field)) {
            *value = new.clone();
        }
    }

    /// The fields that were set, to another value or to the same.
    pub(crate) fn finish(self) -> FieldSet {
        self.set
    }

    fn admits(&mut self, field: AccountField) -> bool {
        let admitted = (self.may_set)(field);
        if admitted {
            self.set.insert(field);
        }
        admitted
    }
}
