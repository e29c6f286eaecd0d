//! The names of the fields that a request may have, and the way from a name to its position.

/// The slots of the table of positions: a power of two, and several times the number of names that most requests have.
const SLOTS: usize = 64;

/// Names, each of which has a position.
#[derive(Debug)]
pub(super) struct Names {
    names: &'static [&'static str],
    /// The positions of names by their [`slot`]. Of names with the same slot, one has it; the others are searched for.
    slots: [u8; SLOTS],
}

impl Names {
    pub(super) fn new(names: &'static [&'static str]) -> Self {
        let mut slots = [0; SLOTS];
        for (name, at) in names.iter().zip(0..) {
            slots[slot(name)] = at;
        }
        Self { names, slots }
    }

    /// All names, in the order of their positions.
    pub(super) fn all(&self) -> &'static [&'static str] {
        self.names
    }

    /// The position of a name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        let likely = usize::from(self.slots[slot(name)]);
        match self.names.get(likely) {
            Some(known) if *known == name => Some(likely),
            _ => self.names.iter().position(|known| *known == name),
        }
    }

    /// The position of the name that consists of `prefix` and `name`.
    pub(super) fn position_in(&self, prefix: &str, name: &str) -> Option<usize> {
        match prefix {
            "" => self.position(name),
            _ => self.names.iter().position(|known| known.strip_prefix(prefix) == Some(name)),
        }
    }
}

/// The slot of a name. No two fields of an account have the same.
fn slot(name: &str) -> usize {
    match name.as_bytes() {
        [first, .., last] => (name.len() + 7 * usize::from(*first) + 3 * usize::from(*last)) % SLOTS,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::account::AccountField;

    #[test]
    fn account_fields_have_slots_of_their_own() {
        let slots: BTreeSet<usize> = AccountField::NAMES.iter().map(|name| slot(name)).collect();
        assert_eq!(slots.len(), AccountField::NAMES.len());
    }

    #[test]
    fn names_are_found_at_their_positions() {
        // The first two have the same slot.
        let names = Names::new(&["axb", "ayb", "", "contact.name"]);
        for (at, name) in names.all().iter().enumerate() {
            assert_eq!(names.position(name), Some(at), "{name}");
        }
        assert_eq!(names.position_in("contact.", "name"), Some(3));
        for (prefix, name) in [("", "azb"), ("contact.", "axb"), ("", "name"), ("contact", "name"), ("x", "")]
        {
            assert_eq!(names.position_in(prefix, name), None, "{prefix}{name}");
        }
    }
}
