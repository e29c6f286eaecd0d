//! The names of the fields that a request may have, and the way from a name to its position.

/// The slots of the table of positions: a power of two, and several times the number of names that most requests have.
const SLOTS: usize = 64;

/// Names, each of which has a position.
#[derive(Debug)]
pub struct Names {
    names: &'static [&'static str],
    /// The positions of names by their [`slot`]. Of names with the same slot, one has it; the others are searched for.
    slots: [u8; SLOTS],
    /// Whether each name has its slot, so that no name is searched for.
    have_own_slots: bool,
    /// The slot of the name at each position.
    slots_of: [u8; Names::MAX],
}

impl Names {
    /// There are fewer names than this, so that a byte holds a position.
    pub(super) const MAX: usize = 256;

    /// These names: fewer than 256.
    #[must_use]
    pub const fn new(names: &'static [&'static str]) -> Self {
        let (mut slots, mut slots_of, mut taken, mut at) = ([0; SLOTS], [0; Self::MAX], 0_u64, 0_u8);
        while (at as usize) < names.len() {
            let slot = slot(b"", names[at as usize].as_bytes());
            slots[slot] = at;
            #[expect(clippy::cast_possible_truncation, reason = "there are few slots")]
            let slot_byte = slot as u8;
            slots_of[at as usize] = slot_byte;
            taken |= 1 << slot;
            at += 1;
        }
        Self { names, slots, have_own_slots: taken.count_ones() as usize == names.len(), slots_of }
    }

    /// All names, in the order of their positions.
    #[must_use]
    pub const fn all(&self) -> &'static [&'static str] {
        self.names
    }

    /// A bit for the name at this position, that few other names have.
    #[inline]
    pub(super) fn bit_of(&self, at: usize) -> u64 {
        1 << (usize::from(self.slots_of[at]) % SLOTS)
    }

    /// The same for a name.
    #[inline]
    pub(super) const fn bit(name: &str) -> u64 {
        1 << slot(b"", name.as_bytes())
    }

    /// The position of a name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.position_if(name, |_| true)
    }

    /// The position of a name, if it passes a test. Most names that fail are not even compared.
    #[inline]
    pub(super) fn position_if(&self, name: &str, may_be: impl Fn(usize) -> bool) -> Option<usize> {
        self.find(slot(b"", name.as_bytes()), |at, known| may_be(at) && known == name)
    }

    /// The position of the name that consists of `prefix` and `name`.
    pub(super) fn position_in(&self, prefix: &str, name: &str) -> Option<usize> {
        match prefix.is_empty() {
            true => self.position(name),
            false => self.find(slot(prefix.as_bytes(), name.as_bytes()), |_, known| {
                known.strip_prefix(prefix) == Some(name)
            }),
        }
    }

    #[inline]
    fn find(&self, slot: usize, is_wanted: impl Fn(usize, &str) -> bool) -> Option<usize> {
        let likely = usize::from(self.slots[slot]);
        match self.names.get(likely) {
            Some(known) if is_wanted(likely, known) => Some(likely),
            _ if self.have_own_slots => None,
            _ => self.search(is_wanted),
        }
    }

    #[cold]
    fn search(&self, is_wanted: impl Fn(usize, &str) -> bool) -> Option<usize> {
        (0..).zip(self.names).find(|(at, known)| is_wanted(*at, known)).map(|(at, _)| at)
    }
}

/// The slot of the name that consists of `prefix` and `name`. No two fields of an account have the same.
const fn slot(prefix: &[u8], name: &[u8]) -> usize {
    match (prefix, name) {
        ([first, ..], [.., last]) | ([], [first, .., last]) => {
            (prefix.len() + name.len() + 41 * *first as usize + 11 * *last as usize) % SLOTS
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountField;

    #[test]
    fn account_fields_have_slots_of_their_own() {
        assert!(Names::new(AccountField::NAMES).have_own_slots);
    }

    #[test]
    fn names_are_found_at_their_positions() {
        // The first two have the same slot, and so have the last two.
        let names = Names::new(&["axb", "ayb", "", "contact.name", "contact.nune"]);
        assert!(!names.have_own_slots);
        for (at, name) in names.all().iter().enumerate() {
            assert_eq!(names.position(name), Some(at), "{name}");
        }
        for (name, at) in [("name", 3), ("nune", 4)] {
            assert_eq!(names.position_in("contact.", name), Some(at), "{name}");
        }
        for (prefix, name) in [("", "azb"), ("contact.", "axb"), ("", "name"), ("contact", "name"), ("x", "")]
        {
            assert_eq!(names.position_in(prefix, name), None, "{prefix}{name}");
        }
    }
}
