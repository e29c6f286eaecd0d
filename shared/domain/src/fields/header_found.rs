//! What was read as the header of a table, as the error about it shows it.

use std::fmt;

/// The names of a header that an error shows.
const NAMES_SHOWN_MAX: usize = 12;
/// The characters of such a name that it shows.
const NAME_CHARS_SHOWN_MAX: usize = 30;

/// What was read as the header of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderFound {
    /// Its line, counting from 1.
    pub line: u64,
    /// The first names in it, each cut to a bounded length.
    pub names: Vec<String>,
    /// The number of further names.
    pub more: usize,
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
        let more = count.saturating_sub(NAMES_SHOWN_MAX);
        let names = names.take(NAMES_SHOWN_MAX).map(Self::shown).collect();
        Box::new(Self { line, names, more, fields: fields.collect() })
    }

    /// A name as an error shows it, cut if it is long.
    #[must_use]
    pub fn shown(name: &str) -> String {
        name.trim().chars().take(NAME_CHARS_SHOWN_MAX).collect()
    }
}

impl fmt::Display for HeaderFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the header was read from line {}: ", self.line)?;
        for (at, name) in self.names.iter().enumerate() {
            write!(f, "{}\"{name}\"", if at > 0 { ", " } else { "" })?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }?;
        write!(f, "; the fields are {}", self.fields.join(", "))
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
