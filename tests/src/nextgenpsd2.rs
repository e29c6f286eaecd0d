//! Validates `NextGenPSD2` requests and responses against the standard's `OpenAPI` document. A valid
//! message has every part that its operation requires, no unknown part, and values that match their
//! schemas. Documents other than the standard's can make it panic.

mod document;
mod operation;
mod schema;

use serde_json::Value;

use document::Document;
use operation::Operation;
use schema::Schemas;

/// The standard's document.
pub struct Contract {
    document: Document,
    schemas: Schemas,
}

impl Contract {
    /// Reads the document.
    ///
    /// # Panics
    /// When it is not an `OpenAPI` document in YAML.
    #[must_use]
    pub fn load(yaml: &str) -> Self {
        let document = Document::load(yaml);
        let schemas = Schemas::of(&document);
        Self { document, schemas }
    }

    /// Checks a request. `path` is below the server's base path and has the query.
    ///
    /// # Errors
    /// The reason why the request is invalid.
    pub fn check_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<(), String> {
        let check = || {
            let operation = Operation::find(&self.document, method, path)?;
            operation.check_parameters(&self.document, &self.schemas, headers)?;
            let described = operation.request_body(&self.document);
            if described["required"] == true && body.is_empty() {
                return Err("a body is required".to_owned());
            }
            match (described["content"].is_object(), body.is_empty()) {
                (_, true) => Ok(()),
                (true, false) => self.check_content(&described["content"], headers, body),
                (false, false) => Err("the operation has no request body".to_owned()),
            }
        };
        check().map_err(|fault| format!("{method} {path}: {fault}"))
    }

    /// Checks the response to a request.
    ///
    /// # Errors
    /// The reason why the response is invalid.
    pub fn check_answer(
        &self,
        method: &str,
        path: &str,
        status: u16,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<(), String> {
        let check = || {
            let operation = Operation::find(&self.document, method, path)?;
            let described = operation.answer(&self.document, status).ok_or("the status is not described")?;
            for (name, header) in described["headers"].as_object().into_iter().flatten() {
                let header = self.document.resolve(header);
                self.schemas.check_parameter(name, header, &values(headers, name))?;
            }
            match (described["content"].is_object(), body.is_empty()) {
                (false, true) => Ok(()),
                (true, true) => Err("the body is missing".to_owned()),
                (true, false) => self.check_content(&described["content"], headers, body),
                (false, false) => Err("no body is described for the status".to_owned()),
            }
        };
        check().map_err(|fault| format!("{method} {path}: {status}: {fault}"))
    }

    /// Checks a body against the schema of its media type.
    fn check_content(
        &self,
        content: &Value,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<(), String> {
        let types = values(headers, "Content-Type");
        let media_type = types.first().ok_or("Content-Type is missing")?;
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let described = content.get(&media_type).ok_or(format!("no {media_type} is described"))?;
        if !media_type.ends_with("json") {
            return Ok(());
        }
        let body: Value = serde_json::from_slice(body).map_err(|error| format!("the body: {error}"))?;
        self.schemas.check(&described["schema"], &body).map_err(|fault| format!("the body: {fault}"))
    }
}

/// The values of a header, whose name is case-insensitive.
fn values(headers: &[(String, String)], name: &str) -> Vec<String> {
    let named = headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.clone()).collect()
}
