//! Secrets at rest, sealed by KMS: what a bank asks of its customer, what signs a
//! notification.
//!
//! A sealed text opens only in the context it was sealed in (the organization and what it
//! belongs to), so that a ciphertext copied into another record opens nothing. KMS logs the
//! context, never the text.

use std::fmt::Display;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::id::OrgId;

/// The bytes that a secret may have: what KMS encrypts in one call
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>).
pub const SECRET_BYTES_MAX: usize = 4_096;

/// Seals and opens secrets with one key.
#[derive(Clone, Debug)]
pub struct Sealer {
    client: Client,
    key: String,
}

/// A secret as it may lie in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed(#[serde(with = "base64")] Vec<u8>);

/// What a secret belongs to: KMS's encryption context.
#[derive(Clone, Debug)]
pub struct SealContext {
    organization: String,
    kind: &'static str,
    owner: String,
}

impl SealContext {
    /// The context of a secret that belongs to the `kind` of thing with this id: `access`,
    /// `notification` or `purpose`.
    #[must_use]
    pub fn new(org: &OrgId, kind: &'static str, owner: impl Display) -> Self {
        Self { organization: org.to_string(), kind, owner: owner.to_string() }
    }
}

impl Sealer {
    pub(crate) fn new(client: Client, key: String) -> Self {
        Self { client, key }
    }

    /// Seals a secret of 1 to [`SECRET_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// [`Failure`] when KMS fails.
    pub async fn seal(&self, context: &SealContext, secret: &SecretString) -> Result<Sealed, Failure> {
        let answer = self
            .client
            .encrypt()
            .key_id(&self.key)
            .plaintext(Blob::new(secret.expose_secret().as_bytes()))
            .encryption_context("organization", &context.organization)
            .encryption_context(context.kind, &context.owner)
            .send()
            .await
            .map_err(Failure::of("Encrypt"))?;
        let sealed = answer.ciphertext_blob.ok_or_else(|| Failure::missing("what KMS has sealed"))?;
        Ok(Sealed(sealed.into_inner()))
    }

    /// Makes a new key of 256 random bits, sealed.
    ///
    /// # Errors
    /// [`Failure`] when KMS fails.
    pub async fn new_key(&self, context: &SealContext) -> Result<Sealed, Failure> {
        let answer = self
            .client
            .generate_data_key_without_plaintext()
            .key_id(&self.key)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context("organization", &context.organization)
            .encryption_context(context.kind, &context.owner)
            .send()
            .await
            .map_err(Failure::of("GenerateDataKeyWithoutPlaintext"))?;
        let sealed = answer.ciphertext_blob.ok_or_else(|| Failure::missing("a key that KMS has made"))?;
        Ok(Sealed(sealed.into_inner()))
    }

    /// Opens a secret text.
    ///
    /// # Errors
    /// [`Failure`] when KMS fails, or the secret was sealed in another context.
    pub async fn open(&self, context: &SealContext, sealed: &Sealed) -> Result<SecretString, Failure> {
        // The bytes are not quoted in an error: they are the secret.
        let text = String::from_utf8(self.decrypt(context, sealed).await?);
        Ok(text.map_err(|_| Failure::missing("text in a secret"))?.into())
    }

    /// Opens a key.
    ///
    /// # Errors
    /// [`Failure`] when KMS fails, or the key was sealed in another context.
    pub async fn open_key(&self, context: &SealContext, sealed: &Sealed) -> Result<SecretSlice<u8>, Failure> {
        Ok(self.decrypt(context, sealed).await?.into())
    }

    async fn decrypt(&self, context: &SealContext, sealed: &Sealed) -> Result<Vec<u8>, Failure> {
        let answer = self
            .client
            .decrypt()
            .key_id(&self.key)
            .ciphertext_blob(Blob::new(sealed.0.clone()))
            .encryption_context("organization", &context.organization)
            .encryption_context(context.kind, &context.owner)
            .send()
            .await
            .map_err(Failure::of("Decrypt"))?;
        let opened = answer.plaintext.ok_or_else(|| Failure::missing("what KMS has opened"))?;
        Ok(opened.into_inner())
    }
}

/// Bytes as text: in JSON and in the tables alike.
mod base64 {
    use data_encoding::BASE64;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        BASE64.encode(bytes).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        BASE64.decode(String::deserialize(from)?.as_bytes()).map_err(D::Error::custom)
    }
}
