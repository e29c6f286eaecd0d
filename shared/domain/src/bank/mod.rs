//! Banks. They are configuration: the catalog is a file in Saldo's bucket, and a bank is added there.

mod failure_reason;

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

pub use failure_reason::FailureReason;

use crate::fields::FindingCode;

/// The file that lists the banks: a JSON array of [`Bank`]s.
pub const CATALOG_FILE: &str = "config/banks.json";

/// The banks that can be connected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Catalog {
    /// The banks.
    pub banks: Vec<Bank>,
}

/// A bank with its access methods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bank {
    /// Its id, unique in the catalog.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its national bank code.
    #[serde(default)]
    pub bank_code: Option<String>,
    /// Its BIC (ISO 9362).
    #[serde(default)]
    pub bic: Option<String>,
    /// Its country (ISO 3166-1 alpha-2).
    pub country: Country,
    /// The access methods.
    pub access_methods: Vec<AccessMethod>,
}

/// A method to access a bank's accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessMethod {
    /// Its id, unique in the catalog.
    pub id: String,
    /// The interface that the bank offers.
    pub interface: Interface,
    /// The ways in which the bank authenticates its customers.
    pub flows: Vec<Flow>,
    /// The credentials that the bank asks for when an authorization starts.
    #[serde(default)]
    pub credentials: Vec<Credential>,
    /// The types of account that it gives access to, as the finX API names them.
    #[serde(default)]
    pub supported_account_types: Vec<String>,
    /// Whether a consent can be limited to some accounts.
    #[serde(default)]
    pub configurable_consent: bool,
    /// Whether a consent has to name its accounts.
    #[serde(default)]
    pub requires_account_identifiers: bool,
    /// Whether the bank requires the end user's IP address.
    #[serde(default)]
    pub requires_psu_ip: bool,
    /// Advice for the end user.
    #[serde(default)]
    pub advice: Option<String>,
}

/// The interface of a bank, with its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Interface {
    /// The Berlin Group's NextGenPSD2 XS2A 1.3.
    Nextgenpsd2 {
        /// The URL to which paths such as `/v1/consents` are appended.
        base_url: Url,
    },
}

/// A way in which a bank authenticates its customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = AuthenticationFlow))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Flow {
    /// In the application: credentials and one-time passwords pass through Saldo.
    Embedded,
    /// On the bank's own pages.
    Redirect,
    /// In the bank's app.
    Decoupled,
}

/// A credential that a bank asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = BankCredential))]
pub struct Credential {
    /// Its id: `psu_id` or `pin`.
    pub id: String,
    /// Its name at the bank.
    pub label: String,
    /// Whether it is confidential.
    pub is_secret: bool,
    /// Whether it can be left out.
    #[cfg_attr(feature = "openapi", schema(required))]
    #[serde(default)]
    pub is_optional: bool,
}

/// The id of the credential that identifies the customer.
pub const PSU_ID: &str = "psu_id";
/// The id of the credential that proves the customer's identity.
pub const PIN: &str = "pin";

impl AccessMethod {
    /// The ids of the required credentials.
    pub fn required_credentials(&self) -> impl Iterator<Item = &str> {
        self.credentials.iter().filter(|credential| !credential.is_optional).map(|credential| &*credential.id)
    }
}

impl Catalog {
    /// The access method with this id, and its bank.
    #[must_use]
    pub fn method(&self, id: &str) -> Option<(&Bank, &AccessMethod)> {
        let methods =
            self.banks.iter().flat_map(|bank| bank.access_methods.iter().map(move |method| (bank, method)));
        methods.into_iter().find(|(_, method)| method.id == id)
    }
}

/// A country's code of two letters (ISO 3166-1 alpha-2), in upper case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);

impl Country {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a country code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a country's code of two letters, such as DE")]
pub struct InvalidCountry;

impl From<InvalidCountry> for FindingCode {
    fn from(_: InvalidCountry) -> Self {
        Self::InvalidValue
    }
}

impl FromStr for Country {
    type Err = InvalidCountry;

    fn from_str(text: &str) -> Result<Self, InvalidCountry> {
        let letters = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        letters.then(|| Self(text.to_ascii_uppercase())).ok_or(InvalidCountry)
    }
}

impl TryFrom<String> for Country {
    type Error = InvalidCountry;

    fn try_from(text: String) -> Result<Self, InvalidCountry> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0
    }
}
