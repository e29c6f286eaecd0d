//! The sheet of a workbook that is imported.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fields::{Finding, FindingCode};
use crate::text::trimmed;

/// The characters of a name. Spreadsheets allow 31; other programs write longer ones.
const NAME_CHARS_MAX: usize = 100;
/// The largest number.
const NUMBER_MAX: u32 = 10_000;

/// A sheet of a workbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected the name of a sheet or its number")]
pub enum SheetRef {
    /// Its number among the visible sheets, from 1.
    Number(u32),
    /// Its name, which may be a hidden sheet's. If no sheet has it, and it is a number, the sheet with that number: a query
    /// has only texts.
    Name(String),
}

impl SheetRef {
    /// The sheet with this number, from 1 to 10,000.
    #[must_use]
    pub fn numbered(number: u32) -> Option<Self> {
        (1..=NUMBER_MAX).contains(&number).then_some(Self::Number(number))
    }

    /// The sheet with this name. Blanks around it don't count.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = trimmed(name);
        (!name.is_empty() && name.chars().nth(NAME_CHARS_MAX).is_none()).then(|| Self::Name(name.to_owned()))
    }

    /// The position of the sheet among sheets with these names, each with whether it is visible.
    #[must_use]
    pub fn find(&self, sheets: &[(&str, bool)]) -> Option<usize> {
        let numbered = |number: u32| {
            let visible = sheets.iter().enumerate().filter(|(_, (_, is_visible))| *is_visible);
            let before = usize::try_from(number).ok()?.checked_sub(1)?;
            visible.map(|(at, _)| at).nth(before)
        };
        match self {
            Self::Number(number) => numbered(*number),
            Self::Name(wanted) => {
                let is = |(name, _): &(&str, bool)| trimmed(name) == wanted;
                // Names that differ in case alone don't occur in one workbook.
                let is_alike =
                    |(name, _): &(&str, bool)| trimmed(name).to_lowercase() == wanted.to_lowercase();
                let named = sheets.iter().position(is).or_else(|| sheets.iter().position(is_alike));
                named.or_else(|| numbered(wanted.parse().ok()?))
            }
        }
    }
}

/// The warning that an import whose options name no sheet leaves out visible sheets with cells. `names` are their names, as an
/// error shows them.
#[must_use]
pub fn unread_sheets(names: &str) -> Finding {
    let reason = format!(
        "one sheet of the workbook is read; other visible sheets have cells, too: {names}; to import them, name each with \
         `sheet` in an import of its own"
    );
    Finding::in_row(FindingCode::UnreadSheets, reason)
}

impl fmt::Display for SheetRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "number {number}"),
            Self::Name(name) => write!(f, "{name:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_are_found_by_name_and_by_number() {
        let sheets = [("Deckblatt", true), ("Listen", false), ("Offene Posten", true), ("2", true)];
        for (sheet, found) in [
            (SheetRef::numbered(2), Some(2)),
            (SheetRef::numbered(4), None),
            (SheetRef::named("Offene Posten "), Some(2)),
            (SheetRef::named("offene posten"), Some(2)),
            (SheetRef::named("Listen"), Some(1)),
            (SheetRef::named("2"), Some(3)),
            (SheetRef::named("1"), Some(0)),
            (SheetRef::named("Posten"), None),
        ] {
            assert_eq!(sheet.expect("a sheet").find(&sheets), found);
        }
        assert_eq!((SheetRef::numbered(0), SheetRef::named(" ")), (None, None));
        assert_eq!(SheetRef::named(&"x".repeat(NAME_CHARS_MAX + 1)), None);
    }
}
