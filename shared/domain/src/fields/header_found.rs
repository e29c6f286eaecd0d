//! What was read as the header of a table, as the error about it shows it.

use std::fmt;

/// The names that an error shows.
const NAMES_SHOWN_MAX: usize = 12;
/// The characters of such a name that it shows.
const NAME_CHARS_SHOWN_MAX: usize = 30;

/// What was read as the header of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderFound {
    /// Its line, counting from 1.
    pub line: u64,
    /// The names in it.
    pub names: ShownNames,
    /// The names of the fields that columns may fill.
    pub fields: Vec<&'static str>,
}

impl HeaderFound {
    /// The header on a line, with this number of names, of a table whose columns may fill these fields.
    pub fn of<'a>(
        line: u64,
        count: usize,
        names: impl Iterator<Item = &'a str>,
        fields: impl Iterator<Item = &'static str>,
    ) -> Box<Self> {
        Box::new(Self { line, names: ShownNames::of(count, names), fields: fields.collect() })
    }

    /// A name as an error shows it, cut if it is long.
    #[must_use]
    pub fn shown(name: &str) -> String {
        name.trim().chars().take(NAME_CHARS_SHOWN_MAX).collect()
    }
}

impl fmt::Display for HeaderFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, names, fields } = self;
        write!(f, "the header was read from line {line}: {names}; the fields are {}", fields.join(", "))
    }
}

/// Names of columns as an error shows them. Files and options have up to a thousand, and an error is part of lists of jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownNames {
    /// The first ones, each cut to a bounded length.
    first: Vec<String>,
    /// The number of further ones.
    more: usize,
}

impl ShownNames {
    /// Of this number of names.
    pub fn of<'a>(count: usize, names: impl Iterator<Item = &'a str>) -> Self {
        let first = names.take(NAMES_SHOWN_MAX).map(HeaderFound::shown).collect();
        Self { first, more: count.saturating_sub(NAMES_SHOWN_MAX) }
    }

    /// The number of names, also of those that are not shown.
    #[must_use]
    pub fn count(&self) -> usize {
        self.first.len() + self.more
    }
}

impl fmt::Display for ShownNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.first.iter().enumerate() {
            write!(f, "{}\"{name}\"", if at > 0 { ", " } else { "" })?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A required field without a column, and the unused header that is most similar to its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingColumn {
    /// The name of the field.
    pub field: &'static str,
    /// The header.
    pub similar: Option<String>,
}

impl fmt::Display for MissingColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.similar {
            Some(similar) => write!(f, "{} (is it \"{similar}\"?)", self.field),
            None => f.write_str(self.field),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_names_are_shown_and_long_ones_cut() {
        let names = |count: usize| vec!["x".repeat(200); count];
        let shown =
            |names: &[String]| ShownNames::of(names.len(), names.iter().map(String::as_str)).to_string();
        let cut = format!("\"{}\"", "x".repeat(NAME_CHARS_SHOWN_MAX));
        assert_eq!(shown(&names(2)), format!("{cut}, {cut}"));
        assert_eq!(shown(&names(1_000)), format!("{} and 988 more", vec![cut; NAMES_SHOWN_MAX].join(", ")));
    }
}
