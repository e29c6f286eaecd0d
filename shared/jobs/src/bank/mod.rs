//! Connectors to banks: one trait for every bank interface.
//!
//! An authorization advances by one request at a time, and its state is saved in between. After a crash, the next worker
//! repeats at most the last request, with the same request id.

mod error;
mod nextgenpsd2;
mod report;

use std::net::IpAddr;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use saldo_domain::access::{Credentials, GrantedConsent, WantedConsent};
use saldo_domain::bank::{AccessMethod, Interface};
use saldo_domain::date::Date;
use saldo_domain::notification::Targets;
use saldo_domain::sync::ChallengeKind;
use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

pub(crate) use error::BankError;
pub(crate) use report::{Party, ReportedAccount, ReportedBalance, ReportedTransaction, TransactionPage};

/// The user on whose behalf a bank is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Psu {
    /// The address of the user, if one is waiting.
    pub(crate) ip_address: Option<IpAddr>,
    /// Saldo's own address, for requests where banks require one in any case.
    pub(crate) our_address: IpAddr,
}

/// The parameters of an authorization's request.
#[derive(Debug)]
pub(crate) struct Authorizing<'a> {
    pub(crate) psu: Psu,
    pub(crate) credentials: &'a Credentials,
    /// The consent to request.
    pub(crate) wanted: &'a WantedConsent,
    /// The URL to which the bank sends the user back.
    pub(crate) callback: Option<&'a Url>,
    /// The id of the request to the bank; a repeated request has the same one.
    pub(crate) request_id: Uuid,
    pub(crate) now: Timestamp,
}

/// The input for the next step of an authorization.
#[derive(Debug)]
pub(crate) enum Input {
    /// None: send the next request.
    Continue,
    /// The id of the authentication method that the user has chosen.
    Method(String),
    /// The user's answer to a challenge.
    Answer(SecretString),
    /// The user acts in the bank's app or on its page: read the status.
    Poll,
}

/// The result of a step of an authorization.
#[derive(Debug)]
pub(crate) struct Progress {
    /// The connector's state, opaque to others, to be passed to the next step.
    pub(crate) authorization: String,
    pub(crate) next: Next,
    /// Whether the bank has accepted the user's PIN.
    pub(crate) pin_accepted: bool,
}

/// What an authorization waits for.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// The next request.
    Continue,
    /// The user.
    Challenge(ChallengeKind),
    /// The user or the bank: the status has to be polled.
    Poll,
    /// Nothing: the consent is granted.
    Granted(GrantedConsent),
}

/// A bank interface.
pub(crate) trait Connector: Send + Sync {
    /// Whether a consent that was granted before is still valid.
    fn holds<'a>(&'a self, psu: Psu, consent: &'a str) -> BoxFuture<'a, Result<bool, BankError>>;

    /// Starts an authorization.
    fn start<'a>(&'a self, with: &'a Authorizing<'a>) -> BoxFuture<'a, Result<Progress, BankError>>;

    /// Advances an authorization.
    fn proceed<'a>(
        &'a self,
        with: &'a Authorizing<'a>,
        authorization: &'a str,
        input: Input,
    ) -> BoxFuture<'a, Result<Progress, BankError>>;

    /// Revokes a consent.
    fn revoke<'a>(&'a self, consent: &'a str) -> BoxFuture<'a, Result<(), BankError>>;

    /// The accounts that the consent grants; `None` for each that is malformed.
    fn accounts<'a>(
        &'a self,
        psu: Psu,
        consent: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Option<ReportedAccount>>, BankError>>;

    /// The balances of an account, for banks that don't include them in the account.
    fn balances<'a>(
        &'a self,
        psu: Psu,
        consent: &'a str,
        account: &'a ReportedAccount,
    ) -> BoxFuture<'a, Result<Vec<ReportedBalance>, BankError>>;

    /// A page of an account's transactions since `from`: the first, or the one that the previous page names.
    fn transactions<'a>(
        &'a self,
        psu: Psu,
        consent: &'a str,
        account: &'a ReportedAccount,
        from: Date,
        page: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TransactionPage, BankError>>;
}

/// The connector for an access method. `timeout` applies to each request; only `targets` are called.
///
/// # Errors
/// When no HTTP client can be made.
pub(crate) fn connect(
    method: &AccessMethod,
    timeout: Duration,
    targets: Targets,
) -> Result<Box<dyn Connector>, BankError> {
    let (Interface::Nextgenpsd2 { base_url }, flows) = (&method.interface, method.flows.clone());
    Ok(Box::new(nextgenpsd2::NextGenPsd2::new(base_url.clone(), flows, timeout, targets)?))
}
