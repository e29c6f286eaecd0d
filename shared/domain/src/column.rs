//! The columns of exported records.

use std::fmt::Debug;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::date::Date;
use crate::fields::InvalidValue;

/// Who a CSV file is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ExportProfile))]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// People, in a spreadsheet: no free text in it is run as a formula. An apostrophe is in front
    /// of what might be; an import takes it off.
    #[default]
    Spreadsheet,
    /// Programs: every text is as it was imported. Only an apostrophe in front of a formula, which
    /// an import takes off, is written twice.
    Raw,
}

impl FromStr for Profile {
    type Err = InvalidValue;

    fn from_str(name: &str) -> Result<Self, InvalidValue> {
        match name {
            "spreadsheet" => Ok(Self::Spreadsheet),
            "raw" => Ok(Self::Raw),
            _ => Err(InvalidValue("expected spreadsheet or raw")),
        }
    }
}

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
