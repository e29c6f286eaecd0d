//! Values for fields that the rows of a file do not have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::account::AccountField;
use crate::import::UnknownField;

/// A value for each of some fields, for all rows of a file that have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Defaults(Vec<(AccountField, String)>);

impl Defaults {
    /// No values.
    pub const NONE: &'static Self = &Self(Vec::new());

    /// The fields, each with its value.
    pub fn iter(&self) -> impl Iterator<Item = (AccountField, &str)> {
        self.0.iter().map(|(field, value)| (*field, value.as_str()))
    }

    /// Whether there is a value for the field.
    #[must_use]
    pub fn has(&self, field: AccountField) -> bool {
        self.0.iter().any(|(of, _)| *of == field)
    }

    /// Whether all rows of a file may have the same value of the field.
    #[must_use]
    pub fn may_have(field: AccountField) -> bool {
        // The options `as_of` and `amounts` say the same.
        let is_option = matches!(field, AccountField::AsOf | AccountField::Amounts);
        !field.is_beside_id() && !is_option && field != AccountField::ExternalId
    }
}

impl TryFrom<BTreeMap<String, String>> for Defaults {
    type Error = UnknownField;

    fn try_from(names: BTreeMap<String, String>) -> Result<Self, UnknownField> {
        let values = names.into_iter().map(|(name, value)| match AccountField::named(&name) {
            Some(field) if Self::may_have(field) => Ok((field, value)),
            _ => Err(UnknownField::named(name)),
        });
        values.collect::<Result<_, _>>().map(Self)
    }
}

impl From<Defaults> for BTreeMap<String, String> {
    fn from(defaults: Defaults) -> Self {
        defaults.0.into_iter().map(|(field, value)| (field.name().to_owned(), value)).collect()
    }
}
