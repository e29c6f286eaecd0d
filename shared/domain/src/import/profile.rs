//! Import profiles: sets of import options that have a name and versions.
//!
//! A version never changes: each change of the options is a new one. So the name and the version say which options an
//! import had. The import itself stores them as well, together with those that its request states.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::json::JsonString;
use serde_with::{DeserializeFromStr, SerializeDisplay, serde_as};
use uuid::Uuid;

use super::ImportOptions;
use crate::account::Revision;
use crate::fields::{Body, Fields, Finding, FindingCode, InvalidValue, Patch, Value};
use crate::id::ProfileId;
use crate::revised::Revised;

/// The profiles of an organization. People choose among them by name; more than these would be made by a program.
pub const PROFILES_MAX: usize = 200;
/// The versions of a profile: each is an item of the table.
pub const VERSIONS_MAX: u32 = 1_000;
/// The characters of a name.
pub const NAME_CHARS_MAX: usize = 64;
/// The character before the version in a [`ProfileRef`].
const VERSION_MARK: char = '@';
/// Why the options of a profile have no day.
const NO_DAY: &str = "each file is of another day: state it with the import, or state `as_of_lag_days`";
/// Why the options of a profile have no control totals.
const NO_TOTALS: &str = "each file has control totals of its own: state them with the import";
/// The field of a request with the options of a profile.
const OPTIONS: &str = "options";

const INVALID_NAME: InvalidValue =
    InvalidValue("expected 1 to 64 lower-case letters, digits and hyphens, a letter or digit first");
const INVALID_REF: InvalidValue = InvalidValue(
    "expected the name or the id of an import profile, alone or with a version behind @, such as erp or erp@3",
);

/// The name of a profile, unique in its organization: 1 to 64 lower-case letters, digits and hyphens, a letter or digit
/// first. Ids have an underscore, so no text is both a name and an id.
#[derive(Clone, Debug, PartialEq, Eq, SerializeDisplay, DeserializeFromStr)]
pub struct ProfileName(String);

impl FromStr for ProfileName {
    type Err = InvalidValue;

    fn from_str(name: &str) -> Result<Self, InvalidValue> {
        let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_name = (1..=NAME_CHARS_MAX).contains(&name.len())
            && name.bytes().all(|byte| is_alphanumeric(byte) || byte == b'-')
            && !name.starts_with('-');
        if is_name { Ok(Self(name.to_owned())) } else { Err(INVALID_NAME) }
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A profile, by its id or its name.
#[derive(Clone, Debug, PartialEq, Eq, SerializeDisplay, DeserializeFromStr)]
pub enum ProfileKey {
    /// The id.
    Id(ProfileId),
    /// The name.
    Name(ProfileName),
}

impl FromStr for ProfileKey {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Name).map_err(|_| INVALID_REF),
        }
    }
}

impl fmt::Display for ProfileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// The profile that an import names, and its version: `erp` is the latest one, `erp@3` the third.
#[derive(Clone, Debug, PartialEq, Eq, SerializeDisplay, DeserializeFromStr)]
pub struct ProfileRef {
    /// The profile.
    pub key: ProfileKey,
    /// The version; the latest by default.
    pub version: Option<u32>,
}

impl FromStr for ProfileRef {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let Some((key, version)) = text.split_once(VERSION_MARK) else {
            return Ok(Self { key: text.parse()?, version: None });
        };
        let version: u32 = version.parse().map_err(|_| INVALID_REF)?;
        Ok(Self { key: key.parse()?, version: Some(version) })
    }
}

impl fmt::Display for ProfileRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)?;
        self.version.map_or(Ok(()), |version| write!(f, "{VERSION_MARK}{version}"))
    }
}

/// A version of an import profile.
#[serde_as]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProfile {
    /// The id, which no other profile gets, even under the same name.
    pub id: ProfileId,
    /// The name.
    pub name: ProfileName,
    /// The version, counting from 1.
    pub version: u32,
    /// The options.
    // As a text, since headers in it would be names of attributes, which DynamoDB bounds at 64 KB.
    #[serde_as(as = "JsonString")]
    pub options: ImportOptions,
    /// When the profile was created.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When this version was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
    /// The revision, which each version changes.
    pub revision: Uuid,
}

impl ImportProfile {
    /// The same profile with other options, as its next version.
    #[must_use]
    pub fn with_options(self, options: ImportOptions, now: Timestamp) -> Self {
        Self { version: self.version + 1, options, updated_at: now, ..self }
    }

    /// What an import that uses it records.
    #[must_use]
    pub fn used(&self) -> UsedProfile {
        UsedProfile { id: self.id.clone(), name: self.name.clone(), version: self.version }
    }

    /// The revision for conditional requests.
    #[must_use]
    pub fn etag(&self) -> Revision {
        self.revision.into()
    }
}

impl Revised for ImportProfile {
    fn revision(&self) -> Uuid {
        self.revision
    }

    fn set_revision(&mut self, revision: Uuid) {
        self.revision = revision;
    }
}

/// The profile that an import has used, at the version that it had then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsedProfile {
    /// The id.
    pub id: ProfileId,
    /// The name.
    pub name: ProfileName,
    /// The version.
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub version: u32,
}

impl UsedProfile {
    /// The findings about the effective options of an import, where an option that the request does not state itself is one
    /// of the profile.
    #[must_use]
    pub fn explain(&self, findings: Vec<Finding>, stated: &ImportOptions) -> Vec<Finding> {
        let explained = findings.into_iter().map(|found| {
            let field = found.field.as_deref().unwrap_or_default();
            let option = field.split('.').next().unwrap_or_default();
            if stated.has(option) {
                return found;
            }
            let reason = format!("{field} of {} (version {}): {}", self.name, self.version, found.reason);
            Finding::in_field("profile", found.code, reason)
        });
        explained.collect()
    }
}

/// A new import profile.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = NewImportProfile, example = json!({
    "name": "erp", "options": { "decimal_separator": ",", "mapping": { "Kunde": "contact.name" } }
})))]
pub struct NewProfile {
    /// The name: lower-case letters, digits and hyphens, a letter or digit first. It can't be changed.
    pub name: ProfileName,
    /// The options of imports that name the profile.
    #[body(read = options)]
    pub options: ImportOptions,
}

impl NewProfile {
    /// The first version of the profile.
    #[must_use]
    pub fn create(self, id: ProfileId, now: Timestamp) -> ImportProfile {
        let Self { name, options } = self;
        let revision = Uuid::now_v7();
        ImportProfile { id, name, version: 1, options, created_at: now, updated_at: now, revision }
    }
}

/// Other options for an import profile.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = ImportProfileChange, example = json!({ "options": { "decimal_separator": "," } })))]
#[body(read_only("name", "the name can't be changed; create another profile"))]
pub struct ProfileChange {
    /// All options of the next version.
    #[body(read = options)]
    pub options: ImportOptions,
}

/// Reads the options as a request with them alone would be read. Places of errors are below `options`.
fn options(fields: &mut Fields<'_>, name: &'static str) -> Patch<ImportOptions> {
    let object = match fields.take(name) {
        None => return Patch::Keep,
        Some(Value::Null) => return Patch::Clear,
        Some(value) => value.into_json(),
    };
    let json = object.to_string();
    let inner =
        Fields::of_json(ImportOptions::FIELDS, json.as_bytes()).map_err(|error| error.kind.findings());
    let read = inner.and_then(|mut inner| {
        let options = ImportOptions::take(&mut inner, ());
        let of_file = options.as_ref().map(|options| {
            [
                ("as_of", options.as_of.is_some(), NO_DAY),
                ("expected_rows", options.expected_rows.is_some(), NO_TOTALS),
                ("expected_total", options.expected_total.is_some(), NO_TOTALS),
            ]
        });
        for (name, is_stated, reason) in of_file.into_iter().flatten() {
            if is_stated {
                inner.report(Finding::in_field(name, FindingCode::InvalidValue, reason));
            }
        }
        for finding in options.iter().flat_map(ImportOptions::contents_findings) {
            inner.report(finding);
        }
        inner.finish(options)
    });
    match read {
        Ok(options) => Patch::Set(options),
        Err(findings) => {
            for found in findings {
                let field = match found.field.as_deref().unwrap_or_default() {
                    "" => OPTIONS.to_owned(),
                    field => format!("{OPTIONS}.{field}"),
                };
                fields.report(Finding { field: Some(field.into()), ..found });
            }
            Patch::Keep
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Notation};
    use super::*;

    #[test]
    fn names_and_ids_differ() {
        for name in ["erp", "sap-2026", "0"] {
            assert_eq!(name.parse().map(|key: ProfileKey| key.to_string()), Ok(name.to_owned()));
            assert!(matches!(name.parse(), Ok(ProfileKey::Name(_))));
        }
        let id = "ipr_mfrggzdfmztwq2lk";
        assert!(matches!(id.parse(), Ok(ProfileKey::Id(_))));
        for bad in ["", "-erp", "ERP", "erp_2", "a b", "ipr_x", "erp@", "erp@x", "erp@-1", &"x".repeat(65)] {
            assert_eq!(bad.parse::<ProfileRef>().err(), Some(INVALID_REF), "{bad}");
        }
        for (text, version) in [("erp@3", Some(3)), ("erp", None), ("ipr_mfrggzdfmztwq2lk@12", Some(12))] {
            let read: ProfileRef = text.parse().expect(text);
            assert_eq!((read.version, read.to_string().as_str()), (version, text));
        }
    }

    fn read(json: &str) -> Result<NewProfile, Vec<String>> {
        let fields = Fields::of_json(NewProfile::FIELDS, json.as_bytes()).expect("JSON");
        let place = |found: Finding| found.field.unwrap_or_default().into_owned();
        NewProfile::read(fields, ()).map_err(|found| found.into_iter().map(place).collect())
    }

    #[test]
    fn all_errors_of_options_have_their_places() {
        let json = r#"{"name":"ERP","options":{"delimiter":"ab","defaults":{"currency":"EURO"},"header_line":0,
            "decimal_separator":",","thousands_separator":",","profile":"erp"}}"#;
        let places = [
            "name",
            "options.delimiter",
            "options.header_line",
            "options.thousands_separator",
            "options.defaults.currency",
            "options.profile",
        ];
        assert_eq!(read(json), Err(places.map(str::to_owned).to_vec()));
        for (json, place) in [
            (r#"{"name":"erp"}"#, "options"),
            (r#"{"name":"erp","options":null}"#, "options"),
            (r#"{"name":"erp","options":[]}"#, "options"),
            (r#"{"name":"erp","options":"x"}"#, "options"),
            (r#"{"options":{}}"#, "name"),
        ] {
            assert_eq!(read(json), Err(vec![place.to_owned()]), "{json}");
        }
        let profile = read(r#"{"name":"erp","options":{"decimal_separator":","}}"#).expect("valid");
        assert!(profile.options.has("decimal_separator") && !profile.options.has("mapping"));
    }

    #[test]
    fn options_of_a_profile_that_do_not_fit_are_explained() {
        let options = read(r#"{"name":"erp","options":{"header_line":2,"mapping":{"a":"notes"}}}"#);
        let NewProfile { options, .. } = options.expect("valid");
        let id = "ipr_mfrggzdfmztwq2lk".parse().expect("an id");
        let used = UsedProfile { id, name: "erp".parse().expect("a name"), version: 3 };
        let stated = ImportOptions { header_line: Some(3), ..ImportOptions::default() };
        let effective = stated.clone().or(options);
        let refused = Notation::with(effective, Format::Json, false).expect_err("options of CSV");
        let places: Vec<_> = used.explain(refused, &stated).into_iter().map(|found| found.field).collect();
        assert_eq!(places, [Some("profile".into()), Some("header_line".into())]);
    }
}
