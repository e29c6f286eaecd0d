//! How parameters look on the wire.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::Limit;

/// A parameter that is `true` or `1`, `false` or `0`, and false by default. In a query every value is text.
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
        let flag = string().enum_values(Some(["true", "false", "1", "0"]));
        flag.default(Some("false".into())).into()
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
