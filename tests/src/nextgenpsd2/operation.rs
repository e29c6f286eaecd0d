//! The document's operations, and the parameters of their requests.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::document::Document;
use super::schema::Schemas;
use super::values;

/// The standard's own headers, which a request may have only if its operation lists them. All other
/// headers belong to HTTP or to the client.
const STANDARD_HEADERS: [&str; 4] = ["psu-", "tpp-", "consent-id", "x-request-id"];

/// An operation, and the parts of a request's URL that are its parameters.
pub(super) struct Operation<'d> {
    item: &'d Value,
    operation: &'d Value,
    path: Vec<(&'d str, String)>,
    query: Vec<(String, String)>,
}

impl<'d> Operation<'d> {
    /// The operation of a request.
    pub(super) fn find(document: &'d Document, method: &str, path: &str) -> Result<Self, String> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let matching = document.paths().iter().filter_map(|(template, item)| {
            let parameters = fit(template, path)?;
            Some((parameters, item))
        });
        // Of several templates that match, the one with the fewest parameters applies.
        let (path, item) =
            matching.min_by_key(|(parameters, _)| parameters.len()).ok_or("there is no such path")?;
        let operation = item.get(method.to_ascii_lowercase()).ok_or("the path has no such method")?;
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(name)?, decoded(&value.replace('+', " "))?))
        });
        let query = query.collect::<Result<_, String>>()?;
        Ok(Self { item, operation, path, query })
    }

    /// Checks that the request has all required parameters and no unknown ones, and their values.
    pub(super) fn check_parameters(
        &self,
        document: &Document,
        schemas: &Schemas,
        headers: &[(String, String)],
    ) -> Result<(), String> {
        let described: Vec<&Value> = [self.item, self.operation]
            .into_iter()
            .filter_map(|node| node["parameters"].as_array())
            .flatten()
            .map(|parameter| document.resolve(parameter))
            .collect();
        for parameter in &described {
            let name = parameter["name"].as_str().expect("a parameter's name");
            let values = match parameter["in"].as_str() {
                Some("header") => values(headers, name),
                Some("query") => given(self.query.iter().map(|(name, value)| (name.as_str(), value)), name),
                Some("path") => given(self.path.iter().map(|(name, value)| (*name, value)), name),
                place => panic!("a parameter in {place:?}"),
            };
            schemas.check_parameter(name, parameter, &values)?;
        }
        let listed = |place: &str, name: &str| {
            described.iter().any(|parameter| {
                let same = parameter["name"].as_str().is_some_and(|other| other.eq_ignore_ascii_case(name));
                same && parameter["in"] == place
            })
        };
        for (name, _) in &self.query {
            // Unlike a header's name, it is case-sensitive.
            if !described.iter().any(|parameter| parameter["in"] == "query" && parameter["name"] == **name) {
                return Err(format!("the query parameter {name} is not described"));
            }
        }
        for (name, _) in headers {
            let lower = name.to_ascii_lowercase();
            let standard = STANDARD_HEADERS.iter().any(|start| lower.starts_with(start));
            if standard && !listed("header", name) {
                return Err(format!("the header {name} is not described"));
            }
        }
        Ok(())
    }

    /// The description of the request's body; null if it has none.
    pub(super) fn request_body(&self, document: &'d Document) -> &'d Value {
        document.resolve(&self.operation["requestBody"])
    }

    /// The description of the response with that status.
    pub(super) fn answer(&self, document: &'d Document, status: u16) -> Option<&'d Value> {
        let answers = &self.operation["responses"];
        let answer = answers.get(status.to_string()).or_else(|| answers.get("default"))?;
        Some(document.resolve(answer))
    }
}

/// The path's parameters, if it matches the template.
fn fit<'d>(template: &'d str, path: &str) -> Option<Vec<(&'d str, String)>> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut parameters = Vec::new();
    for (expected, segment) in template.split('/').zip(path.split('/')) {
        match expected.strip_prefix('{').and_then(|expected| expected.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => parameters.push((name, decoded(segment).ok()?)),
            _ if expected == segment => {}
            _ => return None,
        }
    }
    Some(parameters)
}

fn given<'g>(parameters: impl Iterator<Item = (&'g str, &'g String)>, name: &str) -> Vec<String> {
    parameters.filter(|(other, _)| *other == name).map(|(_, value)| value.clone()).collect()
}

fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8().map(Cow::into_owned);
    decoded.map_err(|_| format!("{text} does not decode to UTF-8"))
}
