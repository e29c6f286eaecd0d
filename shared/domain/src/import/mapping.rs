//! The mapping of columns to fields, for files whose headers are not names of fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::account::AccountField;

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

impl Mapping {
    /// The headers that the mapping names, each with its field.
    pub fn iter(&self) -> impl Iterator<Item = (&str, AccountField)> {
        self.0.iter().map(|(header, field)| (header.as_str(), *field))
    }
}

impl TryFrom<BTreeMap<String, String>> for Mapping {
    type Error = UnknownField;

    fn try_from(names: BTreeMap<String, String>) -> Result<Self, UnknownField> {
        let fields = names.into_iter().map(|(header, field)| match AccountField::named(&field) {
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
