//! The back-off after a bank has refused a user's credentials: until it has passed, synchronizations with credentials of
//! the same user fail without a request to the bank, so that the bank does not block its customer.

use std::time::Duration;

use jiff::Timestamp;
use saldo_domain::access::{Credentials, LoginGate, LoginHash};
use saldo_domain::bank::FailureReason;
use saldo_domain::bank::PSU_ID;
use saldo_domain::date::in_milliseconds;
use saldo_domain::id::OrgId;
use saldo_domain::secrets::SealContext;
use saldo_store::failure::Failure;
use secrecy::{ExposeSecret, SecretSlice};

use super::stores::Worker;
use super::{After, Run, Stopped};

/// The delay while another synchronization has sent the same user's credentials and waits for the bank's answer, which
/// takes seconds.
const BUSY_DELAY: Duration = Duration::from_secs(5);

impl Run {
    /// Locks the user's login before credentials are sent, or extends the lock. Returns what follows if they must not be
    /// sent now.
    pub(super) async fn hold_login(
        &mut self,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<Option<After>, Stopped> {
        let hash = match self.job.login.clone() {
            Some(known) => known,
            None => match self.login_hash(credentials).await? {
                Some(hash) => hash,
                None => return Ok(None),
            },
        };
        match self.worker.stores.accesses.hold_login(&self.job.org, &hash, &self.job.id, now).await? {
            LoginGate::Open => {
                self.job.login = Some(hash);
                Ok(None)
            }
            LoginGate::Busy => {
                self.job.not_before = Some(now + BUSY_DELAY);
                self.release().await?;
                Ok(Some(After::Wait(BUSY_DELAY)))
            }
            LoginGate::Closed(until) => {
                let message = format!(
                    "The bank has refused this user's credentials. Try again after {}.",
                    in_milliseconds(until)
                );
                self.job.fail(FailureReason::TooManySyncs, Some(message));
                Ok(Some(After::Continue))
            }
        }
    }

    /// Releases the lock, since the bank has accepted the credentials. If the consent is granted as well (`granted`) and
    /// the bank has accepted the user's PIN, earlier refusals are forgotten. A login alone proves nothing: on a bank's own
    /// page, anybody can name another user's login.
    pub(super) async fn pass_login(&self, granted: bool) -> Result<(), Failure> {
        let (accesses, org) = (&self.worker.stores.accesses, &self.job.org);
        match &self.job.login {
            Some(hash) if granted && self.job.pin_accepted => {
                accesses.forget_login(org, hash, &self.job.id).await
            }
            Some(hash) => accesses.release_login(org, hash, &self.job.id).await,
            None => Ok(()),
        }
    }

    /// The hash of the user's login at the access's bank; `None` if the bank requires no login.
    async fn login_hash(&self, credentials: &Credentials) -> Result<Option<LoginHash>, Failure> {
        let Some(login) = credentials.get(PSU_ID) else { return Ok(None) };
        let banks = self.worker.bank_catalog.read().await?;
        // All access methods of a bank have the same users.
        let Some((bank, _)) = banks.method(&self.access.access_method_id) else { return Ok(None) };
        let key = login_key(&self.worker, &self.job.org).await?;
        Ok(LoginHash::of(&key, &bank.id, login.expose_secret()))
    }
}

/// The organization's key for hashing logins, which is created on first use.
async fn login_key(worker: &Worker, org: &OrgId) -> Result<SecretSlice<u8>, Failure> {
    let context = SealContext::new(org, "purpose", "login-hash");
    let mut sealed = worker.stores.accesses.login_key(org).await?;
    if sealed.is_none() {
        worker.stores.accesses.put_login_key(org, worker.sealer.new_key(&context).await?).await?;
        // Another worker may have stored one first.
        sealed = worker.stores.accesses.login_key(org).await?;
    }
    let sealed = sealed.ok_or_else(|| Failure::missing("a key for logins"))?;
    worker.sealer.open_key(&context, &sealed).await
}
