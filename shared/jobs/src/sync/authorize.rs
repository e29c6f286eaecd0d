//! The user's authorization: whether one is needed, and bringing it about.

use std::time::Duration;

use jiff::Timestamp;
use saldo_domain::access::Credentials;
use saldo_domain::finx::ErrorCode;
use saldo_domain::secrets::SealContext;
use saldo_domain::sync::{Answer, Challenge, ChallengeKind, Step, SyncStatus};
use saldo_store::failure::Failure;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{After, Stopped, Work};
use crate::bank::{Authorizing, Move, Next, Progress};

/// The requests that an authorization takes at most, looks apart: one for the consent, one to
/// begin, one for each challenge, and some more.
const REQUESTS_MAX: u32 = 12;
/// What is said of a challenge that nobody has met.
const NOT_IN_TIME: &str = "The challenge was not met in time.";
/// What is said of a return from the bank's page that the application has not confirmed.
const NOT_CONFIRMED: &str = "The user's return from the bank was not confirmed in time.";

impl Work {
    /// Goes on with a consent that holds, or begins an authorization.
    pub(super) async fn begin(&mut self) -> Result<After, Stopped> {
        let now = Timestamp::now();
        if let Some(consent) = self.access.consent_at(now).filter(|_| !self.job.consent_ended).cloned() {
            if self.connector.holds(self.psu(), &consent.id).await? {
                self.job.consent = Some(consent);
                self.job.step = Step::Fetch;
                self.save().await?;
                return Ok(After::Step);
            }
            self.job.consent_ended = true;
        }
        if !self.job.request.attended && !self.access.authorizes_silently {
            // To begin would have the bank ask its customer.
            self.job.fail(ErrorCode::NoAuthorization, None);
            return Ok(After::Step);
        }
        let credentials = self.credentials(now).await?;
        if let Some(code) = self.lacks(&credentials).await? {
            self.job.fail(code, None);
            return Ok(After::Step);
        }
        if let Some(after) = self.hold_login(&credentials, now).await? {
            return Ok(after);
        }
        let wanted = self.wanted();
        let with = self.with(&credentials, &wanted, now);
        let progress = self.connector.start(&with).await?;
        self.job.step = Step::Authorize;
        self.move_to(progress, now).await
    }

    /// Brings the authorization forward.
    pub(super) async fn authorize(&mut self) -> Result<After, Stopped> {
        let now = Timestamp::now();
        let how = match self.job.answer.clone() {
            Some(Answer::Method(id)) => {
                self.job.auth_method = Some(id.clone());
                Move::Choose(id)
            }
            Some(Answer::Told(sealed)) => {
                let context = SealContext::new(&self.job.org, "access", &self.job.access);
                Move::Tell(self.app.sealer.open(&context, &sealed).await?)
            }
            Some(Answer::Returned) => Move::Look,
            None => match (self.job.open_challenge().map(|open| &open.kind), self.time_left(now)) {
                (None, _) if self.job.looking => Move::Look,
                (None, _) => Move::Go,
                (Some(ChallengeKind::Redirect { .. }), None) if self.job.request.confirm => {
                    // The user may have agreed at the bank, sent there by somebody else.
                    let message = NOT_CONFIRMED.to_owned();
                    self.job.fail(ErrorCode::NoAuthorization, Some(message));
                    return Ok(After::Step);
                }
                // At the end of its time, too: the user may have been at the bank and lost the way
                // back.
                (Some(ChallengeKind::Decoupled { .. }), _) | (Some(_), None) => Move::Look,
                (Some(_), Some(left)) => {
                    self.release().await?;
                    return Ok(After::Wait(left));
                }
            },
        };
        let overdue = self.time_left(now).is_none();
        let looks = matches!(how, Move::Look);
        let credentials = self.credentials(now).await?;
        // The next request may send the PIN, long after the authorization was begun.
        if matches!(how, Move::Go)
            && let Some(after) = self.hold_login(&credentials, now).await?
        {
            return Ok(after);
        }
        let wanted = self.wanted();
        let with = self.with(&credentials, &wanted, now);
        let authorization = self.job.authorization.clone().unwrap_or_default();
        let progress = self.connector.proceed(&with, &authorization, how).await?;
        if overdue && progress.next == Next::Look {
            self.job.fail(ErrorCode::NoAuthorization, Some(NOT_IN_TIME.to_owned()));
            return Ok(After::Step);
        }
        if looks && progress.next == Next::Look {
            return self.look_again().await;
        }
        self.move_to(progress, now).await
    }

    /// The same again in a moment: nothing that was asked of anybody has changed.
    async fn look_again(&mut self) -> Result<After, Stopped> {
        self.job.looking = true;
        self.job.not_before = Some(Timestamp::now() + self.app.limits.poll_interval);
        self.release().await?;
        Ok(After::Wait(self.app.limits.poll_interval))
    }

    /// Remembers where the authorization stands, and what comes next.
    async fn move_to(&mut self, progress: Progress, now: Timestamp) -> Result<After, Stopped> {
        let Progress { authorization, next, pin_taken } = progress;
        self.job.authorization = Some(authorization);
        self.job.pin_taken |= pin_taken;
        self.job.requests += 1;
        if self.job.requests > REQUESTS_MAX {
            // A bank that leads in circles would have a PIN sent, or a message, at every turn.
            self.job.fail(ErrorCode::BankUnintelligible, None);
            return Ok(After::Step);
        }
        // Whatever comes next, the bank has had what was to be told it.
        self.job.settle_challenge(now);
        self.job.looking = false;
        if next == Next::Look {
            return self.look_again().await;
        }
        if matches!(next, Next::Granted(_) | Next::Challenge(_)) {
            self.pass_login(matches!(next, Next::Granted(_))).await?;
        }
        match next {
            Next::Go | Next::Look => {}
            Next::Granted(consent) => {
                self.job.consent = Some(consent);
                self.job.step = Step::Fetch;
            }
            Next::Challenge(_) if !self.job.request.attended => {
                self.job.fail(ErrorCode::NoAuthorization, None);
            }
            Next::Challenge(kind) => match self.known_method(&kind) {
                Some(method) => self.job.answer = Some(Answer::Method(method)),
                None => self.job.put(kind, now),
            },
        }
        if self.job.status != SyncStatus::AwaitAuth {
            self.save().await?;
            return Ok(After::Step);
        }
        self.release().await?;
        let open = self.job.open_challenge().map(|open| &open.kind);
        Ok(After::Wait(match open {
            Some(ChallengeKind::Decoupled { .. }) => self.app.limits.poll_interval,
            _ => self.app.limits.challenge_valid,
        }))
    }

    /// The method that was used the last time, if it is to be used again and there still is.
    fn known_method(&self, kind: &ChallengeKind) -> Option<String> {
        let ChallengeKind::MethodSelect { auth_methods } = kind else { return None };
        if self.job.auth_method.is_some() {
            // It was chosen before, and the bank asks again.
            return None;
        }
        let known = self.access.auth_method.as_ref().filter(|_| self.job.request.reuse_auth_method)?;
        auth_methods.iter().any(|method| method.id == *known).then(|| known.clone())
    }

    /// How long the last challenge still waits for its answer.
    fn time_left(&self, now: Timestamp) -> Option<Duration> {
        // One that was answered in time has its time again, for the bank to see it.
        let since = |last: &Challenge| last.closed_at.unwrap_or(last.created_at);
        let last = self.job.challenges.last().map(since).or(self.job.started_at)?;
        let until = last + self.app.limits.challenge_valid;
        Duration::try_from(until.duration_since(now)).ok().filter(|left| !left.is_zero())
    }

    fn with<'a>(
        &'a self,
        credentials: &'a Credentials,
        wanted: &'a saldo_domain::access::WantedConsent,
        now: Timestamp,
    ) -> Authorizing<'a> {
        Authorizing {
            psu: self.psu(),
            credentials,
            wanted,
            callback: self.job.request.callback.as_ref(),
            request_id: self.request_id(),
            now,
        }
    }

    /// The id of the next request to the bank: the same until its outcome is remembered.
    fn request_id(&self) -> Uuid {
        let mut hash = Sha256::new();
        hash.update(self.job.id.as_uuid());
        hash.update(self.job.requests.to_be_bytes());
        hash.update([u8::from(self.job.consent_ended)]);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Builder::from_random_bytes(bytes).into_uuid()
    }

    /// The credentials that are at hand.
    async fn credentials(&self, now: Timestamp) -> Result<Credentials, Failure> {
        let kept = self.app.accesses.credentials(&self.job.org, &self.job.access, now).await?;
        let context = SealContext::new(&self.job.org, "access", &self.job.access);
        let mut credentials = Credentials::new();
        for (id, sealed) in kept.sealed {
            credentials.insert(id, self.app.sealer.open(&context, &sealed).await?);
        }
        Ok(credentials)
    }

    /// Why an authorization can't be begun with these credentials, if it can't.
    async fn lacks(&self, credentials: &Credentials) -> Result<Option<ErrorCode>, Failure> {
        let banks = self.app.banks().await?;
        let Some((_, method)) = banks.method(&self.access.access_method_id) else {
            return Ok(Some(ErrorCode::BankUnavailable));
        };
        let complete = method.required_credentials().all(|id| credentials.contains_key(id));
        Ok(match (complete, self.job.request.attended) {
            (true, _) => None,
            (false, true) => Some(ErrorCode::CredentialsIncomplete),
            (false, false) => Some(ErrorCode::NoAuthorization),
        })
    }
}
