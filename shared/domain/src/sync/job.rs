//! A synchronization job: the state from which a worker continues.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Answer, Challenge, ChallengeKind, CodeHash, Conflicts, SyncRequest};
use crate::access::{GrantedConsent, LoginHash};
use crate::bank::FailureReason;
use crate::id::{AccessId, AccountId, ChallengeId, OrgId, SyncId};
use crate::revised::Revised;

/// The most time for a synchronization, waiting included: less than the lock on its access lasts.
pub const TIME_MAX: SignedDuration = SignedDuration::from_mins(50);

/// The status of a synchronization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncStatus {
    /// No worker has begun it.
    Queued,
    /// A worker advances it, or it waits for the bank.
    Running,
    /// It waits for the user.
    AwaitAuth,
    /// It has ended successfully.
    Completed,
    /// It has failed.
    Failed,
}

/// The next step of a synchronization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Check whether an authorization is needed, and start one.
    Begin,
    /// Advance the authorization.
    Authorize,
    /// Read the accounts and transactions.
    Fetch,
    /// Release the access and end.
    End,
}

/// Why a synchronization failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncError {
    /// The reason.
    pub reason: FailureReason,
    /// A message for people, from the bank or from Saldo.
    pub message: Option<String>,
}

/// The counts of a synchronization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// Accounts that were read.
    pub accounts: u64,
    /// New transactions.
    pub new_transactions: u64,
}

/// A synchronization job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of one record, each with a name")]
pub struct SyncJob {
    /// Its id.
    pub id: SyncId,
    /// The organization.
    pub org: OrgId,
    /// The access that is synchronized.
    pub access: AccessId,
    /// Its status.
    pub status: SyncStatus,
    /// The request.
    pub request: SyncRequest,
    /// The next step.
    pub step: Step,
    /// The number of requests to the bank that advanced the authorization. The id of the next request is derived from it.
    pub requests: u32,
    /// The state of the authorization, opaque to all but the connector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<String>,
    /// Whether the next request only polls the authorization's status.
    #[serde(default)]
    pub polling: bool,
    /// The challenges to the user; the last one may be open.
    #[serde(default)]
    pub challenges: Vec<Challenge>,
    /// The answer to the last challenge, until the bank has received it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// The hash of the login with which credentials are sent to the bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginHash>,
    /// Whether the bank has accepted the user's PIN.
    #[serde(default)]
    pub pin_accepted: bool,
    /// The authentication method in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_method: Option<String>,
    /// The consent with which the accounts are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<GrantedConsent>,
    /// Whether the access's saved consent turned out to have ended.
    #[serde(default)]
    pub consent_ended: bool,
    /// The accounts that the bank lists.
    #[serde(default)]
    pub reported: Vec<AccountId>,
    /// Whether the bank lists further accounts that could not be identified.
    #[serde(default)]
    pub unidentified: bool,
    /// The listed accounts that were read.
    #[serde(default)]
    pub fetched: Vec<AccountId>,
    /// The state of reading the current account, opaque to all but the worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<String>,
    /// The counts.
    #[serde(default)]
    pub brought: Brought,
    /// The conflicts.
    #[serde(default)]
    pub conflicts: Conflicts,
    /// How often it has waited because the bank throttled it.
    #[serde(default)]
    pub waits: u32,
    /// The end of the current wait.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub not_before: Option<Timestamp>,
    /// The number of failures of AWS.
    #[serde(default)]
    pub failures: u32,
    /// Why it failed or, before its end, is going to fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<SyncError>,
    /// The end of the current worker's lease.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub leased_until: Option<Timestamp>,
    /// When it was accepted.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When a worker first leased it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub ended_at: Option<Timestamp>,
    revision: Uuid,
}

impl SyncJob {
    /// A new synchronization.
    #[must_use]
    pub fn accepted(id: SyncId, org: OrgId, access: AccessId, request: SyncRequest, now: Timestamp) -> Self {
        let revision = id.as_uuid();
        Self {
            id,
            org,
            access,
            status: SyncStatus::Queued,
            request,
            step: Step::Begin,
            requests: 0,
            authorization: None,
            polling: false,
            challenges: Vec::new(),
            answer: None,
            login: None,
            pin_accepted: false,
            auth_method: None,
            consent: None,
            consent_ended: false,
            reported: Vec::new(),
            unidentified: false,
            fetched: Vec::new(),
            reading: None,
            brought: Brought::default(),
            conflicts: Conflicts::default(),
            waits: 0,
            not_before: None,
            failures: 0,
            error: None,
            leased_until: None,
            created_at: now,
            started_at: None,
            ended_at: None,
            revision,
        }
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended_at.is_some()
    }

    /// Whether it has taken longer than [`TIME_MAX`] since it was started.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.started_at.is_some_and(|started_at| now > started_at + TIME_MAX)
    }

    /// Until when no worker needs to advance it: another one holds the lease, or it waits. `None` if it can be advanced now.
    #[must_use]
    pub fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.leased_until.max(self.not_before).filter(|until| *until > now)
    }

    /// The challenge that waits for an answer.
    #[must_use]
    pub fn open_challenge(&self) -> Option<&Challenge> {
        self.challenges.last().filter(|last| last.is_open() && self.status == SyncStatus::AwaitAuth)
    }

    /// Puts a challenge to the user.
    pub fn put(&mut self, kind: ChallengeKind, now: Timestamp) {
        let id = ChallengeId::of_sync(&self.id, self.challenges.len());
        self.challenges.push(Challenge { id, kind, created_at: now, closed_at: None, code: None });
        self.status = SyncStatus::AwaitAuth;
    }

    /// Answers the open challenge. Returns false if the challenge with this id is not open.
    pub fn answer(&mut self, challenge: &ChallengeId, answer: Answer, now: Timestamp) -> bool {
        if self.open_challenge().is_none_or(|open| open.id != *challenge) {
            return false;
        }
        self.close_challenge(now);
        self.answer = Some(answer);
        // The answer takes precedence over a worker that is polling at this moment.
        (self.leased_until, self.not_before) = (None, None);
        true
    }

    /// Sets the code with which the application has to confirm the user's return. Returns false if the challenge is not
    /// open or the user has returned before.
    pub fn expect_code(&mut self, challenge: &ChallengeId, code: CodeHash) -> bool {
        let open = self.status == SyncStatus::AwaitAuth;
        let last = self.challenges.last_mut().filter(|last| open && last.is_open() && last.id == *challenge);
        match last.filter(|last| last.code.is_none()) {
            Some(last) => {
                last.code = Some(code);
                true
            }
            None => false,
        }
    }

    /// Withdraws an answer whose message could not be queued, so that it can be sent again.
    pub fn reopen(&mut self) {
        if let Some(last) = self.challenges.last_mut().filter(|_| self.answer.take().is_some()) {
            last.closed_at = None;
            self.status = SyncStatus::AwaitAuth;
        }
    }

    /// Closes the last challenge.
    fn close_challenge(&mut self, now: Timestamp) {
        if let Some(last) = self.challenges.last_mut().filter(|last| last.is_open()) {
            last.closed_at = Some(now);
        }
        self.status = SyncStatus::Running;
    }

    /// Settles the last challenge, since the bank has received the answer.
    pub fn settle_challenge(&mut self, now: Timestamp) {
        self.close_challenge(now);
        self.answer = None;
        if let Some(last) = self.challenges.last_mut() {
            last.drop_data();
        }
    }

    /// Marks the synchronization as failing; its next step is the end.
    pub fn fail(&mut self, reason: FailureReason, message: Option<String>) {
        self.error = Some(SyncError { reason, message });
        self.step = Step::End;
    }

    /// Ends it, as completed or, if it has an error, as failed.
    pub fn end(&mut self, now: Timestamp) {
        self.close_challenge(now);
        self.not_before = None;
        self.reading = None;
        self.status = if self.error.is_none() { SyncStatus::Completed } else { SyncStatus::Failed };
        self.ended_at = Some(now);
        self.leased_until = None;
        self.answer = None;
        self.authorization = None;
    }
}

impl Revised for SyncJob {
    fn revision(&self) -> Uuid {
        self.revision
    }

    fn set_revision(&mut self, revision: Uuid) {
        self.revision = revision;
    }
}
