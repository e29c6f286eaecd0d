//! A file that its owner uploads to S3 by a presigned URL, to be imported.

use data_encoding::HEXLOWER_PERMISSIVE;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Format;
use crate::fields::{Fields, Finding, InvalidValue};
use crate::id::{OrgId, UploadId};
use crate::text::Text;

/// The most bytes in a file: as many as S3 takes in one `PutObject`.
pub const FILE_BYTES_MAX: i64 = 5_000_000_000;
/// The extension of compressed files.
const GZIP: &str = ".gz";

/// A file that was or may be uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// The organization that it belongs to.
    pub org: OrgId,
    /// Its format.
    pub format: Format,
    /// Whether it is compressed with gzip (RFC 1952), according to its name.
    pub gzip: bool,
    /// Its SHA-256 in base64, as in S3's checksum headers, if it was announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// When the URL was requested.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
}

/// The announcement of a file before it is uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Its format.
    pub format: Format,
    /// Whether it is compressed with gzip.
    pub gzip: bool,
    /// Its size in bytes, which S3 enforces.
    pub bytes: Option<i64>,
    /// Its SHA-256, which S3 enforces.
    pub sha256: Option<[u8; 32]>,
}

impl Announced {
    /// The fields of the request.
    pub const FIELDS: [&'static str; 4] = ["format", "filename", "bytes", "sha256"];

    /// Reads the request.
    ///
    /// # Errors
    /// All findings.
    pub fn read(mut fields: Fields) -> Result<Self, Vec<Finding>> {
        let format = fields.required("format", |fields, name| fields.patch(name, str::parse));
        let name: Option<Text<255>> = fields.text("filename").value();
        let bytes = fields.integer("bytes", 1..=FILE_BYTES_MAX).value();
        let sha256 = fields.patch("sha256", |digits| {
            let digest = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok();
            let digest = digest.and_then(|digest| <[u8; 32]>::try_from(digest).ok());
            digest.ok_or(InvalidValue("expected 64 hexadecimal digits"))
        });
        let sha256 = sha256.value();
        let gzip = name.is_some_and(|name| name.as_str().to_ascii_lowercase().ends_with(GZIP));
        fields.finish(format.map(|format| Self { format, gzip, bytes, sha256 }))
    }
}
