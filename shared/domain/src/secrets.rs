//! Secrets at rest: credentials for banks, and keys that sign notifications. KMS encrypts and decrypts them.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use serde_with::base64::Base64;
use serde_with::serde_as;

use crate::id::OrgId;

/// The bytes that a secret may have: what KMS encrypts in one call
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>).
pub const SECRET_BYTES_MAX: usize = 4_096;

/// An encrypted secret, as tables store it.
#[serde_as]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed(#[serde_as(as = "Base64")] Vec<u8>);

impl Sealed {
    /// A secret, as KMS has encrypted it.
    #[must_use]
    pub fn new(ciphertext: Vec<u8>) -> Self {
        Self(ciphertext)
    }

    /// The ciphertext.
    #[must_use]
    pub fn ciphertext(&self) -> &[u8] {
        &self.0
    }
}

/// What a secret belongs to: the encryption context for KMS.
#[derive(Clone, Debug)]
pub struct SealContext {
    organization: String,
    kind: &'static str,
    owner: String,
}

impl SealContext {
    /// The context of a secret of this organization. `kind` and `owner` name the record: `access`, `notification` or
    /// `purpose`, and its id.
    #[must_use]
    pub fn new(org: &OrgId, kind: &'static str, owner: impl Display) -> Self {
        Self { organization: org.to_string(), kind, owner: owner.to_string() }
    }

    /// The context's names and values.
    #[must_use]
    pub fn pairs(&self) -> [(&'static str, &str); 2] {
        [("organization", &self.organization), (self.kind, &self.owner)]
    }
}
