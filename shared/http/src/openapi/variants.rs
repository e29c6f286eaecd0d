//! Unions in the form that client generators read: each variant is a component with a name of its own, with all of
//! its properties, and a discriminator selects the variant where one property does.
//!
//! utoipa describes a flattened enum as `allOf` of a union and an object, and the variants of an enum as schemas
//! inside the union. Client generators reject the first and number the second. A variant is named by its title:
//! `#[schema(title = "EmbeddedChallenge")]`.

use serde_json::Value;
use utoipa::openapi::schema::{AllOf, Discriminator, Object, OneOf};
use utoipa::openapi::{Components, Ref, RefOr, Schema};

/// Rewrites the components that are unions of titled variants.
pub(super) fn name_variants(components: &mut Components) {
    let names: Vec<String> = components.schemas.keys().cloned().collect();
    for name in &names {
        if let Some((union, flattened)) = unflatten(components, name) {
            components.schemas.remove(&union);
            components.schemas.insert(name.clone(), RefOr::T(Schema::OneOf(flattened)));
        }
    }
    for name in &names {
        let Some(RefOr::T(mut schema)) = components.schemas.get(name).cloned() else { continue };
        let variants = match &mut schema {
            Schema::OneOf(union) => {
                union.discriminator = union.discriminator.take().or_else(|| discriminator(&union.items));
                move_to_components(&mut union.items)
            }
            Schema::AnyOf(union) => move_to_components(&mut union.items),
            _ => continue,
        };
        components.schemas.insert(name.clone(), RefOr::T(schema));
        components.schemas.extend(variants);
    }
}

/// The union that a component with a flattened enum is, with the properties beside the enum in each variant, and
/// the name of the enum's own component.
fn unflatten(components: &Components, name: &str) -> Option<(String, OneOf)> {
    let RefOr::T(Schema::AllOf(AllOf { items, description, example, .. })) = components.schemas.get(name)?
    else {
        return None;
    };
    let (union, mut flattened) = items.iter().find_map(|item| {
        let RefOr::Ref(reference) = item else { return None };
        let (_, union) = reference.ref_location.rsplit_once('/')?;
        match components.schemas.get(union)? {
            RefOr::T(Schema::OneOf(variants)) => Some((union.to_owned(), variants.clone())),
            _ => None,
        }
    })?;
    let beside = items.iter().filter_map(object).collect::<Vec<_>>();
    for variant in &mut flattened.items {
        let RefOr::T(Schema::Object(variant)) = variant else { return None };
        let own = (std::mem::take(&mut variant.properties), std::mem::take(&mut variant.required));
        for Object { properties, required, .. } in &beside {
            variant.properties.extend(properties.clone());
            variant.required.extend_from_slice(required);
        }
        variant.properties.extend(own.0);
        variant.required.extend(own.1);
    }
    flattened.description.clone_from(description);
    flattened.example.clone_from(example);
    Some((union, flattened))
}

fn object(schema: &RefOr<Schema>) -> Option<&Object> {
    match schema {
        RefOr::T(Schema::Object(object)) => Some(object),
        _ => None,
    }
}

/// The property that has one value in each variant, and which variant each value selects.
fn discriminator(variants: &[RefOr<Schema>]) -> Option<Discriminator> {
    let variants: Vec<&Object> = variants.iter().map(object).collect::<Option<_>>()?;
    let selects = |name: &String, variant: &Object| {
        let only = object(variant.properties.get(name)?)?.enum_values.as_deref()?;
        let [Value::String(value)] = only else { return None };
        Some((value.clone(), Ref::from_schema_name(variant.title.as_ref()?).ref_location))
    };
    variants.first()?.properties.keys().find_map(|name| {
        let mapping: Vec<_> = variants.iter().map(|variant| selects(name, variant)).collect::<Option<_>>()?;
        Some(Discriminator::with_mapping(name, mapping))
    })
}

/// Replaces titled variants by references to components, which it returns.
fn move_to_components(variants: &mut [RefOr<Schema>]) -> Vec<(String, RefOr<Schema>)> {
    let mut components = Vec::new();
    for variant in variants {
        let RefOr::T(Schema::Object(object)) = variant else { continue };
        let Some(title) = object.title.take() else { continue };
        let reference = RefOr::Ref(Ref::from_schema_name(&title));
        components.push((title, std::mem::replace(variant, reference)));
    }
    components
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use utoipa::{PartialSchema, ToSchema};

    use super::*;

    #[derive(ToSchema)]
    #[serde(tag = "type", rename_all = "lowercase")]
    #[expect(dead_code, reason = "it is described only")]
    enum Shape {
        #[schema(title = "Circle")]
        Circle { radius: u8 },
        #[schema(title = "Square")]
        Square { side: u8 },
    }

    /// A shape with a name.
    #[derive(ToSchema)]
    #[expect(dead_code, reason = "it is described only")]
    struct Named {
        name: String,
        #[serde(flatten)]
        shape: Shape,
    }

    #[test]
    fn flattened_enum_becomes_union_of_named_objects() {
        let mut components = Components::new();
        components.schemas.insert("Named".to_owned(), Named::schema());
        components.schemas.insert("Shape".to_owned(), Shape::schema());
        name_variants(&mut components);
        let described = serde_json::to_value(&components.schemas).expect("JSON");
        assert_eq!(
            described["Named"],
            json!({
                "description": "A shape with a name.",
                "oneOf": [{ "$ref": "#/components/schemas/Circle" }, { "$ref": "#/components/schemas/Square" }],
                "discriminator": {
                    "propertyName": "type",
                    "mapping": { "circle": "#/components/schemas/Circle", "square": "#/components/schemas/Square" }
                }
            })
        );
        assert_eq!(described["Circle"]["required"], json!(["name", "radius", "type"]));
        assert_eq!(described["Square"]["properties"]["name"], json!({ "type": "string" }));
        assert_eq!(described["Shape"], Value::Null);
    }
}
