//! Parameters of queries, for the OpenAPI document.

use saldo_http::openapi::Flag;
use utoipa::PartialSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{RefOr, Required, Schema};

/// An optional parameter.
pub(crate) fn parameter(name: &str, about: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
    parameter.required(Required::False).description(Some(about)).schema(Some(schema)).build()
}

/// The same parameter, but required.
pub(crate) fn required(parameter: Parameter) -> Parameter {
    ParameterBuilder::from(parameter).required(Required::True).build()
}

/// The parameter that shows amounts in the currency's smallest unit.
pub(crate) fn cents(name: &str) -> Parameter {
    parameter(name, "Whether amounts are shown in their currency's smallest unit", Flag::schema())
}

/// The names of the described parameters.
#[cfg(test)]
pub(crate) fn names<T: utoipa::IntoParams>() -> Vec<String> {
    T::into_params(|| None).into_iter().map(|parameter| parameter.name).collect()
}

#[cfg(test)]
mod tests {
    use saldo_http::FromParameters;

    use super::names;
    use crate::{accounts, callback, catalog, window};

    #[test]
    fn operations_describe_their_parameters() {
        assert_eq!(names::<accounts::Query>(), accounts::Query::NAMES);
        assert_eq!(names::<callback::Query>(), callback::Query::NAMES);
        assert_eq!(names::<catalog::Query>(), catalog::Query::NAMES);
        assert_eq!(names::<window::Window>(), window::Window::NAMES);
        assert_eq!(names::<window::WindowOfAccount>(), window::WindowOfAccount::NAMES);
    }
}
