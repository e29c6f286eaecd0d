//! The port to banks: what Saldo asks of a bank, whatever interface it offers.
//!
//! An authorization goes forward one request to the bank at a time, and its state is kept in
//! between: whoever takes a synchronization up after a crash repeats at most the last request,
//! under the same id.

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

/// On whose behalf a bank is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Psu {
    /// The address of the user, if one waits.
    pub(crate) ip_address: Option<IpAddr>,
    /// Our own, for where a bank wants one in any case.
    pub(crate) our_address: IpAddr,
}

/// What an authorization is made with.
#[derive(Debug)]
pub(crate) struct Authorizing<'a> {
    pub(crate) psu: Psu,
    pub(crate) credentials: &'a Credentials,
    /// What the user is to agree to.
    pub(crate) wanted: &'a WantedConsent,
    /// Where the bank sends the user back to.
    pub(crate) callback: Option<&'a Url>,
    /// The id of the request to the bank: the same when it is repeated.
    pub(crate) request_id: Uuid,
    pub(crate) now: Timestamp,
}

/// What brings an authorization forward.
#[derive(Debug)]
pub(crate) enum Move {
    /// Nothing but us: the next request.
    Go,
    /// The user has chosen the method with this id.
    Choose(String),
    /// The user has told this.
    Tell(SecretString),
    /// The user has been elsewhere: see what they did there.
    Look,
}

/// Where an authorization stands.
#[derive(Debug)]
pub(crate) struct Progress {
    /// The connector's own words, to be handed to it again.
    pub(crate) authorization: String,
    pub(crate) next: Next,
    /// Whether the bank was sent the user's PIN and went on, so that the PIN is right.
    pub(crate) pin_taken: bool,
}

/// What an authorization waits for.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// The next request.
    Go,
    /// The user.
    Challenge(ChallengeKind),
    /// The bank, which has not seen what the user did, or the user, who has not done it.
    Look,
    /// Nothing: the user has agreed.
    Granted(GrantedConsent),
}

/// What is asked of a bank.
pub(crate) trait Connector: Send + Sync {
    /// Whether a consent holds that was given before.
    fn holds<'a>(&'a self, psu: Psu, consent: &'a str) -> BoxFuture<'a, Result<bool, BankError>>;

    /// Begins an authorization.
    fn start<'a>(&'a self, with: &'a Authorizing<'a>) -> BoxFuture<'a, Result<Progress, BankError>>;

    /// Brings an authorization forward.
    fn proceed<'a>(
        &'a self,
        with: &'a Authorizing<'a>,
        authorization: &'a str,
        how: Move,
    ) -> BoxFuture<'a, Result<Progress, BankError>>;

    /// Ends a consent.
    fn revoke<'a>(&'a self, consent: &'a str) -> BoxFuture<'a, Result<(), BankError>>;

    /// The accounts that the consent is for; nothing for each that can't be read.
    fn accounts<'a>(
        &'a self,
        psu: Psu,
        consent: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Option<ReportedAccount>>, BankError>>;

    /// The balances of an account, if they did not come with it.
    fn balances<'a>(
        &'a self,
        psu: Psu,
        consent: &'a str,
        account: &'a ReportedAccount,
    ) -> BoxFuture<'a, Result<Vec<ReportedBalance>, BankError>>;

    /// A page of an account's transactions since `from`: the first, or the one that the page
    /// before names.
    fn transactions<'a>(
        &'a self,
        psu: Psu,
        consent: &'a str,
        account: &'a ReportedAccount,
        from: Date,
        page: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TransactionPage, BankError>>;
}

/// The connector for a way to a bank's accounts. A bank may take `timeout` for each answer. Only `targets` are
/// called.
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
