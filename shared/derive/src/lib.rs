//! `#[derive(Body)]`: a request body is read and described from one declaration.
//!
//! For a struct with named fields, the macro implements `saldo_domain::fields::Body`, which reads all fields and
//! reports every error, and `utoipa::ToSchema`, which describes the same fields in the OpenAPI document. It is
//! for types of `saldo-domain`, whose feature `openapi` turns the description on.
//!
//! The type of a field says whether a request must have it:
//!
//! | type | absent | `null` |
//! |---|---|---|
//! | `T` | error | error |
//! | `T` with `default` | default | default |
//! | `Option<T>` | `None` | `None` |
//! | `Option<T>` with `not_null` | `None` | error |
//! | `Patch<T>` | `Keep` | `Clear` |
//!
//! Attributes of a field, in `#[body(...)]`:
//!
//! - `rename = "type"`: its name on the wire.
//! - `read = Fields::amount`: the function that reads it, by default `Fields::parse`. `read_with = path` gets the
//!   body's context as well.
//! - `integer(min, max)`: it is a whole number within these bounds, which OpenAPI shows.
//! - `list(max)`: a `Vec` of distinct strings, each parsed; at least one, at most `max`.
//! - `default`: `Default::default()` if it is absent; `default = true`: this literal, which OpenAPI shows.
//! - `not_null`: it can be left out, but not be null.
//! - `nested`: its type derives `Body`, too, with this field's name as `prefix`.
//! - `computed = path`: it is not on the wire; the function gets all `Fields` after the other fields are read.
//! - `wire = AnyAmount`: the type that describes its value, if that is another type than the field's.
//! - `schema(...)`: more attributes of the field for `utoipa`.
//!
//! Attributes of the struct:
//!
//! - `schema(...)`: describe it, with these attributes for `utoipa`: `schema(as = NewKey, example = json!({...}))`.
//! - `rename_all = "camelCase"`: the names on the wire.
//! - `prefix = "filters"`: it is the nested object of this name.
//! - `ignore_unknown`: other fields are ignored instead of reported.
//! - `read_only(name, reason)`: a request that has this field is refused for this reason.
//! - `context = Type`: what reading depends on besides the request, such as the time.
//! - `rule = path(a, b)`: a rule over several fields, called as `path(fields, a, b)` after all are read, with `None`
//!   for those that are absent or refused. Where there is a context, it is the second argument.

mod declaration;
mod read;
mod schema;

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use declaration::Declaration;

/// Implements `Body` and, with the feature `openapi`, `ToSchema`.
#[proc_macro_derive(Body, attributes(body))]
pub fn derive_body(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let declaration = Declaration::parse(input)?;
    let mut tokens = read::implement(&declaration);
    tokens.extend(schema::implement(&declaration));
    Ok(tokens)
}
