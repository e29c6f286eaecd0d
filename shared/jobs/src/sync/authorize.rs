//! The user's authorization: whether one is needed, and its steps.

use std::time::Duration;

use jiff::Timestamp;
use saldo_domain::access::Credentials;
use saldo_domain::bank::FailureReason;
use saldo_domain::secrets::SealContext;
use saldo_domain::sync::{Answer, Challenge, ChallengeKind, Step, SyncStatus};
use saldo_store::failure::Failure;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{After, Run, Stopped};
use crate::bank::{Authorizing, Input, Next, Progress};

/// The most requests of an authorization, polls not counted: one for the consent, one to start, one for each challenge,
/// and some to spare.
const REQUESTS_MAX: u32 = 12;
/// The message of a synchronization whose challenge was not answered.
const NOT_IN_TIME: &str = "The challenge was not met in time.";
/// The message of a synchronization whose return from the bank's page was not confirmed.
const NOT_CONFIRMED: &str = "The user's return from the bank was not confirmed in time.";

impl Run {
    /// Uses a valid consent, or starts an authorization.
    pub(super) async fn begin(&mut self) -> Result<After, Stopped> {
        let now = Timestamp::now();
        if let Some(consent) = self.access.consent_at(now).filter(|_| !self.job.consent_ended).cloned() {
            if self.connector.holds(self.psu(), &consent.id).await? {
                self.job.consent = Some(consent);
                self.job.step = Step::Fetch;
                self.save().await?;
                return Ok(After::Continue);
            }
            self.job.consent_ended = true;
        }
        if !self.job.request.attended && !self.access.authorizes_silently {
            // An authorization would have the bank ask its customer, who is not there.
            self.job.fail(FailureReason::NoAuthorization, None);
            return Ok(After::Continue);
        }
        let credentials = self.credentials(now).await?;
        if let Some(code) = self.missing_credentials(&credentials).await? {
            self.job.fail(code, None);
            return Ok(After::Continue);
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

    /// Advances the authorization.
    pub(super) async fn authorize(&mut self) -> Result<After, Stopped> {
        let now = Timestamp::now();
        let input = match self.job.answer.clone() {
            Some(Answer::Method(id)) => {
                self.job.auth_method = Some(id.clone());
                Input::Method(id)
            }
            Some(Answer::Value(sealed)) => {
                let context = SealContext::new(&self.job.org, "access", &self.job.access);
                Input::Answer(self.worker.sealer.open(&context, &sealed).await?)
            }
            Some(Answer::Returned) => Input::Poll,
            None => match (self.job.open_challenge().map(|open| &open.kind), self.time_left(now)) {
                (None, _) if self.job.polling => Input::Poll,
                (None, _) => Input::Continue,
                (Some(ChallengeKind::Redirect { .. }), None) if self.job.request.confirm => {
                    // An attacker may have sent the user to the bank's page (see docs/decisions/redirects.md).
                    let message = NOT_CONFIRMED.to_owned();
                    self.job.fail(FailureReason::NoAuthorization, Some(message));
                    return Ok(After::Continue);
                }
                // Also when time is up: the user may have agreed at the bank without coming back.
                (Some(ChallengeKind::Decoupled { .. }), _) | (Some(_), None) => Input::Poll,
                (Some(_), Some(left)) => {
                    self.release().await?;
                    return Ok(After::Wait(left));
                }
            },
        };
        let overdue = self.time_left(now).is_none();
        let polls = matches!(input, Input::Poll);
        let credentials = self.credentials(now).await?;
        // The next request may send the PIN, long after the authorization was started.
        if matches!(input, Input::Continue)
            && let Some(after) = self.hold_login(&credentials, now).await?
        {
            return Ok(after);
        }
        let wanted = self.wanted();
        let with = self.with(&credentials, &wanted, now);
        let authorization = self.job.authorization.clone().unwrap_or_default();
        let progress = self.connector.proceed(&with, &authorization, input).await?;
        if overdue && progress.next == Next::Poll {
            self.job.fail(FailureReason::NoAuthorization, Some(NOT_IN_TIME.to_owned()));
            return Ok(After::Continue);
        }
        if polls && progress.next == Next::Poll {
            return self.poll_later().await;
        }
        self.move_to(progress, now).await
    }

    /// Polls again after the poll interval.
    async fn poll_later(&mut self) -> Result<After, Stopped> {
        self.job.polling = true;
        self.job.not_before = Some(Timestamp::now() + self.worker.limits.poll_interval);
        self.release().await?;
        Ok(After::Wait(self.worker.limits.poll_interval))
    }

    /// Saves the result of a step and determines the next one.
    async fn move_to(&mut self, progress: Progress, now: Timestamp) -> Result<After, Stopped> {
        let Progress { authorization, next, pin_accepted } = progress;
        self.job.authorization = Some(authorization);
        self.job.pin_accepted |= pin_accepted;
        self.job.requests += 1;
        if self.job.requests > REQUESTS_MAX {
            // A bank that never finishes would have the PIN or messages sent again and again.
            self.job.fail(FailureReason::BankUnintelligible, None);
            return Ok(After::Continue);
        }
        // The bank has received the answer to the last challenge.
        self.job.settle_challenge(now);
        self.job.polling = false;
        if next == Next::Poll {
            return self.poll_later().await;
        }
        if matches!(next, Next::Granted(_) | Next::Challenge(_)) {
            self.pass_login(matches!(next, Next::Granted(_))).await?;
        }
        match next {
            Next::Continue | Next::Poll => {}
            Next::Granted(consent) => {
                self.job.consent = Some(consent);
                self.job.step = Step::Fetch;
            }
            Next::Challenge(_) if !self.job.request.attended => {
                self.job.fail(FailureReason::NoAuthorization, None);
            }
            Next::Challenge(kind) => match self.known_method(&kind) {
                Some(method) => self.job.answer = Some(Answer::Method(method)),
                None => self.job.put(kind, now),
            },
        }
        if self.job.status != SyncStatus::AwaitAuth {
            self.save().await?;
            return Ok(After::Continue);
        }
        self.release().await?;
        let open = self.job.open_challenge().map(|open| &open.kind);
        Ok(After::Wait(match open {
            Some(ChallengeKind::Decoupled { .. }) => self.worker.limits.poll_interval,
            _ => self.worker.limits.challenge_valid,
        }))
    }

    /// The method of the last synchronization, if it is to be reused and the bank still offers it.
    fn known_method(&self, kind: &ChallengeKind) -> Option<String> {
        let ChallengeKind::MethodSelect { auth_methods } = kind else { return None };
        if self.job.auth_method.is_some() {
            // It was chosen in this synchronization, and the bank asks again.
            return None;
        }
        let known = self.access.auth_method.as_ref().filter(|_| self.job.request.reuse_auth_method)?;
        auth_methods.iter().any(|method| method.id == *known).then(|| known.clone())
    }

    /// The remaining time for the answer to the last challenge; `None` if it is up.
    fn time_left(&self, now: Timestamp) -> Option<Duration> {
        // After an answer the time begins again, so that the bank can process it.
        let since = |last: &Challenge| last.closed_at.unwrap_or(last.created_at);
        let last = self.job.challenges.last().map(since).or(self.job.started_at)?;
        let until = last + self.worker.limits.challenge_valid;
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

    /// The id of the next request to the bank. It is the same until the result of the request is saved.
    fn request_id(&self) -> Uuid {
        let mut hash = Sha256::new();
        hash.update(self.job.id.as_uuid());
        hash.update(self.job.requests.to_be_bytes());
        hash.update([u8::from(self.job.consent_ended)]);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Builder::from_random_bytes(bytes).into_uuid()
    }

    /// The stored credentials, decrypted.
    async fn credentials(&self, now: Timestamp) -> Result<Credentials, Failure> {
        let kept = self.worker.stores.accesses.credentials(&self.job.org, &self.job.access, now).await?;
        let context = SealContext::new(&self.job.org, "access", &self.job.access);
        let mut credentials = Credentials::new();
        for (id, sealed) in kept.sealed {
            credentials.insert(id, self.worker.sealer.open(&context, &sealed).await?);
        }
        Ok(credentials)
    }

    /// Why an authorization can't be started with these credentials, if it can't.
    async fn missing_credentials(&self, credentials: &Credentials) -> Result<Option<FailureReason>, Failure> {
        let banks = self.worker.bank_catalog.read().await?;
        let Some((_, method)) = banks.method(&self.access.access_method_id) else {
            return Ok(Some(FailureReason::BankUnavailable));
        };
        let complete = method.required_credentials().all(|id| credentials.contains_key(id));
        Ok(match (complete, self.job.request.attended) {
            (true, _) => None,
            (false, true) => Some(FailureReason::CredentialsIncomplete),
            (false, false) => Some(FailureReason::NoAuthorization),
        })
    }
}
