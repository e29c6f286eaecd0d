//! The options of an import, and the request body that imports an uploaded file.

use super::{DecimalSeparator, Format, Mapping, Notation};
use crate::fields::{Body, Fields, Finding, FindingCode, InvalidValue, Patch, Value};
use crate::id::UploadId;

/// The reason for which an upload id is refused.
pub const UNKNOWN_UPLOAD: &str = "not the upload_id of a file that was asked for in the last days";

/// The options of an import: in the query, or in the body that names an uploaded file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Body)]
pub struct ImportOptions {
    /// The fields that columns fill whose headers are not field names.
    #[body(read = mapping)]
    pub mapping: Option<Mapping>,
    /// The decimal separator of amounts.
    pub decimal_separator: Option<DecimalSeparator>,
    /// Whether the import writes nothing, and reports what it would do.
    #[body(read = Fields::boolean)]
    pub dry_run: Option<bool>,
}

/// An uploaded file of accounts to import.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = ImportOfUpload, example = json!({
    "upload_id": "upl_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "mapping": { "Customer": "contact.name" }
})))]
pub struct ImportOfUpload {
    /// The upload.
    #[body(read = upload_id)]
    pub upload_id: UploadId,
    /// The fields that columns fill whose headers are not field names; only for CSV.
    #[body(read = mapping)]
    pub mapping: Option<Mapping>,
    /// The decimal separator of amounts, a point by default; only for CSV.
    pub decimal_separator: Option<DecimalSeparator>,
    /// Whether the import writes nothing, and reports what it would do to each row.
    #[body(read = Fields::boolean)]
    pub dry_run: Option<bool>,
}

impl ImportOfUpload {
    /// The upload, and the options.
    #[must_use]
    pub fn into_parts(self) -> (UploadId, ImportOptions) {
        let Self { upload_id, mapping, decimal_separator, dry_run } = self;
        (upload_id, ImportOptions { mapping, decimal_separator, dry_run })
    }
}

impl ImportOptions {
    /// These options; those that are not set are taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            mapping: self.mapping.or(other.mapping),
            decimal_separator: self.decimal_separator.or(other.decimal_separator),
            dry_run: self.dry_run.or(other.dry_run),
        }
    }

    /// The notation of a payload with these options.
    ///
    /// # Errors
    /// The options that exist only for CSV, for a payload in another format.
    pub fn notation(self, format: Format, gzip: bool) -> Result<Notation, Vec<Finding>> {
        let csv_options =
            [("mapping", self.mapping.is_some()), ("decimal_separator", self.decimal_separator.is_some())];
        let refused = csv_options.into_iter().filter(|(_, is_set)| *is_set && format != Format::Csv);
        let refused = refused.map(|(name, _)| {
            Finding::in_field(name, FindingCode::InvalidValue, "this option is only for CSV")
        });
        let refused: Vec<_> = refused.collect();
        if !refused.is_empty() {
            return Err(refused);
        }
        let (mapping, decimal_separator) =
            (self.mapping.unwrap_or_default(), self.decimal_separator.unwrap_or_default());
        Ok(Notation { format, mapping, decimal_separator, gzip, in_request: false })
    }
}

fn upload_id(fields: &mut Fields<'_>, name: &'static str) -> Patch<UploadId> {
    fields.patch(name, |id| id.parse().map_err(|_| InvalidValue(UNKNOWN_UPLOAD)))
}

/// A mapping: an object in a body, its text in a query. An empty mapping means the same as none.
fn mapping(fields: &mut Fields<'_>, name: &'static str) -> Patch<Mapping> {
    let read = match fields.take(name) {
        None => return Patch::Keep,
        Some(Value::Null) => return Patch::Clear,
        Some(Value::Text(json)) => serde_json::from_str(&json),
        Some(value) => serde_json::from_value(value.into_json()),
    };
    match read {
        Ok(mapping) if mapping == Mapping::default() => Patch::Clear,
        Ok(mapping) => Patch::Set(mapping),
        Err(error) => fields.refuse(name, FindingCode::InvalidValue, error.to_string()),
    }
}
