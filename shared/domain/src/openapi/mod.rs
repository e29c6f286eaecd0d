//! Schemas of values that have another form in JSON than in Rust, and what derived schemas share.

/// What a type is on the wire, by its own name.
macro_rules! wire {
    ($($name:ident => $schema:expr;)*) => {
        $(
            impl utoipa::PartialSchema for $name {
                fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                    $schema.into()
                }
            }

            impl utoipa::ToSchema for $name {}
        )*
    };
}

pub(crate) use wire;

mod bounds;
mod wire_types;

use utoipa::openapi::schema::{ObjectBuilder, Type};

pub(crate) use bounds::{bound_integer, bound_list};
pub(crate) use wire_types::ip_address;
pub use wire_types::{
    Amount, AmountText, AnyAmount, BlankOrProse, BlankOrText, Credentials, Lenient, PositiveText,
};

pub(crate) fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}
