//! Which column of a file fills which field, where the header does not say it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::import::Field;

/// Columns by their headers, each with the name of the field it fills.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Mapping(BTreeMap<String, Field>);

/// The mapping leads to a field no account has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("accounts have no field {field}")]
pub struct UnknownField {
    field: String,
}

impl Mapping {
    /// The field the column with this header fills: the mapping's word first, then the
    /// header's own.
    pub fn field(&self, header: &str) -> Option<Field> {
        self.0.get(header.trim()).copied().or_else(|| Field::of_header(header))
    }

    /// The columns the mapping names, by their headers.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl TryFrom<BTreeMap<String, String>> for Mapping {
    type Error = UnknownField;

    fn try_from(names: BTreeMap<String, String>) -> Result<Self, UnknownField> {
        let fields = names.into_iter().map(|(header, field)| match Field::named(&field) {
            Some(known) => Ok((header.trim().to_owned(), known)),
            None => Err(UnknownField { field }),
        });
        fields.collect::<Result<_, _>>().map(Self)
    }
}

impl From<Mapping> for BTreeMap<String, String> {
    fn from(mapping: Mapping) -> Self {
        mapping.0.into_iter().map(|(header, field)| (header, field.name().to_owned())).collect()
    }
}
