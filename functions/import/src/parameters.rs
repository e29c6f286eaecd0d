//! The query parameters of an import, and their description for the OpenAPI document.

use saldo_domain::fields::{Body, Fields};
use saldo_domain::import::StatedOptions;
use saldo_http::FromParameters;
use saldo_http::openapi::Flag;
use serde_json::json;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{ContentBuilder, RefOr, Required, Schema};
use utoipa::{IntoParams, PartialSchema};

/// The options of an import in the query.
pub(crate) struct Query(pub(crate) StatedOptions);

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = StatedOptions::FIELDS.all();

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        StatedOptions::take(parameters, ()).map(Self)
    }
}

/// The options that are structures, which a query has as JSON. The page that tries the API in a browser starts with an empty
/// one, which means the same as none.
const STRUCTURES: [&str; 3] = ["mapping", "columns", "defaults"];
/// The options that are booleans, which a query has as texts.
const FLAGS: [&str; 2] = ["complete", "dry_run"];
/// The options that a query has as text: a name or a number, and structures of which none is empty, as JSON.
const TEXTS: [&str; 3] = ["sheet", "amount", "scope"];

impl IntoParams for Query {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let RefOr::T(Schema::Object(options)) = StatedOptions::schema() else { return Vec::new() };
        options.properties.into_iter().map(|(name, schema)| parameter(&name, schema)).collect()
    }
}

/// An option as a parameter of the query.
fn parameter(name: &str, option: RefOr<Schema>) -> Parameter {
    let parameter =
        ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
    let (schema, about) = required(option);
    // A description is one line here.
    let parameter = parameter.description(about.map(|about| about.replace('\n', " ")));
    if STRUCTURES.contains(&name) {
        let content = ContentBuilder::new().schema(Some(schema));
        let content = content.example(Some(if name == "columns" { json!([]) } else { json!({}) }));
        return parameter.content("application/json", content.build()).build();
    }
    let schema = match name {
        name if FLAGS.contains(&name) => Flag::schema(),
        name if TEXTS.contains(&name) => String::schema(),
        _ => schema,
    };
    parameter.schema(Some(schema)).build()
}

/// The schema of an option without null, which a query does not have, and its description.
fn required(option: RefOr<Schema>) -> (RefOr<Schema>, Option<String>) {
    let is_null = |schema: &RefOr<Schema>| matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null));
    match option {
        RefOr::T(Schema::OneOf(mut one_of)) => {
            one_of.items.retain(|item| !is_null(item));
            let about = one_of.description.take();
            match one_of.items.pop() {
                Some(RefOr::Ref(mut named)) if one_of.items.is_empty() => {
                    let about = Some(std::mem::take(&mut named.description))
                        .filter(|about| !about.is_empty())
                        .or(about);
                    (RefOr::Ref(named), about)
                }
                Some(item) if one_of.items.is_empty() => (item, about),
                item => {
                    one_of.items.extend(item);
                    (RefOr::T(Schema::OneOf(one_of)), about)
                }
            }
        }
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = without_null(object.schema_type);
            let about = object.description.take();
            (RefOr::T(Schema::Object(object)), about)
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = without_null(array.schema_type);
            let about = array.description.take();
            (RefOr::T(Schema::Array(array)), about)
        }
        other => (other, None),
    }
}

fn without_null(schema_type: SchemaType) -> SchemaType {
    match schema_type {
        SchemaType::Array(mut types) => {
            types.retain(|one| *one != Type::Null);
            match types.as_slice() {
                [one] => SchemaType::Type(one.clone()),
                _ => SchemaType::Array(types),
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn operation_describes_its_parameters() {
        let sorted = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let described: Vec<_> = query_parameters::<crate::accept::__path_accept>();
        assert_eq!(described.into_iter().collect::<BTreeSet<_>>(), sorted(Query::NAMES));
    }
}
