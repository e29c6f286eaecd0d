//! Reading fields that hold text.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use super::{Fields, FindingCode, Patch, Value, normalized};
use crate::text::{TextError, is_blank};

impl Fields<'_> {
    /// Reads a field that holds text, with `parse`.
    pub fn patch<T, E: Into<FindingCode> + Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Patch<T> {
        self.patch_with(name, |text| parse(text).map(Patch::Set))
    }

    /// As [`Fields::patch`], where `read` may find that a text means the same as null.
    #[inline]
    pub(crate) fn patch_with<T, E: Into<FindingCode> + Display>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<Patch<T>, E>,
    ) -> Patch<T> {
        let read = match self.take(name) {
            None => return Patch::Keep,
            Some(Value::Null) => return Patch::Clear,
            Some(Value::Text(Cow::Borrowed(text))) => read(text),
            Some(Value::Text(Cow::Owned(text))) => read(&text),
            Some(_) => return self.refuse(name, FindingCode::InvalidType, "expected a string"),
        };
        read.unwrap_or_else(|error| self.refuse_for(name, error))
    }

    /// Reads a field that holds text of bounded length, without blanks around it.
    pub fn text<T: FromStr<Err = TextError>>(&mut self, name: &'static str) -> Patch<T> {
        self.patch(name, |text| normalized(text).parse())
    }

    /// Reads an optional field that holds text of bounded length, without blanks around it. Blank text means the same as
    /// null.
    pub fn optional<T: FromStr<Err = TextError>>(&mut self, name: &'static str) -> Patch<T> {
        self.optional_with(name, |text| normalized(text).parse())
    }

    /// The same with `parse`.
    pub(crate) fn optional_with<T, E: Into<FindingCode> + Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Patch<T> {
        self.patch_with(name, |text| match is_blank(text) {
            true => Ok(Patch::Clear),
            false => parse(text).map(Patch::Set),
        })
    }
}
