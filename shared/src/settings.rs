//! Settings, read from the environment in one place.

use std::env;
use std::net::{IpAddr, Ipv4Addr};

/// Where the records, files and messages are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The tables.
    pub tables: Tables,
    /// The bucket of files.
    pub bucket: String,
    /// The queues.
    pub queues: Queues,
    /// The KMS key that secrets are sealed with, by its ARN.
    pub secrets_key: String,
    /// The address from which others see our requests: on AWS, the NAT gateway's.
    pub ip_address: IpAddr,
    /// Whether notifications may go to this machine's own addresses, as on a developer's.
    pub notify_loopback: bool,
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
    /// Synchronizations to be brought forward.
    pub sync: String,
    /// Events to be told, and notifications to be delivered.
    pub notification: String,
}

/// Variables that are needed and not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not set in the environment: {}", names.join(", "))]
pub struct MissingVariables {
    names: Vec<&'static str>,
}

impl Settings {
    /// Reads the settings from the process's environment.
    ///
    /// # Errors
    /// [`MissingVariables`] names all that are missing.
    pub fn from_env() -> Result<Self, MissingVariables> {
        Self::read(|name| env::var(name).ok())
    }

    /// Reads the settings from any source of variables.
    ///
    /// # Errors
    /// [`MissingVariables`] names all that are missing.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, MissingVariables> {
        let mut missing = Vec::new();
        let mut required = |name: &'static str| {
            variable(name).filter(|value| !value.is_empty()).unwrap_or_else(|| {
                missing.push(name);
                String::new()
            })
        };
        let flag = |name| variable(name).is_some_and(|value| value == "true");
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
            notify_loopback: flag("SALDO_NOTIFY_LOOPBACK"),
        };
        if missing.is_empty() { Ok(settings) } else { Err(MissingVariables { names: missing }) }
    }
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
            "not set in the environment: SALDO_ACCOUNTS_TABLE, SALDO_CLIENTS_TABLE, SALDO_TRANSACTIONS_TABLE, \
             SALDO_JOBS_TABLE, SALDO_KEYS_TABLE, SALDO_ACCESSES_TABLE, SALDO_IDEMPOTENCY_TABLE, SALDO_BUCKET, \
             SALDO_PLAN_QUEUE, SALDO_IMPORT_QUEUE, SALDO_EXPORT_QUEUE, SALDO_SYNC_QUEUE, SALDO_NOTIFICATION_QUEUE, SALDO_SECRETS_KEY"
        );
        assert!(Settings::read(|name| Some(name.to_owned())).is_ok());
    }
}
