//! The columns of exported records.

use std::fmt::Debug;

use crate::cell::Cell;
use crate::date::Date;
use crate::export::Profile;

/// Who reads an export, and the day that it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The day up to which days are counted.
    pub as_of: Date,
    /// The readers.
    pub profile: Profile,
}

/// A column of an export of `T`s: a member of each object in JSON. A name with a dot is that
/// of a member of a nested object.
pub trait Column<T>: Copy + Debug + PartialEq + Send + Sync + 'static {
    /// Every column there is.
    const ALL: &'static [Self];

    /// Whether exports with this profile have the column by default.
    fn is_default(self, _: Profile) -> bool {
        true
    }

    /// Its name: its header in CSV, its path in JSON.
    fn name(self) -> &'static str;

    /// Its value of `record`.
    fn cell(self, record: &T, reader: Reader) -> Cell<'_>;
}

/// The columns that a name stands for: one, or all the members of a nested object.
pub(crate) fn named<T, C: Column<T>>(name: &str) -> Vec<C> {
    let is_meant = |column: &C| {
        column.name().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    C::ALL.iter().copied().filter(is_meant).collect()
}
