//! Pages of lists.

use std::fmt;
use std::str::FromStr;

use saldo_domain::fields::{Fields, InvalidValue};
use saldo_domain::id::InvalidId;
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Array, ArrayBuilder};
use utoipa::openapi::{Ref, RefOr, Required, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::FromParameters;

/// The number of entries of a page: 1 to 100, 10 by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u8);

impl Limit {
    /// The number.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(10)
    }
}

impl FromStr for Limit {
    type Err = InvalidValue;

    fn from_str(limit: &str) -> Result<Self, InvalidValue> {
        match limit.parse() {
            Ok(limit @ 1..=100) => Ok(Self(limit)),
            _ => Err(InvalidValue("expected a number from 1 to 100")),
        }
    }
}

/// The page to read of a list whose entries have ids.
#[derive(Clone, Debug)]
pub struct PageAfter<I> {
    /// The number of entries.
    pub limit: Limit,
    /// The last entry of the page before.
    pub starting_after: Option<I>,
}

impl<I: FromStr<Err = InvalidId>> FromParameters for PageAfter<I> {
    const NAMES: &'static [&'static str] = &["limit", "starting_after"];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        let limit = parameters.patch("limit", str::parse).value().unwrap_or_default();
        Some(Self { limit, starting_after: parameters.patch("starting_after", str::parse).value() })
    }
}

impl<I: ToSchema> IntoParams for PageAfter<I> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, about: &str, schema| {
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
            let parameter = parameter.required(Required::False).description(Some(about));
            parameter.schema(Some::<RefOr<Schema>>(schema)).build()
        };
        vec![
            parameter("limit", "The number of entries", Limit::schema()),
            parameter("starting_after", "The last entry of the page before", I::schema()),
        ]
    }
}

/// The error of a `cursor` that is not the `next_cursor` of a page.
pub const NOT_A_CURSOR: InvalidValue = InvalidValue("expected the next_cursor of another page");

/// One page of a list whose entries have ids.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The entries.
    #[schema(schema_with = entries::<T>)]
    pub data: Vec<T>,
    /// Whether there are entries after these.
    pub has_more: bool,
}

/// One page of a list with filters, whose entries have ids. A page may have no entries and still have a next one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FilteredPage<T> {
    /// The entries.
    #[schema(schema_with = entries::<T>)]
    pub data: Vec<T>,
    /// Whether there may be entries after these.
    pub has_more: bool,
    /// The `starting_after` of the next page; null on the last one.
    #[schema(required)]
    pub next_starting_after: Option<String>,
}

impl<T> FilteredPage<T> {
    /// A page of these entries. `next` is `None` on the last page.
    #[must_use]
    pub fn new(data: Vec<T>, next: Option<impl fmt::Display>) -> Self {
        Self { data, has_more: next.is_some(), next_starting_after: next.map(|next| next.to_string()) }
    }
}

/// One page of a list that is read with cursors.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CursorPage<T> {
    /// The entries.
    #[schema(schema_with = entries::<T>)]
    pub data: Vec<T>,
    /// Whether there are entries after these.
    pub has_more: bool,
    /// The `cursor` of the next page; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// A list of references to the component of `T`, which utoipa would repeat in each page.
fn entries<T: ToSchema>() -> Array {
    ArrayBuilder::new().items(Ref::from_schema_name(T::name())).description(Some("The entries.")).build()
}

impl<T> CursorPage<T> {
    /// A page of these entries. `next_cursor` is `None` on the last page.
    #[must_use]
    pub fn new(data: Vec<T>, next_cursor: Option<String>) -> Self {
        Self { data, has_more: next_cursor.is_some(), next_cursor }
    }
}
