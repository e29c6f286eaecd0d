//! A file that is sent to S3 by a link, to be imported.

use data_encoding::HEXLOWER_PERMISSIVE;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Format;
use crate::fields::{Fields, Finding, InvalidValue};
use crate::id::{OrgId, UploadId};
use crate::text::Text;

/// The bytes a file may have: as many as S3 takes in one request.
pub const FILE_BYTES_MAX: i64 = 5_000_000_000;
/// The ending of the names of compressed files.
const GZIP: &str = ".gz";

/// A file that may be sent, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// Whose file it is.
    pub org: OrgId,
    /// Its format.
    pub format: Format,
    /// Whether its name says that it is compressed (RFC 1952).
    pub gzip: bool,
    /// Its SHA-256 as S3 tells it, in base64, if it was announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// When the link was asked for.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
}

/// What is said of a file before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Its format.
    pub format: Format,
    /// Whether it is compressed.
    pub gzip: bool,
    /// Its bytes, which S3 will insist on.
    pub bytes: Option<i64>,
    /// Its SHA-256, which S3 will insist on.
    pub sha256: Option<[u8; 32]>,
}

impl Announced {
    /// The fields it is read from.
    pub const FIELDS: [&'static str; 4] = ["format", "filename", "bytes", "sha256"];

    /// Reads it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
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
