//! The query parameters of an import, and their description for the OpenAPI document.

use saldo_domain::fields::{Body, Fields};
use saldo_domain::import::{DecimalSeparator, ImportOptions, Mapping};
use saldo_http::FromParameters;
use saldo_http::openapi::Flag;
use serde_json::json;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ContentBuilder, Required};
use utoipa::{IntoParams, PartialSchema};

/// The options of an import in the query.
pub(crate) struct Query(pub(crate) ImportOptions);

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = ImportOptions::FIELDS.all();

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        ImportOptions::take(parameters, ()).map(Self)
    }
}

impl IntoParams for Query {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, about: &str| {
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
            parameter.required(Required::False).description(Some(about))
        };
        let of_csv = parameter(
            "mapping",
            "The fields that columns fill whose headers are not field names; only for CSV",
        );
        let separator = parameter(
            "decimal_separator",
            "The decimal separator of amounts, a point by default; only for CSV",
        );
        let dry_run = parameter(
            "dry_run",
            "Whether the import writes nothing, and reports what it would do to each row",
        );
        // An empty mapping is what the page that tries the API in a browser starts with.
        let mapping = ContentBuilder::new().schema(Some(Mapping::schema())).example(Some(json!({})));
        vec![
            of_csv.content("application/json", mapping.build()).build(),
            separator.schema(Some(DecimalSeparator::schema())).build(),
            dry_run.schema(Some(Flag::schema())).build(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn operation_describes_its_parameters() {
        assert_eq!(query_parameters::<crate::accept::__path_accept>(), Query::NAMES);
    }
}
