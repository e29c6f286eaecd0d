//! The mapping of columns to fields, for files whose headers are not names of fields.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::comparable;
use crate::account::AccountField;
use crate::fields::shown_value;

/// Fields by the headers of their columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Mapping(BTreeMap<String, AccountField>);

/// The mapping names an unknown field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("accounts have no field \"{field}\"")]
pub struct UnknownField {
    field: String,
}

impl UnknownField {
    /// The error about a field of this name.
    pub(super) fn named(field: String) -> Self {
        Self { field }
    }
}

/// Why headers with fields are not a mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMapping {
    /// It names an unknown field.
    #[error(transparent)]
    UnknownField(#[from] UnknownField),
    /// Two headers are the same but for blanks and case, so that one field would be lost.
    #[error(
        "the headers {one:?} and {other:?} differ in blanks or case alone; leave one out, or name the columns with `columns`"
    )]
    SameHeader {
        /// One header, cut if it is long.
        one: String,
        /// The other header, cut if it is long.
        other: String,
    },
}

impl Mapping {
    /// The headers that the mapping names, each with its field.
    pub fn iter(&self) -> impl Iterator<Item = (&str, AccountField)> {
        self.0.iter().map(|(header, field)| (header.as_str(), *field))
    }
}

impl TryFrom<BTreeMap<String, String>> for Mapping {
    type Error = InvalidMapping;

    fn try_from(names: BTreeMap<String, String>) -> Result<Self, InvalidMapping> {
        let (mut fields, mut alike) = (BTreeMap::new(), HashMap::new());
        for (header, field) in names {
            let field = AccountField::named(&field).ok_or(UnknownField { field })?;
            fields.insert(header.trim().to_owned(), field);
            if let Some(one) = alike.insert(comparable(&header).to_lowercase(), header.clone()) {
                return Err(InvalidMapping::SameHeader {
                    one: shown_value(&one),
                    other: shown_value(&header),
                });
            }
        }
        Ok(Self(fields))
    }
}

impl From<Mapping> for BTreeMap<String, String> {
    fn from(mapping: Mapping) -> Self {
        mapping.0.into_iter().map(|(header, field)| (header, field.name().to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_differ_in_blanks_or_case_alone_are_refused() {
        let read = |json: &str| serde_json::from_str::<Mapping>(json);
        for (one, other) in
            [("Kunde", "Kunde "), ("Betrag EUR", "Betrag\\n EUR"), ("KUNDE", "Kunde"), ("Fällig", "FÄLLIG")]
        {
            let json = format!(r#"{{"{one}": "notes", "{other}": "contact.name"}}"#);
            let refused = read(&json).expect_err(&json).to_string();
            assert!(
                refused.contains(&format!("\"{one}\"")) && refused.contains(&format!("\"{other}\"")),
                "{refused}"
            );
        }
        let mapping = read(r#"{" Kunde ": "contact.name", "Kunde 2": "notes"}"#).expect("a mapping");
        assert_eq!(mapping.iter().map(|(header, _)| header).collect::<Vec<_>>(), ["Kunde", "Kunde 2"]);
    }
}
