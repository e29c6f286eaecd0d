//! A synchronization job: its state, from which whoever takes it up goes on.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Answer, Challenge, ChallengeKind, CodeHash, Conflicts, SyncRequest};
use crate::access::{GrantedConsent, LoginHash};
use crate::finx::ErrorCode;
use crate::id::{AccessId, AccountId, ChallengeId, OrgId, SyncId};
use crate::revised::Revised;

/// How long a synchronization may take, all waiting included: less than its lock lasts.
pub const TIME_MAX: SignedDuration = SignedDuration::from_mins(50);

/// How a synchronization is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncStatus {
    /// Nobody has begun it.
    Queued,
    /// It is being brought forward, or waits for the bank.
    Running,
    /// It waits for the user.
    AwaitAuth,
    /// It has brought what it was to bring.
    Completed,
    /// It has ended without.
    Failed,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// See whether an authorization is needed, and begin one.
    Begin,
    /// Bring the authorization forward.
    Authorize,
    /// Read the accounts.
    Fetch,
    /// Tidy up and end.
    End,
}

/// Why a synchronization failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncError {
    /// What went wrong.
    pub code: ErrorCode,
    /// What the bank said, or Saldo has to say, for people.
    pub message: Option<String>,
}

/// What a synchronization has brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// Accounts that were read.
    pub accounts: u64,
    /// Transactions that were new.
    pub new_transactions: u64,
}

/// A synchronization job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of one record, each with a name")]
pub struct SyncJob {
    /// Its id.
    pub id: SyncId,
    /// Whose it is.
    pub org: OrgId,
    /// The access that is synchronized.
    pub access: AccessId,
    /// How it is doing.
    pub status: SyncStatus,
    /// What was asked for.
    pub request: SyncRequest,
    /// What is to be done next.
    pub step: Step,
    /// The requests to the bank that brought the authorization forward, by which the next one
    /// is told from those before.
    pub requests: u32,
    /// Where the authorization stands, in the connector's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<String>,
    /// Whether what is to be done next for it is to look what has become of it.
    #[serde(default)]
    pub polling: bool,
    /// What was asked of the user; the last one may be open.
    #[serde(default)]
    pub challenges: Vec<Challenge>,
    /// The answer to the last of them, until the bank has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// The user whose credentials it has sent to the bank, or is sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginHash>,
    /// Whether the bank was sent the user's PIN and went on, so that the PIN is right.
    #[serde(default)]
    pub pin_accepted: bool,
    /// The authentication method in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_method: Option<String>,
    /// The consent by which the accounts are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<GrantedConsent>,
    /// Whether a consent that was thought to hold was found ended.
    #[serde(default)]
    pub consent_ended: bool,
    /// The accounts that the bank lists.
    #[serde(default)]
    pub reported: Vec<AccountId>,
    /// Whether it lists others, of which nothing can be told.
    #[serde(default)]
    pub unidentified: bool,
    /// Those of them that have been read.
    #[serde(default)]
    pub fetched: Vec<AccountId>,
    /// How far the one that is being read has been, in the worker's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<String>,
    /// What it has brought.
    #[serde(default)]
    pub brought: Brought,
    /// What could not be taken.
    #[serde(default)]
    pub conflicts: Conflicts,
    /// How often it waited because the bank asked for it.
    #[serde(default)]
    pub waits: u32,
    /// Until when it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// How often AWS failed it.
    #[serde(default)]
    pub failures: u32,
    /// Why it failed, or will have when it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<SyncError>,
    /// Until when whoever has taken it up is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When somebody first took it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    revision: Uuid,
}

impl SyncJob {
    /// A synchronization that was just accepted.
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

    /// Whether it has taken longer than it may since somebody took it up.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.started_at.is_some_and(|started_at| now > started_at + TIME_MAX)
    }

    /// Until when nobody has anything to do for it: somebody has it, or it waits.
    #[must_use]
    pub fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.leased_until.max(self.not_before).filter(|until| *until > now)
    }

    /// The challenge that waits for its answer.
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

    /// Takes the answer to the open challenge, if there is one with this id. Says whether
    /// there was.
    pub fn answer(&mut self, challenge: &ChallengeId, answer: Answer, now: Timestamp) -> bool {
        if self.open_challenge().is_none_or(|open| open.id != *challenge) {
            return false;
        }
        self.close_challenge(now);
        self.answer = Some(answer);
        // Whoever looks after it at this moment is overtaken by the answer.
        (self.leased_until, self.not_before) = (None, None);
        true
    }

    /// Expects the application to confirm with a code that the user has come back. Says whether the challenge is
    /// open, and the user has not come back before.
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

    /// Takes an answer back that nobody can be told of: it can be given again.
    pub fn reopen(&mut self) {
        if let Some(last) = self.challenges.last_mut().filter(|_| self.answer.take().is_some()) {
            last.closed_at = None;
            self.status = SyncStatus::AwaitAuth;
        }
    }

    /// The last challenge is met.
    fn close_challenge(&mut self, now: Timestamp) {
        if let Some(last) = self.challenges.last_mut().filter(|last| last.is_open()) {
            last.closed_at = Some(now);
        }
        self.status = SyncStatus::Running;
    }

    /// The bank has what was to be told it: the last challenge is done with.
    pub fn settle_challenge(&mut self, now: Timestamp) {
        self.close_challenge(now);
        self.answer = None;
        if let Some(last) = self.challenges.last_mut() {
            last.drop_data();
        }
    }

    /// Gives the synchronization up: what is left is to tidy up.
    pub fn fail(&mut self, code: ErrorCode, message: Option<String>) {
        self.error = Some(SyncError { code, message });
        self.step = Step::End;
    }

    /// Ends it, well or not.
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
