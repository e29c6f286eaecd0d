//! Requests, field by field.
//!
//! JSON objects, forms and CSV records become [`Fields`]. A [`Body`] takes its fields from them, each as the type that
//! it declares. Every error becomes a [`Finding`], so that a caller learns all of them at once; unknown fields are
//! reported by name.

mod ambiguous;
mod body;
mod envelope;
mod finding;
mod header_found;
mod list;
mod mangled_id;
mod misquoting;
mod names;
mod object;
mod patch;
mod payload_error;
mod plain_json;
mod scalar;
mod shown;
mod texts;
mod value;
mod words;
mod written_amount;
mod written_in;

use std::borrow::Cow;
use std::fmt::Display;

use percent_encoding::percent_decode;

pub use ambiguous::AmbiguousAmount;
pub use body::Body;
pub(crate) use body::joined;
pub use envelope::read_array;
pub use envelope::read_array_beside;
pub use finding::{Finding, FindingCode, InvalidValue, Severity};
pub use header_found::{HeaderFound, MissingColumn, ShownNames};
pub(crate) use mangled_id::is_mangled;
pub use misquoting::Misquoting;
pub use names::Names;
pub use patch::Patch;
pub use payload_error::{PayloadError, PayloadErrorKind, Position, UnknownName, text};
pub use plain_json::plain_object_len;
pub use shown::{UNKNOWN_FIELDS_NAMED_MAX, shown_name, shown_value, unknown_fields};
pub use value::Value;
pub(crate) use words::normalized;
pub(crate) use written_in::WrittenIn;

use crate::money::{Decimal, parse_json_number};
use crate::suggest;

/// The positions of fields in a word.
const GROUP_BITS: usize = u64::BITS as usize;

/// Why an unknown field is refused.
pub const NO_SUCH_FIELD: &str = "there is no such field";

/// The fields of a JSON object, a form or a record, and what is wrong with them.
///
/// Fields of a nested object have dotted names: `contact.name`.
#[derive(Debug)]
pub struct Fields<'a> {
    known: &'static Names,
    values: Vec<Option<Value<'a>>>,
    /// The nested objects that were read: a bit for each, at the position of its first field.
    groups: [u64; Names::MAX / GROUP_BITS],
    unknown: Vec<String>,
    findings: Vec<Finding>,
    /// How amounts are written; `None` for JSON, where they are decimal numbers with a point.
    written: Option<WrittenIn>,
    ambiguous: Vec<AmbiguousAmount>,
    /// Whether all texts are known to be plain, so that they need not be looked at one by one.
    are_plain: bool,
}

impl<'a> Fields<'a> {
    /// No fields yet; those in `known` can be added.
    #[must_use]
    pub fn new(known: &'static Names) -> Self {
        Self {
            known,
            values: known.all().iter().map(|_| None).collect(),
            groups: [0; Names::MAX / GROUP_BITS],
            unknown: Vec::new(),
            findings: Vec::new(),
            written: None,
            ambiguous: Vec::new(),
            are_plain: false,
        }
    }

    /// The fields of a JSON object.
    ///
    /// # Errors
    /// When the bytes are not a JSON object.
    pub fn of_json(known: &'static Names, bytes: &'a [u8]) -> Result<Self, PayloadError> {
        let mut fields = Self::new(known);
        object::read(text(bytes)?, &mut fields)?;
        Ok(fields)
    }

    /// The fields of an HTML form in `application/x-www-form-urlencoded` (URL Standard, section 5). A field without a
    /// value is null.
    ///
    /// # Errors
    /// When the bytes, or the bytes that they encode, are not UTF-8.
    pub fn of_form(known: &'static Names, bytes: &[u8]) -> Result<Self, PayloadError> {
        let mut fields = Self::new(known);
        fields.read_amounts_as(WrittenIn::Form);
        let decoded = |text: &[u8]| {
            let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            let decoded = percent_decode(&spaced).decode_utf8();
            decoded.map(Cow::into_owned).map_err(|_| PayloadErrorKind::InvalidPercentEncoding)
        };
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let name = decoded(parts.next().unwrap_or_default())?;
            let value = decoded(parts.next().unwrap_or_default())?;
            fields.put(&name, if value.is_empty() { Value::Null } else { Value::Text(value.into()) });
        }
        Ok(fields)
    }

    /// Adds a field.
    pub fn put(&mut self, name: &str, value: Value<'a>) {
        match self.known.position(name) {
            Some(at) => self.put_at(at, value),
            None => self.unknown.push(shown_name(name)),
        }
    }

    /// States whether all texts that were added are plain: parts of a text that [is plain](crate::text::is_plain).
    pub(crate) fn set_plain(&mut self, are_plain: bool) {
        self.are_plain = are_plain;
    }

    /// Adds the known field with the index `at`.
    #[expect(clippy::inline_always, reason = "a call takes as long as the rest, and a row has a dozen")]
    #[inline(always)]
    pub(crate) fn put_at(&mut self, at: usize, value: Value<'a>) {
        match self.values.get_mut(at) {
            Some(none @ None) => *none = Some(value),
            Some(given) => {
                *given = Some(value);
                self.find_twice(self.known.all()[at]);
            }
            None => debug_assert!(false, "no field of this request"),
        }
    }

    /// Reports, once, that a field is given more than once.
    #[cold]
    fn find_twice(&mut self, name: &'static str) {
        let found = Finding::in_field(name, FindingCode::DuplicateField, "the field is given twice");
        if !self.findings.contains(&found) {
            self.findings.push(found);
        }
    }

    /// The value of a field that was not taken yet.
    #[inline]
    #[must_use]
    pub fn get(&self, name: &'static str) -> Option<&Value<'a>> {
        self.known.position(name).and_then(|at| self.get_at(at))
    }

    /// The value of the known field with the index `at`, if it was not taken yet.
    #[inline]
    pub(crate) fn get_at(&self, at: usize) -> Option<&Value<'a>> {
        self.values.get(at)?.as_ref()
    }

    /// Takes the value of a field; `None` if it is absent, unknown, or was taken before.
    #[inline]
    pub fn take(&mut self, name: &'static str) -> Option<Value<'a>> {
        self.known.position(name).and_then(|at| self.take_at(at))
    }

    /// Takes the value of the known field with the index `at`.
    #[inline]
    pub(crate) fn take_at(&mut self, at: usize) -> Option<Value<'a>> {
        self.values.get_mut(at)?.take()
    }

    /// Takes the amounts that some currencies do not admit. The caller checks each against its currency.
    #[must_use]
    pub fn take_ambiguous(&mut self) -> Vec<AmbiguousAmount> {
        std::mem::take(&mut self.ambiguous)
    }

    /// Reads a field that holds an amount: a JSON number, or a string of a plain decimal. Trailing zeros are dropped.
    pub fn amount(&mut self, name: &'static str) -> Patch<Decimal> {
        let amount = match self.take(name) {
            None => Patch::Keep,
            Some(Value::Null) => Patch::Clear,
            Some(Value::Text(text)) => self.text_amount(name, &text),
            Some(Value::Number(number)) => self.accept(name, parse_json_number(&number)),
            Some(_) => self.refuse(name, FindingCode::InvalidType, "expected a number, or a string of one"),
        };
        amount.map(|amount| amount.normalize())
    }

    /// Reads a required field.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Patch<T>,
    ) -> Option<T> {
        let before = self.findings.len();
        match read(self, name) {
            Patch::Set(value) => Some(value),
            Patch::Clear | Patch::Keep => {
                // A value that `read` refused is not missing.
                if self.findings.len() == before && !self.is_refused(name) {
                    self.report(Finding::in_field(name, FindingCode::Required, "the field is required"));
                }
                None
            }
        }
    }

    /// Whether an error of the field was reported already.
    pub(crate) fn is_refused(&self, name: &str) -> bool {
        let mut of_field = self.findings.iter().filter(|found| found.field.as_deref() == Some(name));
        of_field.any(|found| found.code.severity() == Severity::Error)
    }

    /// Reads a field that can be absent, but not null.
    pub fn not_null<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Patch<T>,
    ) -> Option<T> {
        match read(self, name) {
            Patch::Keep => None,
            Patch::Clear => {
                self.report(Finding::in_field(name, FindingCode::Required, "the field can't be empty"));
                None
            }
            Patch::Set(value) => Some(value),
        }
    }

    fn accept<T, E: Into<FindingCode> + Display>(
        &mut self,
        name: &'static str,
        read: Result<T, E>,
    ) -> Patch<T> {
        match read {
            Ok(value) => Patch::Set(value),
            Err(error) => self.refuse_for(name, error),
        }
    }

    /// Reports that a field's value could not be read.
    #[cold]
    fn refuse_for<T, E: Into<FindingCode> + Display>(&mut self, name: &'static str, error: E) -> Patch<T> {
        let reason = error.to_string();
        self.refuse(name, error.into(), reason)
    }

    /// Reports an error of a field's value.
    pub fn refuse<T>(
        &mut self,
        name: &'static str,
        code: FindingCode,
        reason: impl Into<Cow<'static, str>>,
    ) -> Patch<T> {
        self.report(Finding::in_field(name, code, reason));
        Patch::Keep
    }

    /// Reports fields with misspelled names. `meant` returns the field that a name stands for.
    pub(crate) fn refuse_misspelled(&mut self, meant: impl Fn(&str) -> Option<&'static str>) {
        self.unknown.retain(|name| {
            let Some(meant) = meant(name) else { return true };
            let reason = format!("the field is named {meant}");
            self.findings.push(Finding::in_field(name.clone(), FindingCode::MisspelledField, reason));
            false
        });
    }

    /// Adds a finding.
    pub fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether the row could be divided into fields. If not, the finding concerns no field.
    #[must_use]
    pub(crate) fn are_of_a_row(&self) -> bool {
        self.findings.iter().all(|found| found.field.is_some())
    }

    /// The findings so far.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// All findings, the last of them about unknown fields, each with the reason `unknown`.
    #[must_use]
    pub fn into_findings(self, unknown: &'static str) -> Vec<Finding> {
        self.into_findings_with(unknown, |_| String::new())
    }

    /// As [`Fields::into_findings`]; `hint` ends the reason for each unknown field.
    fn into_findings_with(mut self, unknown: &'static str, hint: impl Fn(&str) -> String) -> Vec<Finding> {
        if self.ambiguous.is_empty() && self.unknown.is_empty() {
            return self.findings;
        }
        // Amounts that were never checked against a currency.
        let unchecked = self.take_ambiguous();
        self.findings.extend(unchecked.iter().filter_map(AmbiguousAmount::unchecked));
        self.findings.extend(unknown_fields(self.unknown.iter().map(String::as_str), unknown, hint));
        self.findings
    }

    /// Returns what was read if no error was found and every field is known. The finding about an unknown field
    /// suggests the known field with the most similar name.
    ///
    /// # Errors
    /// All findings.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, Vec<Finding>> {
        let known = self.known.all();
        let similar = |name: &str| suggest::hint(suggest::nearest(name, known.iter().copied()));
        only_valid(self.into_findings_with(NO_SUCH_FIELD, similar), read)
    }

    /// As [`Fields::finish`], for the parameters of a query: the finding about an unknown parameter lists the known
    /// ones.
    ///
    /// # Errors
    /// Everything that was found.
    pub fn finish_parameters<T>(self, read: Option<T>) -> Result<T, Vec<Finding>> {
        let known = match self.known.all() {
            [] => "; this route has none".to_owned(),
            known => format!("; this route has {}", known.join(", ")),
        };
        only_valid(self.into_findings_with("there is no such parameter", |_| known.clone()), read)
    }

    /// Returns `read` if there are no findings. Unknown fields are ignored, for APIs whose clients send some.
    ///
    /// # Errors
    /// All findings.
    pub fn finish_ignoring_unknown<T>(self, read: Option<T>) -> Result<T, Vec<Finding>> {
        match read {
            Some(read) if self.findings.is_empty() => Ok(read),
            _ => Err(self.findings),
        }
    }
}

fn only_valid<T>(findings: Vec<Finding>, read: Option<T>) -> Result<T, Vec<Finding>> {
    match read {
        Some(read) if findings.is_empty() => Ok(read),
        _ => Err(findings),
    }
}
