//! Request bodies. A body is a struct that derives [`Body`]: how it is read and how the OpenAPI document describes
//! it come from that one declaration (see `saldo_derive`). All errors of a request are reported at once.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
pub use saldo_derive::Body;

use super::{Fields, Finding, FindingCode, Patch};
use crate::date::{self, Date};

/// A request body, or an object in one.
pub trait Body: Sized {
    /// What reading depends on besides the request; `()` for most bodies.
    type Context;

    /// The names of its fields. Those of nested objects are dotted: `contact.name`.
    const FIELDS: &'static [&'static str];
    /// Whether other fields are ignored instead of reported.
    const IGNORES_UNKNOWN: bool;

    /// Takes its fields, reports what is wrong with them, and applies the rules over several fields. `None` if a
    /// required field is absent or invalid.
    fn take(fields: &mut Fields, context: &Self::Context) -> Option<Self>;

    /// Reads the body.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn read(mut fields: Fields, context: &Self::Context) -> Result<Self, Vec<Finding>> {
        let body = Self::take(&mut fields, context);
        match Self::IGNORES_UNKNOWN {
            true => fields.finish_ignoring_unknown(body),
            false => fields.finish(body),
        }
    }
}

/// Lists of names as one: how a body's list includes those of its nested objects.
pub(crate) const fn joined<const N: usize>(lists: &[&[&'static str]]) -> [&'static str; N] {
    let mut names = [""; N];
    let (mut list, mut at) = (0, 0);
    while list < lists.len() {
        let mut nth = 0;
        while nth < lists[list].len() {
            names[at] = lists[list][nth];
            at += 1;
            nth += 1;
        }
        list += 1;
    }
    names
}

impl Fields {
    /// Reads a field.
    pub(crate) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Patch<T>,
    ) -> Patch<T> {
        read(self, name)
    }

    /// Reads a field that holds text, as its type parses it.
    pub fn parse<T: FromStr>(&mut self, name: &'static str) -> Patch<T>
    where
        T::Err: Into<FindingCode> + Display,
    {
        self.patch(name, str::parse)
    }

    /// Reads a field that holds a time in RFC 3339's form.
    pub fn moment(&mut self, name: &'static str) -> Patch<Timestamp> {
        self.patch(name, date::parse_moment)
    }

    /// Reads a field that holds a calendar date.
    pub fn day(&mut self, name: &'static str) -> Patch<Date> {
        self.patch(name, date::parse)
    }

    /// Whether any of these fields was sent and not taken yet.
    pub(crate) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some())
    }

    /// Reports the field, if it was sent, as one that a request can't set.
    pub(crate) fn refuse_read_only(&mut self, name: &'static str, reason: &'static str) {
        if self.take(name).is_some() {
            self.find(Finding::in_field(name, FindingCode::ReadOnly, reason));
        }
    }
}
