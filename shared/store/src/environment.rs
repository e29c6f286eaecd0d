//! The environment of a binary: its variables and the configuration of the AWS SDK. It builds stores and queues, each
//! from the variables that it needs.
//!
//! A binary that builds two stores reads the variables of two stores, connects to the services of two stores, and links
//! the SDKs of two stores. All variables that are missing or invalid are reported at once.

mod sdk;
mod stores;

use std::env;
use std::net::{IpAddr, Ipv4Addr};

use aws_config::SdkConfig;
use saldo_domain::notification::Targets;
use url::Url;

use sdk::Clients;

pub use sdk::http_client;

/// The variable with the source address of requests to other services.
const IP_ADDRESS: &str = "SALDO_IP_ADDRESS";
/// The variable with the API's URL for browsers.
const PUBLIC_URL: &str = "SALDO_PUBLIC_URL";

/// The source of variables: the value of the variable with this name, if it is set.
type Variables = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The variables and the AWS clients from which stores are built.
pub struct Environment {
    variables: Variables,
    clients: Clients,
    invalid: Vec<&'static str>,
}

/// Required variables that are not set, or have invalid values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not set, or set to an invalid value, in the environment: {}", names.join(", "))]
pub struct InvalidVariables {
    names: Vec<&'static str>,
}

impl Environment {
    /// The environment of this process.
    pub async fn load() -> Self {
        Self::new(|name| env::var(name).ok(), &sdk::load().await)
    }

    /// An environment with these variables and this configuration of the SDK.
    #[must_use]
    pub fn new(variables: impl Fn(&str) -> Option<String> + Send + Sync + 'static, sdk: &SdkConfig) -> Self {
        Self { variables: Box::new(variables), clients: Clients::new(sdk), invalid: Vec::new() }
    }

    /// Builds what a binary uses.
    ///
    /// # Errors
    /// [`InvalidVariables`] names all variables that `build` required in vain.
    pub fn build<T>(mut self, build: impl FnOnce(&mut Self) -> T) -> Result<T, InvalidVariables> {
        let stores = build(&mut self);
        match self.invalid.is_empty() {
            true => Ok(stores),
            false => Err(InvalidVariables { names: self.invalid }),
        }
    }

    /// The addresses that may be called, and to which users may be redirected: this machine's own only in the local
    /// stack.
    pub fn targets(&mut self) -> Targets {
        Targets::new((self.variables)("SALDO_ALLOW_LOOPBACK").is_some_and(|value| value == "true"))
    }

    /// The source address of requests to other services: on AWS, the NAT gateway's.
    pub fn ip_address(&mut self) -> IpAddr {
        let default = IpAddr::V4(Ipv4Addr::LOCALHOST);
        match (self.variables)(IP_ADDRESS).filter(|address| !address.is_empty()) {
            None => default,
            Some(address) => address.parse().unwrap_or_else(|_| {
                self.report(IP_ADDRESS);
                default
            }),
        }
    }

    /// The API's URL for users' browsers, if it is set: banks redirect them to it. Without it no bank can send its
    /// customers to a page of its own.
    pub fn public_url(&mut self) -> Option<Url> {
        let text = (self.variables)(PUBLIC_URL).filter(|url| !url.is_empty())?;
        let targets = self.targets();
        let plain = |url: &Url| url.query().is_none() && url.fragment().is_none();
        let url = Url::parse(&text).ok().filter(|url| targets.check_page(url).is_ok() && plain(url));
        if url.is_none() {
            self.report(PUBLIC_URL);
        }
        url
    }

    /// The value of a required variable. If it is missing, it is reported and an empty text takes its place.
    fn required(&mut self, name: &'static str) -> String {
        let value = (self.variables)(name).filter(|value| !value.is_empty());
        value.unwrap_or_else(|| {
            self.report(name);
            String::new()
        })
    }

    fn report(&mut self, name: &'static str) {
        if !self.invalid.contains(&name) {
            self.invalid.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;

    use super::*;

    fn environment(variables: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Environment {
        let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::v2026_01_12()).build();
        Environment::new(variables, &sdk)
    }

    #[test]
    fn every_missing_variable_is_named_once() {
        let built = environment(|_| Some(String::new())).build(|environment| {
            let _stores = (environment.accounts(), environment.imports(), environment.exports());
            let _files = environment.files();
        });
        assert_eq!(
            built.expect_err("all are empty").to_string(),
            "not set, or set to an invalid value, in the environment: SALDO_ACCOUNTS_TABLE, SALDO_JOBS_TABLE, \
             SALDO_BUCKET"
        );
    }

    #[test]
    fn public_url_must_be_one_to_which_paths_can_be_appended() {
        let with = |url: &'static str| {
            environment(move |name| (name == PUBLIC_URL).then(|| url.to_owned()))
                .build(Environment::public_url)
        };
        assert_eq!(with(""), Ok(None));
        let url = with("https://api.example/saldo").map(|url| url.map(String::from));
        assert_eq!(url, Ok(Some("https://api.example/saldo".to_owned())));
        for bad in ["http://api.example", "https://user@api.example", "https://api.example/?x", "api.example"]
        {
            let error = with(bad).expect_err(bad).to_string();
            assert_eq!(error, "not set, or set to an invalid value, in the environment: SALDO_PUBLIC_URL");
        }
    }
}
