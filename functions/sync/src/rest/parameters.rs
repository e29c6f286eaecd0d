//! Parameters of queries, for the OpenAPI document.

use saldo_http::openapi::Flag;
use utoipa::PartialSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{RefOr, Required, Schema};

/// A parameter that may be left out.
pub(super) fn parameter(name: &str, about: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
    parameter.required(Required::False).description(Some(about)).schema(Some(schema)).build()
}

/// A parameter that must be there.
pub(super) fn required(parameter: Parameter) -> Parameter {
    ParameterBuilder::from(parameter).required(Required::True).build()
}

/// Whether amounts are told in the currency's smallest unit.
pub(super) fn cents(name: &str) -> Parameter {
    parameter(
        name,
        "Whether amounts are told as whole numbers of their currency's smallest unit",
        Flag::schema(),
    )
}

/// The names of what is said to be read.
#[cfg(test)]
pub(super) fn names<T: utoipa::IntoParams>() -> Vec<String> {
    T::into_params(|| None).into_iter().map(|parameter| parameter.name).collect()
}

#[cfg(test)]
mod tests {
    use saldo_http::FromParameters;

    use super::super::{accounts, callback, catalog, window};
    use super::names;

    #[test]
    fn what_is_described_is_what_is_read() {
        assert_eq!(names::<accounts::Query>(), accounts::Query::NAMES);
        assert_eq!(names::<callback::Query>(), callback::Query::NAMES);
        assert_eq!(names::<catalog::Query>(), catalog::Query::NAMES);
        assert_eq!(names::<window::Window>(), window::Window::NAMES);
        assert_eq!(names::<window::WindowOfAccount>(), window::WindowOfAccount::NAMES);
    }
}
