//! Request bodies. A body is a struct that derives [`Body`]: how it is read and how the OpenAPI document describes
//! it come from that one declaration (see `saldo_derive`). All errors of a request are reported at once.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
pub use saldo_derive::Body;

use super::{Fields, Finding, FindingCode, Names, Patch};
use crate::date::{self, Date};

/// A request body, or an object in one.
pub trait Body: Sized {
    /// What reading depends on besides the request, such as the time; `()` for most bodies.
    type Context: Copy;

    /// The names of its fields. Those of nested objects are dotted: `contact.name`.
    const FIELDS: &'static Names;
    /// Whether other fields are ignored instead of reported.
    const IGNORES_UNKNOWN: bool;

    /// Takes its fields, reports what is wrong with them, and applies the rules over several fields. `None` if a
    /// required field is absent or invalid.
    fn take(fields: &mut Fields<'_>, context: Self::Context) -> Option<Self>;

    /// Reads the body.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn read(mut fields: Fields<'_>, context: Self::Context) -> Result<Self, Vec<Finding>> {
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

impl Fields<'_> {
    /// Reads a field. Absent, it is kept; most fields of a row are.
    #[inline]
    pub(crate) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Patch<T>,
    ) -> Patch<T> {
        if self.get(name).is_some() { read(self, name) } else { Patch::Keep }
    }

    /// Reads a field that holds text, as its type parses it.
    pub fn parse<T: FromStr>(&mut self, name: &'static str) -> Patch<T>
    where
        T::Err: Into<FindingCode> + Display,
    {
        self.patch(name, str::parse)
    }

    /// The same, where blank text means the same as null.
    pub(crate) fn optional_parsed<T: FromStr>(&mut self, name: &'static str) -> Patch<T>
    where
        T::Err: Into<FindingCode> + Display,
    {
        self.optional_with(name, str::parse)
    }

    /// Reads a field that holds a time in RFC 3339's form.
    pub fn moment(&mut self, name: &'static str) -> Patch<Timestamp> {
        self.patch(name, date::parse_moment)
    }

    /// Reads a field that holds a calendar date.
    pub fn day(&mut self, name: &'static str) -> Patch<Date> {
        self.patch(name, date::parse)
    }

    /// The same for the day of a debt or a booking: of the years 1970 to 2199.
    pub fn day_in_range(&mut self, name: &'static str) -> Patch<Date> {
        self.patch(name, date::parse_in_range)
    }

    /// Whether any of these fields was sent and not taken yet.
    pub(crate) fn has_any(&self, names: &Names) -> bool {
        names.all().iter().any(|name| self.get(name).is_some())
    }

    /// Reports the field, if it was sent, as one that a request can't set.
    pub(crate) fn refuse_read_only(&mut self, name: &'static str, reason: &'static str) {
        if self.take(name).is_some() {
            self.report(Finding::in_field(name, FindingCode::ReadOnly, reason));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    /// A body with a field of each shape.
    #[derive(Debug, PartialEq, Eq, Body)]
    #[body(rename_all = "camelCase", context = i64, rule = count_is_allowed(count), read_only("id", "it is given"))]
    struct Order {
        #[body(rename = "type")]
        kind: Currency,
        #[body(integer(1, 9))]
        count: Option<i64>,
        #[body(default = true, read = Fields::boolean)]
        is_open: bool,
        #[body(list(2))]
        in_currencies: Option<Vec<Currency>>,
        #[body(not_null)]
        other: Option<Currency>,
        #[body(nested)]
        price: Option<Price>,
    }

    #[derive(Debug, PartialEq, Eq, Body)]
    #[body(prefix = "price", context = i64)]
    struct Price {
        currency: Currency,
        old: Patch<Currency>,
    }

    fn count_is_allowed(fields: &mut Fields<'_>, most: i64, count: Option<&i64>) {
        if count.is_some_and(|count| *count > most) {
            fields.report(Finding::in_field("count", FindingCode::InvalidValue, "too many"));
        }
    }

    fn read(json: &str) -> Result<Order, Vec<(String, FindingCode)>> {
        let fields = Fields::of_json(Order::FIELDS, json.as_bytes()).expect("JSON");
        let named = |found: Finding| (found.field.unwrap_or_default().into_owned(), found.code);
        Order::read(fields, 5).map_err(|findings| findings.into_iter().map(named).collect())
    }

    fn currency(code: &str) -> Currency {
        code.parse().expect("a currency")
    }

    #[test]
    fn fields_have_their_names_on_the_wire() {
        let names = ["type", "count", "isOpen", "inCurrencies", "other", "price.currency", "price.old", "id"];
        assert_eq!(Order::FIELDS.all(), names);
    }

    #[test]
    fn absent_and_null_fields_have_defaults() {
        let order = Order {
            kind: currency("EUR"),
            count: None,
            is_open: true,
            in_currencies: None,
            other: None,
            price: None,
        };
        assert_eq!(
            read(r#"{"type":"EUR","count":null,"isOpen":null,"inCurrencies":null,"price":null}"#),
            Ok(order)
        );
    }

    #[test]
    fn values_and_nested_objects_are_read() {
        let json = r#"{"type":"EUR","count":5,"isOpen":false,"inCurrencies":["USD","CHF"],"other":"ARS",
            "price":{"currency":"USD","old":null}}"#;
        let order = Order {
            kind: currency("EUR"),
            count: Some(5),
            is_open: false,
            in_currencies: Some(vec![currency("USD"), currency("CHF")]),
            other: Some(currency("ARS")),
            price: Some(Price { currency: currency("USD"), old: Patch::Clear }),
        };
        assert_eq!(read(json), Ok(order));
    }

    #[test]
    fn every_error_is_reported() {
        let json = r#"{"count":6,"isOpen":"maybe","inCurrencies":["USD","USD"],"other":null,"price":{"old":"x"},
            "id":7,"colour":"red"}"#;
        let found = |field: &str, code| (field.to_owned(), code);
        assert_eq!(
            read(json),
            Err(vec![
                found("type", FindingCode::Required),
                found("isOpen", FindingCode::InvalidType),
                found("inCurrencies.1", FindingCode::DuplicateValue),
                found("other", FindingCode::Required),
                found("price.currency", FindingCode::Required),
                found("price.old", FindingCode::UnknownCurrency),
                found("count", FindingCode::InvalidValue),
                found("id", FindingCode::ReadOnly),
                found("colour", FindingCode::UnknownField),
            ])
        );
    }
}
