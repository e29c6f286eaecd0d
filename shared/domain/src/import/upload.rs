//! Files that are uploaded to S3 with a link, and then imported.

use data_encoding::HEXLOWER_PERMISSIVE;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Format;
use crate::fields::{Body, Fields, Finding, FindingCode, InvalidValue, Patch};
use crate::id::{OrgId, UploadId};
use crate::text::Text;

/// The bytes of a file: as many as S3 accepts in one request.
pub const FILE_BYTES_MAX: i64 = 5_000_000_000;
/// The name of a file.
pub type FileName = Text<255>;
/// The extension of compressed files.
const GZIP: &str = ".gz";

/// A file that a link was created for, uploaded or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The id.
    pub id: UploadId,
    /// The organization.
    pub org: OrgId,
    /// The format, if the request stated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Whether it is compressed (RFC 1952), by its name.
    pub gzip: bool,
    /// Its name, if the request stated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<FileName>,
    /// The SHA-256 in base64, as S3 reports it, if the request stated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// When the link was created.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
}

// The description below names the bound.
const _: () = assert!(FILE_BYTES_MAX == 5_000_000_000);

/// A file to upload.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = NewUpload, example = json!({ "format": "csv", "filename": "month-end.csv.gz" })))]
#[body(rule = is_compressed_once(format, filename))]
pub struct Announced {
    /// The format; by default what the first bytes say, which must agree with the name.
    pub format: Option<Format>,
    /// The name. A file whose name ends in `.gz` is decompressed (RFC 1952). A workbook is compressed already, so its name
    /// can't end so.
    pub filename: Option<FileName>,
    /// The length. If it is stated, S3 accepts only a file of this length.
    #[body(integer(1, FILE_BYTES_MAX))]
    pub bytes: Option<i64>,
    /// The SHA-256 of the bytes. If it is stated, S3 accepts only a file with this digest.
    #[body(read = sha256, wire = String, schema(pattern = "^[0-9A-Fa-f]{64}$"))]
    pub sha256: Option<[u8; 32]>,
}

impl Announced {
    /// Whether the file is compressed.
    #[must_use]
    pub fn is_gzip(&self) -> bool {
        self.filename.as_ref().is_some_and(is_of_gzip)
    }
}

/// Why a workbook in a file of gzip is refused.
pub(super) const COMPRESSED_ALREADY: &str =
    "a workbook is compressed already; upload it as it is, under a name that does not end in .gz";

/// A workbook is read from its end, which in a gzip file can't be found without reading all before it.
fn is_compressed_once(fields: &mut Fields<'_>, format: Option<&Format>, filename: Option<&FileName>) {
    if format == Some(&Format::Xlsx) && filename.is_some_and(is_of_gzip) {
        fields.report(Finding::in_field("filename", FindingCode::InvalidValue, COMPRESSED_ALREADY));
    }
}

fn is_of_gzip(name: &FileName) -> bool {
    name.as_str().to_ascii_lowercase().ends_with(GZIP)
}

fn sha256(fields: &mut Fields<'_>, name: &'static str) -> Patch<[u8; 32]> {
    fields.patch(name, |digits| {
        let digest = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok();
        let digest = digest.and_then(|digest| <[u8; 32]>::try_from(digest).ok());
        digest.ok_or(InvalidValue("expected 64 hexadecimal digits"))
    })
}
