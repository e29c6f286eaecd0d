//! The parts of the document that all operations have in common.

use axum::http::{Method, StatusCode};
use saldo_domain::key::Scope;
use utoipa::ToSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, Ref, RefOr, Required};

use crate::problem::Document;

/// The names of the security schemes: the two headers that may hold a key.
pub(super) const API_KEY: &str = "ApiKey";
pub(super) const BEARER: &str = "Bearer";

/// Adds to the description of a handler what follows from the method, path and scope of its route.
pub(super) fn complete(operation: &mut Operation, method: &Method, path: &str, scope: Option<Scope>) {
    let requirement = |name: &str, scope: Scope| SecurityRequirement::new(name, [scope.name()]);
    // An empty list says that no key is required.
    operation.security =
        Some(scope.map_or(Vec::new(), |scope| [API_KEY, BEARER].map(|name| requirement(name, scope)).into()));
    if *method == Method::POST {
        let parameters = operation.parameters.get_or_insert_default();
        parameters.push(RefOr::T(idempotency_key()));
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(Parameter { schema: Some(schema), .. }) = parameter {
            refuse_null(schema);
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        refuse_null_for(body);
    }
    for (status, description) in problems(operation, method, path, scope) {
        add_problem(operation, status, &description);
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if is_problem(status) && response.content.is_empty() {
            let document = Content::new(Some(Ref::from_schema_name(Document::name())));
            response.content.insert("application/problem+json".to_owned(), RefOr::T(document));
        }
        for (name, about) in headers(status, method) {
            let header = HeaderBuilder::new().description(Some(about)).build();
            response.headers.insert(name.to_owned(), RefOr::T(header));
        }
    }
    operation.responses.responses.insert("429".to_owned(), RefOr::T(too_many_requests()));
}

/// The headers that answers with this status have in common.
fn headers(status: &str, method: &Method) -> Vec<(&'static str, &'static str)> {
    let mut headers = vec![("X-Request-Id", "The id of the request, which is also in the logs")];
    match status {
        "401" => headers.push(("WWW-Authenticate", "How to authenticate (RFC 6750)")),
        "503" => {
            headers.push(("Retry-After", "The number of seconds after which the request may be sent again"));
        }
        _ if status.starts_with('2') && *method == Method::POST => {
            headers.push((
                "Idempotency-Replayed",
                "`true` if this is the answer to an earlier request with the same `Idempotency-Key`",
            ));
        }
        _ => {}
    }
    headers
}

/// The body with which API Gateway refuses a request before it reaches a function.
#[derive(ToSchema)]
#[expect(dead_code, reason = "API Gateway writes it")]
pub(super) struct TooManyRequests {
    #[schema(required = false)]
    message: String,
}

fn too_many_requests() -> Response {
    let mut response =
        Response::new("Too many requests per second, of all callers together; try again later");
    let content = Content::new(Some(Ref::from_schema_name(TooManyRequests::name())));
    response.content.insert("application/json".to_owned(), RefOr::T(content));
    response
}

/// Removes null from the schema of a body that may be left out.
fn refuse_null_for(body: &mut RequestBody) {
    for content in body.content.values_mut() {
        if let RefOr::T(Content { schema: Some(schema), .. }) = content {
            refuse_null(schema);
        }
    }
}

/// Removes null from a schema. utoipa describes an `Option` as null or a value; a parameter or body may only be left out.
fn refuse_null(schema: &mut RefOr<Schema>) {
    let of_type_null = |schema: &RefOr<Schema>| matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null));
    match schema {
        RefOr::T(Schema::OneOf(one_of)) => {
            one_of.items.retain(|item| !of_type_null(item));
            if let [only] = one_of.items.as_slice() {
                *schema = only.clone();
            }
        }
        RefOr::T(Schema::Object(object)) => {
            if let SchemaType::Array(types) = &mut object.schema_type {
                types.retain(|of_value| *of_value != Type::Null);
                if let [only] = types.as_slice() {
                    object.schema_type = SchemaType::Type(only.clone());
                }
            }
        }
        RefOr::T(_) | RefOr::Ref(_) => {}
    }
}

fn is_problem(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

/// The problems of all routes with this method, path and scope.
fn problems(
    operation: &Operation,
    method: &Method,
    path: &str,
    scope: Option<Scope>,
) -> Vec<(StatusCode, String)> {
    let mut problems = Vec::new();
    let mut add = |status, description: &str| problems.push((status, description.to_owned()));
    let has_body = operation.request_body.is_some();
    let has_inputs = operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in != ParameterIn::Path,
        RefOr::Ref(_) => true,
    });
    if has_body {
        add(
            StatusCode::BAD_REQUEST,
            "`invalid_request`: fields are invalid, see `errors`; `invalid_json`, `invalid_encoding`, `incomplete_body`: the body can't be read",
        );
        add(StatusCode::PAYLOAD_TOO_LARGE, "`body_too_large`: the body has more than 4,000,000 bytes");
        add(StatusCode::UNSUPPORTED_MEDIA_TYPE, "`unsupported_media_type`, `unsupported_content_encoding`");
    }
    if has_inputs || scope.is_some() {
        add(
            StatusCode::BAD_REQUEST,
            "`invalid_parameter`: parameters of the query are unknown or invalid, or a header is invalid",
        );
    }
    add(StatusCode::BAD_REQUEST, "`repeated_header`: a header with one value was sent more than once");
    if scope.is_some() {
        add(
            StatusCode::BAD_REQUEST,
            "`conflicting_keys`: `X-API-Key` and `Authorization: Bearer` are different keys",
        );
        add(StatusCode::UNAUTHORIZED, "`key_missing`, `key_unknown`, `key_expired`, `key_revoked`");
        add(StatusCode::FORBIDDEN, "`scope_missing`: the key lacks the scope");
    }
    if path.contains('{') {
        add(
            StatusCode::NOT_FOUND,
            "`not_found`: the resource does not exist, or belongs to another organization",
        );
    }
    if *method == Method::POST {
        add(
            StatusCode::CONFLICT,
            "`request_in_progress`: the first request with this `Idempotency-Key` is still running",
        );
        add(
            StatusCode::UNPROCESSABLE_ENTITY,
            "`idempotency_key_reused`: the `Idempotency-Key` was used for another request",
        );
    }
    add(
        StatusCode::INTERNAL_SERVER_ERROR,
        "`internal_error`: an internal error; the operator can find its cause by the request id",
    );
    add(
        StatusCode::SERVICE_UNAVAILABLE,
        "`unavailable`: the service is overloaded; try again after `Retry-After` seconds",
    );
    problems
}

/// Adds a problem to the description of its status.
fn add_problem(operation: &mut Operation, status: StatusCode, description: &str) {
    let responses = &mut operation.responses.responses;
    match responses.entry(status.as_str().to_owned()).or_insert_with(|| RefOr::T(Response::new(""))) {
        RefOr::T(response) if response.description.is_empty() => {
            description.clone_into(&mut response.description);
        }
        RefOr::T(response) => response.description = format!("{}; {description}", response.description),
        RefOr::Ref(_) => {}
    }
}

fn idempotency_key() -> Parameter {
    let key = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some(r"^[ -+\--~\t]*[!-+\--~][ -+\--~\t]*$")); // any printable characters but commas
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "A request that is sent again with the same key within 24 hours is not carried out again, and gets the \
             first answer with `Idempotency-Replayed: true`. Each organization and route has its own keys",
        ))
        .schema(Some(key.build()))
        .build()
}
