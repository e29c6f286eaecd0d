//! Transactions under random faults: services throttle calls and parts of batches, reject writes because of
//! transactions, fail, or lose their answers; workers are killed at any call. Each transaction is stored and counted as
//! new once, by the request that stored it.
//!
//! `SALDO_SEEDS` is the number of random histories.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use futures::future::join;
use jiff::Timestamp;
use local::{App, Data};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use saldo_domain::account::AccountIdentifier;
use saldo_domain::bounds::Bounds;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{AccountId, OrgId, SyncId, TransactionId};
use saldo_domain::transaction::{Batch, Booking, Transaction};
use saldo_store::{Kept, TransactionStore};
use serde_json::json;
use serde_json::value::RawValue;
use testing::services;
use testing::wire::{Fault, FaultPlan, intercepted};
use uuid::Uuid;

/// The number of histories of a quick run.
const SEEDS: u64 = 20;
/// The requests of one history, of which two run at the same time.
const REQUESTS: usize = 3;
/// The attempts after which a request meets no more faults.
const FAULTY_ATTEMPTS: usize = 4;

/// A store whose calls fail at random.
struct Faulty {
    app: App,
    faults: Arc<FaultPlan>,
}

impl Faulty {
    fn new(aws: &local::Aws, function: &str) -> Self {
        let faults = Arc::new(FaultPlan::default());
        // The SDK's retries, without their delays.
        let retries = RetryConfig::standard()
            .with_initial_backoff(Duration::from_millis(1))
            .with_max_backoff(Duration::from_millis(2));
        let sdk = aws.sdk_of(function).to_builder().retry_config(retries).build();
        Self { app: aws.app_over(&intercepted(&sdk, &faults)), faults }
    }

    fn store(&self) -> &TransactionStore {
        &self.app.transactions
    }

    /// Runs a request until it succeeds, with faults and deaths at first.
    async fn until_done<T>(&self, random: &mut StdRng, request: impl AsyncFn() -> Option<T>) -> T {
        for attempt in 0.. {
            match attempt < FAULTY_ATTEMPTS {
                true => self.faults.fail_randomly(random.random(), 300),
                false => self.faults.clear(),
            }
            if attempt < FAULTY_ATTEMPTS && random.random_bool(0.5) {
                self.faults.kill_after(random.random_range(0..12), random.random_bool(0.5));
            }
            let done = self.faults.run(request()).await.flatten();
            self.faults.clear();
            if let Some(done) = done {
                return done;
            }
        }
        unreachable!("the loop has no end")
    }
}

/// Who stores the transactions.
fn by() -> ChangedBy {
    ChangedBy::sync(SyncId::of_seed(Uuid::nil()))
}

/// The transaction number `n` of the account, as a request of an application has it.
fn transaction(org: &OrgId, account: &str, n: u32, amount: u32) -> Transaction {
    let row = json!({
        "accountIdentifier": account, "transactionId": format!("t-{n}"), "text": format!("Payment {n}"),
        "amount": format!("{amount}.50"), "currency": "EUR", "valutaAt": "2026-01-15"
    });
    let row: Box<RawValue> = serde_json::from_str(&row.to_string()).expect("JSON");
    Batch::new(org, Timestamp::now()).read(&row).expect("a good row")
}

/// Up to 90 transactions of two accounts, some of which other requests have, too, or have with another amount.
fn some(org: &OrgId, random: &mut StdRng) -> Vec<Transaction> {
    let numbers: BTreeSet<(u32, u32)> = (0..random.random_range(1..90))
        .map(|_| (random.random_range(0..2), random.random_range(0..60)))
        .collect();
    let all = numbers.into_iter().map(|(account, n)| {
        let amount = if random.random_bool(0.1) { n + 1 } else { n };
        transaction(org, &format!("iban-{account}"), n, amount)
    });
    all.collect()
}

type AllKept = BTreeMap<TransactionId, Kept>;

#[tokio::test]
async fn transactions_count_as_new_once_under_random_faults() {
    let seeds = env::var("SALDO_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    let first = env::var("SALDO_FIRST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let aws = services(&Data::Ephemeral).await;
    let faulty = Faulty::new(&aws, "TransactionsFunction");
    let reliable = aws.app();
    for seed in first..first + seeds {
        let mut random = StdRng::seed_from_u64(seed);
        let org = OrgId::random().expect("randomness");
        let requests: Vec<(Uuid, Vec<Transaction>)> =
            (0..REQUESTS).map(|_| (Uuid::now_v7(), some(&org, &mut random))).collect();
        let keep = async |store: &TransactionStore, (request, sent): &(Uuid, Vec<Transaction>)| {
            let sent: Vec<&Transaction> = sent.iter().collect();
            let kept = store.keep(&org, &sent, *request, &by()).await.ok()?;
            Some(kept.into_iter().collect::<AllKept>())
        };
        let mut answers = Vec::new();
        answers.push(faulty.until_done(&mut random, async || keep(faulty.store(), &requests[0]).await).await);
        // Another function stores some of the same transactions at the same time.
        let concurrent = async || keep(&reliable.transactions, &requests[1]).await.expect("no faults");
        let (third, second) = join(
            faulty.until_done(&mut random, async || keep(faulty.store(), &requests[2]).await),
            concurrent(),
        )
        .await;
        answers.extend([second, third]);
        check(seed, &reliable, &org, &requests, &answers).await;
        for (request, answer) in requests.iter().zip(&answers) {
            let again = keep(&reliable.transactions, request).await.expect("no faults");
            assert_eq!(&again, answer, "seed {seed}: the answer to a repeated request");
        }
    }
    let injected = faulty.faults.injected();
    println!("{seeds} histories of {REQUESTS} requests, faults of DynamoDB: {injected:?}");
    if seeds >= SEEDS {
        for fault in [Fault::Throttled, Fault::PartlyThrottled, Fault::ServerError, Fault::TimeoutAfterEffect]
        {
            let inserts = ("BatchExecuteStatement".to_owned(), fault);
            assert!(injected.get(&inserts).is_some_and(|count| count * 8 > seeds), "{fault:?}: {injected:?}");
        }
    }
    aws.stop().await;
}

/// Checks the answers to requests against each other and against what is stored.
async fn check(
    seed: u64,
    app: &App,
    org: &OrgId,
    requests: &[(Uuid, Vec<Transaction>)],
    answers: &[AllKept],
) {
    let mut stored: BTreeMap<TransactionId, Booking> = BTreeMap::new();
    for account in ["iban-0", "iban-1"] {
        let account: AccountIdentifier = account.parse().expect("an identifier");
        let (found, more) =
            app.transactions.list(org, &account, Bounds::default(), None, 1_000).await.expect("no faults");
        assert!(!more);
        stored.extend(found.into_iter().map(|found| (found.id.clone(), found.booking())));
    }
    let mut new: BTreeMap<&TransactionId, usize> = BTreeMap::new();
    for ((_, sent), answer) in requests.iter().zip(answers) {
        assert_eq!(answer.len(), sent.len(), "seed {seed}: each transaction has its state");
        for transaction in sent {
            let kept = answer[&transaction.id];
            assert_eq!(Some(&kept.stored), stored.get(&transaction.id), "seed {seed}: {}", transaction.id);
            if kept.new {
                assert_eq!(kept.stored, transaction.booking(), "seed {seed}: {}", transaction.id);
                *new.entry(&transaction.id).or_default() += 1;
            }
        }
    }
    assert_eq!(new.len(), stored.len(), "seed {seed}: each stored transaction was new in a request");
    assert!(new.values().all(|times| *times == 1), "seed {seed}: new once: {new:?}");
}

#[tokio::test]
async fn pending_transactions_are_replaced_under_random_faults() {
    let aws = services(&Data::Ephemeral).await;
    let faulty = Faulty::new(&aws, "SyncWorkerFunction");
    let reliable = aws.app();
    let identifier: AccountIdentifier = "iban".parse().expect("an identifier");
    for seed in 0..SEEDS {
        let mut random = StdRng::seed_from_u64(seed);
        let org = OrgId::random().expect("randomness");
        let account = AccountId::of_seed(Uuid::now_v7());
        for _report in 0..3 {
            let numbers: BTreeSet<u32> =
                (0..random.random_range(0..60)).map(|_| random.random_range(0..90)).collect();
            let amount = random.random_range(1..3);
            let reported: Vec<_> =
                numbers.into_iter().map(|n| transaction(&org, "iban", n, n * amount)).collect();
            let expected: BTreeMap<_, _> =
                reported.iter().map(|sent| (sent.id.clone(), sent.booking())).collect();
            let replace = async || {
                let store = faulty.store();
                store
                    .replace_pending(&org, &account, &identifier, reported.clone(), Uuid::now_v7(), &by())
                    .await
                    .ok()
            };
            Box::pin(faulty.until_done(&mut random, replace)).await;
            let pending =
                reliable.transactions.pending(&org, &account, &identifier).await.expect("no faults");
            let pending: BTreeMap<_, _> =
                pending.iter().map(|found| (found.id.clone(), found.booking())).collect();
            assert_eq!(pending, expected, "seed {seed}");
        }
    }
    aws.stop().await;
}
