//! The connector for the Berlin Group's NextGenPSD2 XS2A 1.3, the interface of most banks in Europe:
//! <https://www.berlin-group.org/nextgenpsd2-downloads>.

mod authorize;
mod challenge;
mod consent;
mod http;
mod messages;
mod read;
mod refusal;
mod state;

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use saldo_domain::bank::FailureReason;
use saldo_domain::bank::Flow;
use saldo_domain::date::Date;
use saldo_domain::notification::Targets;
use url::Url;

use super::{
    Authorizing, BankError, Connector, Input, Progress, Psu, ReportedAccount, ReportedBalance,
    TransactionPage,
};
use http::{Call, Http};
use messages::ConsentStatus;

/// The connector for banks with this interface.
pub(super) struct NextGenPsd2 {
    http: Http,
    flows: Vec<Flow>,
    /// Where requests and users may be sent.
    targets: Targets,
}

impl NextGenPsd2 {
    pub(super) fn new(
        base_url: Url,
        flows: Vec<Flow>,
        timeout: Duration,
        targets: Targets,
    ) -> Result<Self, BankError> {
        Ok(Self { http: Http::new(base_url, timeout, targets)?, flows, targets })
    }

    /// The status of a consent; `None` if the bank does not know it.
    async fn consent_status(&self, psu: Psu, consent: &str) -> Result<Option<String>, BankError> {
        let call = Call::get(["v1", "consents", consent, "status"]).from(psu);
        match self.http.ask::<ConsentStatus>(call).await {
            Ok((_, answer)) => Ok(Some(answer.consent_status)),
            // Banks use several codes for a consent that no longer exists.
            Err(BankError::ConsentEnded | BankError::Refused { reason: FailureReason::BankFailed, .. }) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Connector for NextGenPsd2 {
    fn holds<'a>(&'a self, psu: Psu, consent: &'a str) -> BoxFuture<'a, Result<bool, BankError>> {
        async move { Ok(self.consent_status(psu, consent).await?.as_deref() == Some("valid")) }.boxed()
    }

    fn start<'a>(&'a self, with: &'a Authorizing<'a>) -> BoxFuture<'a, Result<Progress, BankError>> {
        self.ask_consent(with).boxed()
    }

    fn proceed<'a>(
        &'a self,
        with: &'a Authorizing<'a>,
        authorization: &'a str,
        input: Input,
    ) -> BoxFuture<'a, Result<Progress, BankError>> {
        self.authorize(with, authorization, input).boxed()
    }

    fn revoke<'a>(&'a self, consent: &'a str) -> BoxFuture<'a, Result<(), BankError>> {
        async move {
            match self.http.send(Call::delete(["v1", "consents", consent])).await {
                // It no longer exists.
                Err(BankError::ConsentEnded | BankError::Refused { .. }) => Ok(()),
                answer => answer.map(drop),
            }
        }
        .boxed()
    }

    fn accounts<'a>(
        &'a self,
        psu: Psu,
        consent: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Option<ReportedAccount>>, BankError>> {
        self.read_accounts(psu, consent).boxed()
    }

    fn balances<'a>(
        &'a self,
        psu: Psu,
        consent: &'a str,
        account: &'a ReportedAccount,
    ) -> BoxFuture<'a, Result<Vec<ReportedBalance>, BankError>> {
        self.read_balances(psu, consent, account).boxed()
    }

    fn transactions<'a>(
        &'a self,
        psu: Psu,
        consent: &'a str,
        account: &'a ReportedAccount,
        from: Date,
        page: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TransactionPage, BankError>> {
        self.read_transactions(psu, consent, account, from, page).boxed()
    }
}
