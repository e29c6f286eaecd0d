//! What is asked for in a new access.

use super::consent::{ACCOUNTS, PERIOD, RECURRING, SCOPES};
use super::credentials::{self, CREDENTIALS};
use super::{Credentials, WantedConsent};
use crate::fields::{Fields, Finding};
use crate::text::Text;

const ACCESS_METHOD_ID: &str = "access_method_id";
/// Also known as `save_credentials`.
pub(crate) const SAVE_SECRETS: &str = "save_secrets";
pub(crate) const SAVE_CREDENTIALS: &str = "save_credentials";

/// The fields of a request for an access.
pub const ACCESS_FIELDS: &[&str] =
    &[ACCESS_METHOD_ID, CREDENTIALS, SAVE_SECRETS, SAVE_CREDENTIALS, RECURRING, PERIOD, SCOPES, ACCOUNTS];

/// What is asked for in a new access.
#[derive(Clone, Debug)]
pub struct AccessRequest {
    /// The way to the bank's accounts, as the catalog names it.
    pub access_method_id: String,
    /// The credentials, or some of them.
    pub credentials: Credentials,
    /// Whether they are to be saved.
    pub save_secrets: bool,
    /// What its user is to agree to.
    pub consent: Option<WantedConsent>,
}

impl AccessRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn read(mut fields: Fields) -> Result<Self, Vec<Finding>> {
        let access_method_id: Option<Text<128>> = fields.required(ACCESS_METHOD_ID, Fields::text);
        let credentials = credentials::read(&mut fields);
        let save_secrets = save_secrets(&mut fields);
        let consent = WantedConsent::read(&mut fields);
        let request = access_method_id.map(|id| Self {
            access_method_id: id.into(),
            credentials,
            save_secrets,
            consent,
        });
        fields.finish_ignoring_unknown(request)
    }
}

/// Whether credentials are to be saved, by either of the field's names.
pub(crate) fn save_secrets(fields: &mut Fields) -> bool {
    let names = [SAVE_SECRETS, SAVE_CREDENTIALS];
    names.into_iter().filter_map(|name| fields.boolean(name).value()).any(|save| save)
}
