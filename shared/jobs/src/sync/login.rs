//! The back-off after a bank has refused a user's credentials: the next synchronization with credentials of the
//! same user fails at once, without a request to the bank, until the back-off has passed.

use std::time::Duration;

use jiff::Timestamp;
use saldo_domain::access::{Credentials, LoginGate, LoginHash};
use saldo_domain::bank::PSU_ID;
use saldo_domain::date::in_milliseconds;
use saldo_domain::finx::ErrorCode;
use saldo_domain::id::OrgId;
use saldo_domain::secrets::SealContext;
use saldo_store::app::App;
use saldo_store::failure::Failure;
use secrecy::{ExposeSecret, SecretSlice};

use super::{After, Stopped, Work};

/// How soon a synchronization looks again whether another one has its answer about the same user's credentials:
/// banks answer within seconds.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Work {
    /// Takes hold of the user's login before credentials are sent, or holds it for longer. Says what else there is
    /// to do, if they must not be sent now.
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
        match self.app.accesses.hold_login(&self.job.org, &hash, &self.job.id, now).await? {
            LoginGate::Open => {
                self.job.login = Some(hash);
                Ok(None)
            }
            LoginGate::Busy => {
                self.job.not_before = Some(now + LOOK_AGAIN);
                self.release().await?;
                Ok(Some(After::Wait(LOOK_AGAIN)))
            }
            LoginGate::Closed(until) => {
                let message = format!(
                    "The bank has refused this user's credentials. Try again after {}.",
                    in_milliseconds(until)
                );
                self.job.fail(ErrorCode::TooManySyncs, Some(message));
                Ok(Some(After::Step))
            }
        }
    }

    /// Lets go of the user's login: the bank has taken the credentials. `granted`: and the user has agreed to
    /// everything. If the bank has also taken the user's PIN, earlier refusals don't count any more. A login alone
    /// proves nothing: with a bank's own page, anybody may name the login of another user.
    pub(super) async fn pass_login(&self, granted: bool) -> Result<(), Failure> {
        let (accesses, org) = (&self.app.accesses, &self.job.org);
        match &self.job.login {
            Some(hash) if granted && self.job.pin_taken => {
                accesses.forget_login(org, hash, &self.job.id).await
            }
            Some(hash) => accesses.release_login(org, hash, &self.job.id).await,
            None => Ok(()),
        }
    }

    /// The hash of the user's login at the access's bank; none where the bank asks for no login.
    async fn login_hash(&self, credentials: &Credentials) -> Result<Option<LoginHash>, Failure> {
        let Some(login) = credentials.get(PSU_ID) else { return Ok(None) };
        let banks = self.app.banks().await?;
        // The ways to one bank share its users.
        let Some((bank, _)) = banks.method(&self.access.access_method_id) else { return Ok(None) };
        let key = login_key(&self.app, &self.job.org).await?;
        Ok(LoginHash::of(&key, &bank.id, login.expose_secret()))
    }
}

/// The organization's key for hashing logins; a new one, if it has none.
async fn login_key(app: &App, org: &OrgId) -> Result<SecretSlice<u8>, Failure> {
    let context = SealContext::new(org, "purpose", "login-hash");
    let mut sealed = app.accesses.login_key(org).await?;
    if sealed.is_none() {
        app.accesses.put_login_key(org, app.sealer.new_key(&context).await?).await?;
        // Another worker may have stored one first.
        sealed = app.accesses.login_key(org).await?;
    }
    let sealed = sealed.ok_or_else(|| Failure::missing("a key for logins"))?;
    app.sealer.open_key(&context, &sealed).await
}
