//! Fields that hold a list of strings.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::Value as Json;

use super::{Fields, Finding, FindingCode, Patch, Value};
use crate::text::is_blank;

impl Fields<'_> {
    /// Reads a field that holds several texts in one, with commas between them, or an array of texts. Blank text, and an empty
    /// array, mean the same as null.
    pub(crate) fn joined<T: FromStr>(&mut self, name: &'static str) -> Patch<T>
    where
        T::Err: Into<FindingCode> + Display,
    {
        let text = match self.take(name) {
            None => return Patch::Keep,
            Some(Value::Null) => return Patch::Clear,
            Some(Value::Text(text)) => text.into_owned(),
            Some(Value::Other(Json::Array(texts))) if texts.iter().all(Json::is_string) => {
                let texts: Vec<&str> = texts.iter().filter_map(Json::as_str).collect();
                texts.join(",")
            }
            Some(_) => {
                return self.refuse(
                    name,
                    FindingCode::InvalidType,
                    "expected an array of strings, or a string",
                );
            }
        };
        if is_blank(&text) {
            return Patch::Clear;
        }
        self.accept(name, text.parse())
    }

    /// Reads a field that holds an array of distinct strings, each with `parse`: at least one, at most `max`.
    pub fn list<T: PartialEq, E: Into<FindingCode> + Display>(
        &mut self,
        name: &'static str,
        max: usize,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Patch<Vec<T>> {
        let elements = match self.take(name) {
            None => return Patch::Keep,
            Some(Value::Null) => return Patch::Clear,
            Some(Value::Other(Json::Array(elements))) if elements.len() > max => {
                return self.refuse(name, FindingCode::TooMany, format!("there are at most {max}"));
            }
            Some(Value::Other(Json::Array(elements))) if !elements.is_empty() => elements,
            Some(_) => {
                return self.refuse(
                    name,
                    FindingCode::InvalidType,
                    "expected an array of at least one string",
                );
            }
        };
        let mut list = Vec::new();
        for (at, element) in elements.iter().enumerate() {
            let (code, reason) = match element.as_str().map(&parse) {
                Some(Ok(read)) if !list.contains(&read) => {
                    list.push(read);
                    continue;
                }
                Some(Ok(_)) => (FindingCode::DuplicateValue, "it is there twice".to_owned()),
                Some(Err(error)) => {
                    let reason = error.to_string();
                    (error.into(), reason)
                }
                None => (FindingCode::InvalidType, "expected a string".to_owned()),
            };
            self.report(Finding::in_field(format!("{name}.{at}"), code, reason));
        }
        Patch::Set(list)
    }
}
