//! Messages delivered twice, late and in any order, to workers that die between any two
//! of their requests, while imports of the same accounts overlap: every row is counted
//! once, and the accounts end as if the imports had run one after the other.
//!
//! `SALDO_SEEDS` says how many runs there are; each is another random history.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use local::{Aws, Data, sqs_event};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use saldo::account::Account;
use saldo::app::{App, Limits};
use saldo::http::service;
use saldo::id::{AccountId, ImportId, OrgId};
use saldo::import::{ImportJob, ImportStatus};
use serde_json::{Map, Value, json};
use testing::services;
use testing::wire::{Faults, tapped};
use tower::ServiceExt;

/// How many histories a quick run tries.
const SEEDS: u64 = 30;
/// The imports of one history.
const IMPORTS: usize = 3;
/// The requests a worker may send before it dies, at the most.
const LIFE_MAX: i64 = 14;

/// The deliveries of one history, at the very most.
const DELIVERIES_MAX: usize = 1_000;

/// What differs between an account and what a model says of it: fields by name.
type Fields = BTreeMap<&'static str, String>;

#[tokio::test]
async fn every_row_counts_once_and_the_newest_wins_whatever_happens_on_the_way() {
    let seeds = env::var("SALDO_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    let aws = services(&Data::Ephemeral).await;
    let lab = Lab::new(&aws);
    let mut tally = Tally::default();
    for seed in 0..seeds {
        History::new(&lab, seed).await.run(&mut tally).await;
    }
    aws.stop().await;
    println!(
        "{seeds} histories: {} deliveries, {} of them ended by death between two requests",
        tally.deliveries, tally.deaths
    );
    assert!(tally.deaths * 4 > seeds, "hardly anything died: the test has lost its teeth");
}

#[derive(Default)]
struct Tally {
    deliveries: u64,
    deaths: u64,
}

/// A message on its way, and how often it is still to be delivered.
struct InFlight {
    message: aws_sdk_sqs::types::Message,
    deliveries: u32,
}

/// What all histories run in, one after the other.
struct Lab {
    /// The app whose requests may be cut.
    app: App,
    faults: Arc<Faults>,
    /// The same without faults.
    calm: App,
    sqs: aws_sdk_sqs::Client,
    queues: [String; 2],
}

impl Lab {
    fn new(aws: &Aws) -> Self {
        let faults = Arc::new(Faults::default());
        let calm = aws.app();
        Self {
            app: App::new(&aws.settings, &tapped(aws.sdk_config(), &faults)),
            faults,
            calm,
            sqs: aws_sdk_sqs::Client::new(aws.sdk_config()),
            queues: [aws.settings.queues.plan.clone(), aws.settings.queues.import.clone()],
        }
    }
}

struct History<'a> {
    lab: &'a Lab,
    seed: u64,
    random: StdRng,
    org: OrgId,
    key: String,
    /// The lab's app, with limits of its own.
    app: App,
}

impl<'a> History<'a> {
    async fn new(lab: &'a Lab, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let limits = Limits {
            rows_per_chunk: random.random_range(1..6),
            chunks_at_once: random.random_range(1..4),
            writes_in_flight: random.random_range(1..4),
            ..Limits::default()
        };
        let app = App { limits, ..lab.app.clone() };
        let org = OrgId::random().expect("randomness");
        let key = local::demo::create_organization(&lab.calm, org.clone(), "Test", "ARS").await;
        let key = key.expect("an organization").expose().to_owned();
        Self { lab, seed, random, org, key, app }
    }

    async fn run(mut self, tally: &mut Tally) {
        let mut imports: Vec<(ImportId, Vec<Value>)> = Vec::new();
        let mut waiting = Vec::new();
        for _ in 0..IMPORTS {
            let rows = self.rows();
            imports.push((self.post(&rows).await, rows));
            // Sometimes the imports before have begun, sometimes even ended.
            for _ in 0..self.random.random_range(0..6) {
                self.deliver_one(&mut waiting, tally).await;
            }
        }
        for _ in 0..DELIVERIES_MAX {
            if !self.deliver_one(&mut waiting, tally).await {
                return self.check(&imports).await;
            }
        }
        panic!("seed {}: there is no end to the messages", self.seed);
    }

    /// Rows over a few external ids, with any of the optional fields given, null or left
    /// out, some of them bad, some of them twice.
    fn rows(&mut self) -> Vec<Value> {
        let count = self.random.random_range(1..10);
        (0..count).map(|_| self.row()).collect()
    }

    fn row(&mut self) -> Value {
        let mut row = Map::new();
        let cents = self.random.random_range(0..10_000);
        let mut contact = json!({ "name": format!("name {cents}") });
        row.insert("total_amount".to_owned(), json!(format!("{}.{:02}", cents / 100, cents % 100)));
        if self.random.random_bool(0.8) {
            row.insert("external_id".to_owned(), json!(format!("id-{}", self.random.random_range(0..5))));
        }
        for (field, value) in [
            ("currency", "USD"),
            ("due_date", "2026-01-15"),
            ("source_system", "SAP"),
            ("status", "escalated"),
            ("campaign_id", "campaign"),
            ("owner_id", "owner"),
            ("type", "loan"),
            ("notes", "notes"),
            ("phone", "+5491155551234"),
            ("email", "a@example.com"),
        ] {
            let value = match self.random.random_range(0..4) {
                0 => json!(value),
                1 => Value::Null,
                _ => continue,
            };
            match field {
                "phone" | "email" => contact[field] = value,
                _ => drop(row.insert(field.to_owned(), value)),
            }
        }
        row.insert("contact".to_owned(), contact);
        if self.random.random_bool(0.1) {
            row.insert("total_amount".to_owned(), json!("bad"));
        }
        Value::Object(row)
    }

    async fn post(&self, rows: &[Value]) -> ImportId {
        let request = Request::post("/api/v1/import")
            .header("x-api-key", &self.key)
            .header("content-type", "application/json")
            .body(Body::from(json!({ "accounts": rows }).to_string()))
            .expect("a request");
        let accepting = App { limits: self.app.limits, ..self.lab.calm.clone() };
        let response = service(import::routes(&accepting)).oneshot(request).await.expect("an answer");
        let location = response.headers()["location"].to_str().expect("text").to_owned();
        location.rsplit('/').next().expect("an id").parse().expect("an id")
    }

    /// Delivers some waiting message, to a worker that may die of it. `false` when there
    /// is none.
    async fn deliver_one(&mut self, waiting: &mut Vec<InFlight>, tally: &mut Tally) -> bool {
        self.fetch(waiting).await;
        if waiting.is_empty() {
            return false;
        }
        let at = self.random.random_range(0..waiting.len());
        let event = sqs_event(std::slice::from_ref(&waiting[at].message));
        let doomed = self.random.random_bool(0.4);
        if doomed {
            self.lab.faults.arm(self.random.random_range(0..LIFE_MAX), self.random.random_bool(0.5));
        }
        let outcome = self.lab.faults.run(import::handle(self.app.clone(), event)).await;
        self.lab.faults.disarm();
        tally.deliveries += 1;
        match outcome {
            Some(answer) if answer.batch_item_failures.is_empty() => {
                waiting[at].deliveries -= 1;
                if waiting[at].deliveries == 0 {
                    waiting.swap_remove(at);
                }
            }
            Some(_) => {}
            None => tally.deaths += 1,
        }
        true
    }

    /// Takes what the queue holds. Every message is to be delivered twice at least.
    async fn fetch(&mut self, waiting: &mut Vec<InFlight>) {
        for queue in &self.lab.queues {
            loop {
                let poll = self.lab.sqs.receive_message().queue_url(queue).max_number_of_messages(10);
                let messages = poll.send().await.expect("SQS").messages.unwrap_or_default();
                if messages.is_empty() {
                    break;
                }
                for message in messages {
                    let receipt = message.receipt_handle().expect("a receipt");
                    let delete = self.lab.sqs.delete_message().queue_url(queue).receipt_handle(receipt);
                    delete.send().await.expect("SQS");
                    let deliveries = *[2, 2, 3].choose(&mut self.random).expect("one of them");
                    waiting.push(InFlight { message, deliveries });
                }
            }
        }
    }

    async fn check(&self, imports: &[(ImportId, Vec<Value>)]) {
        let seed = self.seed;
        let mut made = 0;
        let mut jobs = Vec::new();
        for (id, rows) in imports {
            let job = self.lab.calm.imports.get(&self.org, id).await.expect("DynamoDB").expect("the job");
            assert_fate_of_every_row(&job, rows, seed);
            made += job.counts.imported;
            jobs.push(job);
        }
        let model = Model::of(imports);
        assert_eq!(
            made,
            model.accounts.len() as u64 + model.anonymous.len() as u64,
            "seed {seed}: {jobs:#?}"
        );
        for (external_id, expected) in &model.accounts {
            let id = AccountId::of_external(&self.org, &external_id.parse().expect("an external id"));
            assert_eq!(&self.fields(&id).await, expected, "seed {seed}: {external_id} of {imports:#?}");
        }
        for (id, expected) in &model.anonymous {
            assert_eq!(&self.fields(id).await, expected, "seed {seed}: {id} of {imports:#?}");
        }
    }

    async fn fields(&self, id: &AccountId) -> Fields {
        fields(&self.lab.calm.accounts.get(&self.org, id).await.expect("DynamoDB").expect("the account"))
    }
}

/// Whether the job ended, and counted as the rows say.
fn assert_fate_of_every_row(job: &ImportJob, rows: &[Value], seed: u64) {
    let kept: Vec<&Value> = last_of_each(rows).into_iter().map(|(_, row)| row).collect();
    let failed = kept.iter().filter(|row| row["total_amount"] == "bad").count();
    let status = if failed == 0 { ImportStatus::Completed } else { ImportStatus::CompletedWithErrors };
    assert_eq!(job.status, status, "seed {seed}: {job:#?}");
    assert_eq!(job.total_records, Some(rows.len() as u64), "seed {seed}");
    assert_eq!(job.superseded, (rows.len() - kept.len()) as u64, "seed {seed}");
    assert_eq!(job.counts.failed, failed as u64, "seed {seed}");
    let Some(counted) = job.total_records.and_then(|total| total.checked_sub(job.superseded + job.counts.failed)) else {
        panic!("seed {seed}: more fates than rows: {job:#?}");
    };
    assert_eq!(job.counts.imported + job.counts.updated, counted, "seed {seed}: {job:#?}");
}

/// The rows that count: the last of those that share an external id.
fn last_of_each(rows: &[Value]) -> Vec<(usize, &Value)> {
    let id = |row: &Value| row.get("external_id").cloned();
    let replaced =
        |at: usize, row: &Value| id(row).is_some() && rows[at + 1..].iter().any(|later| id(later) == id(row));
    rows.iter().enumerate().filter(|(at, row)| !replaced(*at, row)).collect()
}

/// What a simple program makes of the imports, one after the other, row by row.
#[derive(Default)]
struct Model {
    accounts: BTreeMap<String, Fields>,
    anonymous: BTreeMap<AccountId, Fields>,
}

impl Model {
    fn of(imports: &[(ImportId, Vec<Value>)]) -> Self {
        let mut model = Self::default();
        for (import, rows) in imports {
            for (index, row) in last_of_each(rows) {
                if row["total_amount"] == "bad" {
                    continue;
                }
                let fields = match row["external_id"].as_str() {
                    Some(id) => model.accounts.entry(id.to_owned()).or_default(),
                    None => model.anonymous.entry(AccountId::of_row(import, index as u64)).or_default(),
                };
                apply(fields, row);
            }
        }
        model
    }
}

fn apply(fields: &mut Fields, row: &Value) {
    let amount: saldo::money::Decimal =
        row["total_amount"].as_str().expect("text").parse().expect("an amount");
    fields.insert("name", row["contact"]["name"].as_str().expect("text").to_owned());
    fields.insert("total_amount", amount.normalize().to_string());
    for (name, default) in [
        ("currency", Some("ARS")),
        ("status", Some("active")),
        ("type", Some("receivable")),
        ("due_date", None),
        ("source_system", None),
        ("campaign_id", None),
        ("owner_id", None),
        ("notes", None),
        ("phone", None),
        ("email", None),
    ] {
        let place = if ["phone", "email"].contains(&name) { &row["contact"] } else { row };
        match (place.get(name), default) {
            (Some(Value::String(value)), _) => drop(fields.insert(name, value.clone())),
            (Some(_), Some(default)) => drop(fields.insert(name, default.to_owned())),
            (Some(_), None) => drop(fields.remove(name)),
            (None, Some(default)) => drop(fields.entry(name).or_insert(default.to_owned())),
            (None, None) => {}
        }
    }
}

fn fields(account: &Account) -> Fields {
    let contact = account.contact.as_ref();
    assert_eq!(account.total_amount.map(|amount| -amount), Some(account.balance));
    let all = [
        ("name", contact.map(|contact| contact.name.to_string())),
        ("phone", contact.and_then(|contact| Some(contact.phone.as_ref()?.to_string()))),
        ("email", contact.and_then(|contact| Some(contact.email.as_ref()?.as_str().to_owned()))),
        ("total_amount", account.total_amount.map(|amount| amount.to_string())),
        ("currency", Some(account.currency.to_string())),
        ("status", Some(account.status.to_string())),
        ("type", Some(account.kind.to_string())),
        ("due_date", account.due_date.map(|date| date.to_string())),
        ("source_system", account.source_system.as_ref().map(ToString::to_string)),
        ("campaign_id", account.campaign_id.as_ref().map(ToString::to_string)),
        ("owner_id", account.owner_id.as_ref().map(ToString::to_string)),
        ("notes", account.notes.as_ref().map(ToString::to_string)),
    ];
    let unique: BTreeSet<_> = all.iter().map(|(name, _)| name).collect();
    assert_eq!(unique.len(), all.len());
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
