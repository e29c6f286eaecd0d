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
    /// The length of the prefix of the name at each position: of the names of the objects around it, with their points.
    prefixes: [u8; Names::MAX],
}

impl Names {
    /// There are fewer names than this, so that a byte holds a position.
    pub(super) const MAX: usize = 256;

    /// These names: fewer than 256.
    #[must_use]
    pub const fn new(names: &'static [&'static str]) -> Self {
        let (mut slots, mut prefixes, mut taken, mut at) = ([0; SLOTS], [0; Self::MAX], 0_u64, 0_u8);
        while (at as usize) < names.len() {
            prefixes[at as usize] = prefix_len(names[at as usize].as_bytes());
            let slot = slot(b"", names[at as usize].as_bytes());
            slots[slot] = at;
            taken |= 1 << slot;
            at += 1;
        }
        Self { names, slots, have_own_slots: taken.count_ones() as usize == names.len(), prefixes }
    }

    /// All names, in the order of their positions.
    #[must_use]
    pub const fn all(&self) -> &'static [&'static str] {
        self.names
    }

    /// The position of a name.
    #[inline]
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.find(slot(b"", name.as_bytes()), |_, known| are_equal(known.as_bytes(), name.as_bytes()))
    }

    /// The position of the member `name` of the object whose members' names begin with `prefix`. A path such as
    /// `contact.name` is no name of a member.
    #[inline]
    pub(super) fn position_in(&self, prefix: &str, name: &str) -> Option<usize> {
        let (prefix, name) = (prefix.as_bytes(), name.as_bytes());
        self.find(slot(prefix, name), |at, known| {
            usize::from(self.prefixes[at]) == prefix.len()
                && known
                    .as_bytes()
                    .split_at_checked(prefix.len())
                    .is_some_and(|(of, member)| are_equal(member, name) && are_equal(of, prefix))
        })
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

/// Whether two texts are equal, which is found without a call if they have at most 16 bytes, as most names have.
#[inline]
fn are_equal(a: &[u8], b: &[u8]) -> bool {
    /// Whether the first `N` bytes are equal and the last, which may be some of the first ones.
    fn are_ends_equal<const N: usize>(a: &[u8], b: &[u8]) -> bool {
        a.first_chunk::<N>() == b.first_chunk() && a.last_chunk::<N>() == b.last_chunk()
    }
    a.len() == b.len()
        && match a.len() {
            0..4 => a.iter().eq(b),
            4..8 => are_ends_equal::<4>(a, b),
            8..=16 => are_ends_equal::<8>(a, b),
            _ => a == b,
        }
}

/// The length of a name up to its last point, which is included.
const fn prefix_len(name: &[u8]) -> u8 {
    let (mut len, mut at) = (0, 0_u8);
    while (at as usize) < name.len() {
        at += 1;
        if name[at as usize - 1] == b'.' {
            len = at;
        }
    }
    len
}

/// The slot of the name that consists of `prefix` and `name`. No two fields of an account have the same.
const fn slot(prefix: &[u8], name: &[u8]) -> usize {
    match (prefix, name) {
        ([first, ..], [.., last]) | ([], [first, .., last]) => {
            (7 * (prefix.len() + name.len()) + 16 * *first as usize + 31 * *last as usize) % SLOTS
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::account::AccountField;

    #[test]
    fn account_fields_have_slots_of_their_own() {
        assert!(Names::new(AccountField::NAMES).have_own_slots);
    }

    proptest! {
        #[test]
        fn equal_names_are_equal(a in "[ab]{0,20}", b in "[ab]{0,20}", at in 0_usize..20) {
            prop_assert!(are_equal(a.as_bytes(), a.as_bytes()));
            prop_assert_eq!(are_equal(a.as_bytes(), b.as_bytes()), a == b);
            let mut other = a.clone().into_bytes();
            if let Some(byte) = other.get_mut(at) {
                *byte = b'c';
                prop_assert!(!are_equal(a.as_bytes(), &other));
            }
        }
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
        for (prefix, name) in [
            ("", "azb"),
            ("contact.", "axb"),
            ("", "name"),
            ("contact", "name"),
            ("x", ""),
            ("", "contact.name"),
        ] {
            assert_eq!(names.position_in(prefix, name), None, "{prefix}{name}");
        }
    }
}
