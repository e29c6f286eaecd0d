//! The bounds of a body's fields in its schema, from the constants that reading checks: `utoipa` takes literals alone.

use utoipa::openapi::{RefOr, Schema};

/// Bounds the integer `name`.
pub(crate) fn bound_integer(schema: &mut RefOr<Schema>, name: &str, least: i64, most: i64) {
    if let Some(RefOr::T(Schema::Object(integer))) = property(schema, name) {
        integer.minimum = Some(least.into());
        integer.maximum = Some(most.into());
    }
}

/// Bounds the list `name`: it has at least one element.
pub(crate) fn bound_list(schema: &mut RefOr<Schema>, name: &str, most: usize) {
    if let Some(RefOr::T(Schema::Array(list))) = property(schema, name) {
        list.min_items = Some(1);
        list.max_items = Some(most);
    }
}

fn property<'a>(schema: &'a mut RefOr<Schema>, name: &str) -> Option<&'a mut RefOr<Schema>> {
    match schema {
        RefOr::T(Schema::Object(object)) => object.properties.get_mut(name),
        _ => None,
    }
}
