//! Secrets at rest, sealed by KMS: credentials for banks, and the keys that sign notifications.
//!
//! A sealed secret opens only in the context in which it was sealed (the organization and the record that it belongs to),
//! so a ciphertext that is copied into another record can't be opened. KMS logs the context, never the secret.

use std::collections::HashMap;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use saldo_domain::secrets::{SealContext, Sealed};
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::failure::Failure;

/// Seals and opens secrets with one key.
#[derive(Clone, Debug)]
pub struct Sealer {
    client: Client,
    key: String,
}

impl Sealer {
    pub(crate) fn new(client: Client, key: String) -> Self {
        Self { client, key }
    }

    /// Seals a secret of 1 to [`SECRET_BYTES_MAX`](saldo_domain::secrets::SECRET_BYTES_MAX) bytes.
    ///
    /// # Errors
    /// [`Failure`] when KMS fails.
    pub async fn seal(&self, context: &SealContext, secret: &SecretString) -> Result<Sealed, Failure> {
        let answer = self
            .client
            .encrypt()
            .key_id(&self.key)
            .plaintext(Blob::new(secret.expose_secret().as_bytes()))
            .set_encryption_context(Some(encryption_context(context)))
            .send()
            .await
            .map_err(Failure::of("Encrypt"))?;
        let sealed = answer.ciphertext_blob.ok_or_else(|| Failure::missing("what KMS has sealed"))?;
        Ok(Sealed::new(sealed.into_inner()))
    }

    /// Generates a key of 256 random bits, sealed.
    ///
    /// # Errors
    /// [`Failure`] when KMS fails.
    pub async fn new_key(&self, context: &SealContext) -> Result<Sealed, Failure> {
        let answer = self
            .client
            .generate_data_key_without_plaintext()
            .key_id(&self.key)
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(encryption_context(context)))
            .send()
            .await
            .map_err(Failure::of("GenerateDataKeyWithoutPlaintext"))?;
        let sealed = answer.ciphertext_blob.ok_or_else(|| Failure::missing("a key that KMS has made"))?;
        Ok(Sealed::new(sealed.into_inner()))
    }

    /// Opens a secret text.
    ///
    /// # Errors
    /// [`Failure`] when KMS fails, or the secret was sealed in another context.
    pub async fn open(&self, context: &SealContext, sealed: &Sealed) -> Result<SecretString, Failure> {
        // The error must not quote the bytes: they are the secret.
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
            .ciphertext_blob(Blob::new(sealed.ciphertext()))
            .set_encryption_context(Some(encryption_context(context)))
            .send()
            .await
            .map_err(Failure::of("Decrypt"))?;
        let opened = answer.plaintext.ok_or_else(|| Failure::missing("what KMS has opened"))?;
        Ok(opened.into_inner())
    }
}

fn encryption_context(context: &SealContext) -> HashMap<String, String> {
    context.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
