//! The columns of exported records.

use std::fmt::Debug;

use crate::cell::Cell;
use crate::date::Date;
use crate::export::Profile;

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

    /// Its value of `record` on the day `as_of`.
    fn cell(self, record: &T, as_of: Date) -> Cell<'_>;
}

/// The columns that a name stands for: one, or all the members of a nested object.
pub(crate) fn named<T, C: Column<T>>(name: &str) -> Vec<C> {
    let is_meant = |column: &C| {
        column.name().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    C::ALL.iter().copied().filter(is_meant).collect()
}
