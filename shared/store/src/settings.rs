//! Settings, read from the environment in one place.

use std::env;
use std::net::{IpAddr, Ipv4Addr};

use saldo_domain::notification::Targets;
use url::Url;

/// The variable with the API's URL for browsers.
const PUBLIC_URL: &str = "SALDO_PUBLIC_URL";

/// The names of the resources that the functions use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The tables.
    pub tables: Tables,
    /// The bucket of files.
    pub bucket: String,
    /// The queues.
    pub queues: Queues,
    /// The ARN of the KMS key that seals secrets.
    pub secrets_key: String,
    /// The source address of requests to other services: on AWS, the NAT gateway's.
    pub ip_address: IpAddr,
    /// The addresses that may be called: this machine's own only in the local stack.
    pub targets: Targets,
    /// The API's URL for users' browsers: banks redirect them to it. Without it no bank can send its customers to a page of
    /// its own.
    pub public_url: Option<Url>,
}

/// The tables, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Accounts of every type.
    pub accounts: String,
    /// Clients, internal and external.
    pub clients: String,
    /// Transactions.
    pub transactions: String,
    /// Jobs and their parts.
    pub jobs: String,
    /// API keys and organizations.
    pub keys: String,
    /// Provider accesses, their sealed secrets, and notification endpoints.
    pub accesses: String,
    /// Answers to repeat.
    pub idempotency: String,
}

/// The queues, by URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queues {
    /// Imports to be planned.
    pub plan: String,
    /// Chunks of imports to be processed.
    pub import: String,
    /// Exports to be written.
    pub export: String,
    /// Synchronizations to be continued.
    pub sync: String,
    /// Events to be published, and notifications to be delivered.
    pub notification: String,
}

/// Required variables that are not set, or have invalid values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not set, or set to an invalid value, in the environment: {}", names.join(", "))]
pub struct InvalidVariables {
    names: Vec<&'static str>,
}

impl Settings {
    /// Reads the settings from the process's environment.
    ///
    /// # Errors
    /// [`InvalidVariables`] names all of them.
    pub fn from_env() -> Result<Self, InvalidVariables> {
        Self::read(|name| env::var(name).ok())
    }

    /// Reads the settings from this source of variables.
    ///
    /// # Errors
    /// [`InvalidVariables`] names all of them.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidVariables> {
        let mut invalid = Vec::new();
        let mut required = |name: &'static str| {
            variable(name).filter(|value| !value.is_empty()).unwrap_or_else(|| {
                invalid.push(name);
                String::new()
            })
        };
        let flag = |name| variable(name).is_some_and(|value| value == "true");
        let targets = Targets::new(flag("SALDO_ALLOW_LOOPBACK"));
        let settings = Self {
            tables: Tables {
                accounts: required("SALDO_ACCOUNTS_TABLE"),
                clients: required("SALDO_CLIENTS_TABLE"),
                transactions: required("SALDO_TRANSACTIONS_TABLE"),
                jobs: required("SALDO_JOBS_TABLE"),
                keys: required("SALDO_KEYS_TABLE"),
                accesses: required("SALDO_ACCESSES_TABLE"),
                idempotency: required("SALDO_IDEMPOTENCY_TABLE"),
            },
            bucket: required("SALDO_BUCKET"),
            queues: Queues {
                plan: required("SALDO_PLAN_QUEUE"),
                import: required("SALDO_IMPORT_QUEUE"),
                export: required("SALDO_EXPORT_QUEUE"),
                sync: required("SALDO_SYNC_QUEUE"),
                notification: required("SALDO_NOTIFICATION_QUEUE"),
            },
            secrets_key: required("SALDO_SECRETS_KEY"),
            ip_address: variable("SALDO_IP_ADDRESS")
                .and_then(|address| address.parse().ok())
                .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            targets,
            public_url: match variable(PUBLIC_URL).filter(|url| !url.is_empty()) {
                None => None,
                Some(url) => {
                    let url = public_url(&url, targets);
                    if url.is_none() {
                        invalid.push(PUBLIC_URL);
                    }
                    url
                }
            },
        };
        if invalid.is_empty() { Ok(settings) } else { Err(InvalidVariables { names: invalid }) }
    }
}

/// Reads the API's URL for browsers: an `https` URL to which paths can be appended.
fn public_url(text: &str, targets: Targets) -> Option<Url> {
    let plain = |url: &Url| url.query().is_none() && url.fragment().is_none();
    Url::parse(text).ok().filter(|url| targets.check_page(url).is_ok() && plain(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let missing = Settings::read(|_| Some(String::new()));
        let error = missing.expect_err("all are empty").to_string();
        assert_eq!(
            error,
            "not set, or set to an invalid value, in the environment: SALDO_ACCOUNTS_TABLE, SALDO_CLIENTS_TABLE, SALDO_TRANSACTIONS_TABLE, \
             SALDO_JOBS_TABLE, SALDO_KEYS_TABLE, SALDO_ACCESSES_TABLE, SALDO_IDEMPOTENCY_TABLE, SALDO_BUCKET, \
             SALDO_PLAN_QUEUE, SALDO_IMPORT_QUEUE, SALDO_EXPORT_QUEUE, SALDO_SYNC_QUEUE, SALDO_NOTIFICATION_QUEUE, SALDO_SECRETS_KEY"
        );
        let with = |url: &'static str| {
            Settings::read(move |name| Some(if name == PUBLIC_URL { url } else { name }.to_owned()))
        };
        assert_eq!(with("").map(|settings| settings.public_url), Ok(None));
        let url = with("https://api.example/saldo").map(|settings| settings.public_url.map(String::from));
        assert_eq!(url, Ok(Some("https://api.example/saldo".to_owned())));
        for bad in ["http://api.example", "https://user@api.example", "https://api.example/?x", "api.example"]
        {
            let error = with(bad).expect_err(bad).to_string();
            assert_eq!(error, "not set, or set to an invalid value, in the environment: SALDO_PUBLIC_URL");
        }
    }
}
