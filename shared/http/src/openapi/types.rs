//! How parameters look on the wire.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::Limit;

/// A parameter that is `true` or `false`, and false if it is left out. `1` and `0` are accepted, too, but not
/// described: client generators make an enumeration of text of such a union.
#[derive(Clone, Copy, Debug)]
pub struct Flag;

/// What `If-Match` and `If-None-Match` take (RFC 9110, section 13.1).
#[derive(Clone, Copy, Debug)]
pub struct EntityTags;

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

impl PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Boolean).default(Some(false.into())).into()
    }
}

impl PartialSchema for EntityTags {
    fn schema() -> RefOr<Schema> {
        string().pattern(Some(r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#)).into()
    }
}

impl ToSchema for EntityTags {}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(100))
            .default(Some(10.into()))
            .into()
    }
}

impl ToSchema for Limit {}
