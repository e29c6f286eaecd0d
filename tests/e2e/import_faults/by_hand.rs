//! Changes by hand while imports run: balances of open items are set, and adjustments acknowledged, over the same services
//! that fail, by functions that are killed, too. Every change that was answered stays, whatever imports write.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;
use saldo_domain::account::Account;
use saldo_domain::id::{AccountId, AllocationId, OrgId};
use saldo_domain::receivable::{ALLOCATIONS_MAX, Allocation};
use saldo_http::service;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use super::{FaultyStack, History, Tally};

/// A balance that no import causes, so that each one that is set is an adjustment.
const FIRST_BALANCE: i64 = 1_000_000;

/// What was changed by hand.
#[derive(Default)]
pub(super) struct ByHand {
    /// The number of balances that were asked for.
    asked: i64,
    /// The adjustments of requests that were answered, over services that did not fail.
    made: BTreeSet<AllocationId>,
    /// The same over services that can fail, by the revisions in the answers. If the first answer to the function was lost, an
    /// import may have written before the next one, and the revision is the import's.
    made_over_faults: BTreeSet<AllocationId>,
    /// The requests whose outcome is unknown: the function was killed, or a service failed.
    unknown: usize,
    /// The days on which adjustments were acknowledged; `None` if it is unknown.
    posted: BTreeMap<AllocationId, Option<Date>>,
}

/// A change that is to be made.
pub(super) enum Change {
    Balance(AccountId, i64),
    Acknowledgement(AccountId, AllocationId, Date),
}

/// The answer to a change: its status, its `ETag` and its body.
pub(super) type Answered = (u16, String, Value);

impl Change {
    /// Makes the change; over services that can fail if `fails`.
    pub(super) async fn make(&self, stack: &FaultyStack, key: &str, fails: bool) -> Answered {
        let (method, path, body) = match self {
            Self::Balance(id, balance) => {
                (Method::PUT, format!("/v1/accounts/{id}"), json!({ "balance": balance }))
            }
            Self::Acknowledgement(account_id, allocation_id, posted_at) => {
                let line = json!({
                    "account_id": account_id, "allocation_id": allocation_id, "posted_at": posted_at
                });
                (Method::POST, "/v1/postings/acknowledge".to_owned(), json!({ "lines": [line] }))
            }
        };
        let request = Request::builder().method(method).uri(path);
        let request = request.header("x-api-key", key).header("content-type", "application/json");
        let request = request.body(Body::from(body.to_string())).expect("a request");
        let app = if fails { &stack.by_hand } else { &stack.reliable };
        let answer = service(::accounts::routes(app.into())).oneshot(request).await.expect("an answer");
        let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok()).unwrap_or_default();
        let (status, etag) = (answer.status().as_u16(), etag.trim_matches('"').to_owned());
        let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        (status, etag, serde_json::from_slice(&body).unwrap_or_default())
    }
}

impl ByHand {
    /// A change of one of the accounts with these external ids; none if there is nothing to acknowledge.
    pub(super) async fn choose(
        &mut self,
        stack: &FaultyStack,
        org: &OrgId,
        random: &mut StdRng,
    ) -> Option<Change> {
        let external_id = format!("id-{}", random.random_range(0..5));
        let id = AccountId::of_external(org, &external_id.parse().expect("an id"));
        if random.random_bool(0.7) {
            self.asked += 1;
            return Some(Change::Balance(id, FIRST_BALANCE + self.asked));
        }
        let adjustment = allocations(stack, org, &id).await.into_iter().choose(random)?;
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let day = today.checked_sub(random.random_range(-1..4).days()).expect("a day");
        Some(Change::Acknowledgement(id, adjustment.id, day))
    }

    /// Records what became of a change, which was made over services that can fail if `fails`; `None` if the function was killed.
    pub(super) fn record(
        &mut self,
        change: &Change,
        fails: bool,
        answered: Option<Answered>,
        tally: &mut Tally,
    ) {
        let outcome = answered.filter(|(status, ..)| *status < 500);
        match (change, outcome) {
            (Change::Balance(..), None) => self.unknown += 1,
            (Change::Balance(_, balance), Some((200, etag, account))) => {
                assert_eq!(account["balance"], *balance, "{account}");
                let made = if fails { &mut self.made_over_faults } else { &mut self.made };
                made.insert(AllocationId::of_seed(Uuid::try_parse(&etag).expect("a revision")));
                tally.adjusted += 1;
            }
            // There is no such account yet.
            (Change::Balance(..), Some((404, ..))) => {}
            (Change::Acknowledgement(_, id, _), None) => drop(self.posted.insert(id.clone(), None)),
            (Change::Acknowledgement(_, id, day), Some((200, _, receipt))) => {
                assert_eq!(receipt["failed"], 0, "{receipt}");
                self.posted.insert(id.clone(), Some(*day));
                tally.acknowledged += 1;
            }
            (_, Some(other)) => panic!("{other:?}"),
        }
    }
}

/// The allocations of an account; none if it does not exist.
pub(super) async fn allocations(stack: &FaultyStack, org: &OrgId, id: &AccountId) -> Vec<Allocation> {
    let all = stack.reliable.accounts.allocations(org, id, None, ALLOCATIONS_MAX).await;
    all.expect("DynamoDB").unwrap_or_default().0
}

impl History<'_> {
    /// Checks that the balance follows from the account's figures and allocations. Returns these.
    pub(super) async fn check_balance(&self, account: &Account) -> Vec<Allocation> {
        let all = allocations(self.stack, &self.org, &account.id).await;
        let mut derived = account.clone();
        derived.derive_balance(&all).expect("small amounts");
        assert_eq!(derived.balance, account.balance, "seed {}: {account:#?} {all:#?}", self.seed);
        all
    }

    /// Checks that what was changed by hand is there, and nothing else.
    pub(super) async fn check_by_hand(&self) {
        let (seed, mut all) = (self.seed, BTreeMap::new());
        for number in 0..5 {
            let external_id = format!("id-{number}").parse().expect("an id");
            let id = AccountId::of_external(&self.org, &external_id);
            if let Some(account) = self.stack.reliable.accounts.get(&self.org, &id).await.expect("DynamoDB") {
                let allocations = self.check_balance(&account).await;
                all.extend(allocations.into_iter().map(|made| (made.id.clone(), made)));
            }
        }
        let ByHand { made, made_over_faults, unknown, posted, .. } = &self.by_hand;
        for id in made {
            assert!(all.contains_key(id), "seed {seed}: {id} was answered and is lost: {all:#?}");
        }
        let elsewhere = made_over_faults.iter().filter(|id| !all.contains_key(id)).count();
        let others = all.keys().filter(|id| !made.contains(id) && !made_over_faults.contains(id)).count();
        assert!(elsewhere <= others, "seed {seed}: of {made_over_faults:?}, adjustments are lost: {all:#?}");
        assert!(
            others <= unknown + elsewhere,
            "seed {seed}: {others} adjustments without a request: {all:#?}"
        );
        for (id, made) in &all {
            let is_unknown = posted.get(id) == Some(&None);
            let expected = posted.get(id).copied().flatten();
            // A later adjustment acknowledges those that the source's figure shows by then.
            let is_shown = all.values().any(|later| later.id > *id && Some(later.as_of) == made.posted_at);
            assert!(
                is_unknown || made.posted_at == expected || is_shown,
                "seed {seed}: {made:?} {expected:?}"
            );
        }
    }
}
