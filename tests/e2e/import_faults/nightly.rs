//! Three months of nightly complete files, over services that fail and workers that are killed, beside a sequential model: items
//! change, disappear and come back; files are truncated, empty, sent twice, sent late or after the next one; rows are refused or
//! have no id; owners confirm and cancel. No item is closed that the model keeps, and none kept that it closes.

mod model;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use self::model::{File, Model};
use super::*;

const NIGHTS: i64 = 90;
/// The nights of the quick form, without `SALDO_SEEDS`.
const NIGHTS_IN_SHORT: i64 = 45;
/// The items that the ERP has at most. A truncated file omits more than are closed unasked.
const ITEMS: usize = 60;

/// What happens in a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Night {
    Plain,
    /// Most rows are missing.
    Truncated {
        confirmed: bool,
        cancelled: bool,
    },
    /// A row has no id.
    Unidentified,
    /// The file has another number of rows than was stated.
    Miscounted,
    /// A row is refused.
    Refused,
    /// The next file is accepted before this one has ended.
    Overlapping,
    /// The file is sent twice.
    Twice,
    /// An old file is sent again.
    Late,
}

struct Months<'a> {
    history: History<'a>,
    /// What the ERP lists.
    erp: BTreeMap<usize, u32>,
    model: Model,
    files: Vec<File>,
    waiting: Option<File>,
    seen: BTreeMap<String, u32>,
}

impl Months<'_> {
    fn count(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }

    /// The ERP's next day: some items are paid, some change, some are new or come back.
    fn trade(&mut self) {
        let random = &mut self.history.random;
        self.erp.retain(|_, _| !random.random_bool(0.08));
        for amount in self.erp.values_mut() {
            if random.random_bool(0.05) {
                *amount = random.random_range(1..500);
            }
        }
        for _ in 0..ITEMS / 12 {
            self.erp.insert(random.random_range(1..=ITEMS), random.random_range(1..500));
        }
    }

    async fn send(&mut self, rows: &BTreeMap<usize, u32>, day: Date, night: Night, dry_run: bool) -> File {
        let row = |(number, amount): (&usize, &u32)| json!({ "external_id": format!("N-{number}"), "contact": { "name": "A" }, "total_amount": amount });
        let mut lines: Vec<Value> = rows.iter().map(row).collect();
        let named: BTreeSet<_> = rows.keys().copied().collect();
        let (mut rows, mut unfit, mut expected) = (rows.clone(), None, lines.len());
        match night {
            Night::Unidentified => {
                lines.push(json!({ "contact": { "name": "A" }, "total_amount": 0 }));
                (unfit, expected) = (Some("unreadable_id"), lines.len());
            }
            Night::Miscounted => (unfit, expected) = (Some("control_totals_differ"), expected + 1),
            Night::Refused => {
                lines[0]["total_amount"] = json!("many");
                rows.pop_first();
            }
            _ => {}
        }
        let content = lines.iter().map(|row| row.to_string() + "\n").collect::<String>();
        let options = json!({
            "complete": true, "scope": { "source_system": "SAP" }, "as_of": day, "expected_rows": expected, "dry_run": dry_run
        });
        let location = self.history.post_file("ndjson", content, options).await;
        let id = location.rsplit('/').next().expect("an id").to_owned();
        let at = (day, self.files.len());
        let file = File { id, at, rows, named, unfit };
        if !dry_run {
            self.files.push(file.clone());
        }
        file
    }

    async fn job(&self, id: &str) -> Value {
        serde_json::from_str(&self.history.read(&format!("/api/v1/import/{id}"), "").await).expect("JSON")
    }

    async fn listed(&self, id: &str) -> BTreeSet<usize> {
        let page = self.history.read(&format!("/v1/imports/{id}/closings?limit=100"), "").await;
        let page: Value = serde_json::from_str(&page).expect("JSON");
        assert_eq!(page["has_more"], false, "{page}");
        let ids = page["data"].as_array().expect("items").iter().map(|item| item["external_id"].as_str());
        ids.map(|id| id.expect("an id")[2..].parse().expect("a number")).collect()
    }

    /// Lets a file end; once more, if one of its chunks could not be read. Returns whether it was redriven.
    async fn settled(&mut self, id: &str, tally: &mut Tally) -> bool {
        self.history.deliver_all(tally).await;
        if self.job(id).await["not_closed"]["code"] != "rows_not_processed" {
            return false;
        }
        let (worker, import) = ((&self.history.stack.reliable).into(), id.parse().expect("an id"));
        let redriven = saldo_jobs::import::redrive(&worker, &self.history.org, &import).await;
        assert!(matches!(redriven, Ok(Redriven::Queued { .. })), "{redriven:?}");
        self.history.deliver_all(tally).await;
        self.count("redriven");
        true
    }

    /// Checks that the accounts are as the model has them.
    async fn check(&self, night: i64, kind: Night) {
        let seed = self.history.seed;
        for (number, item) in &self.model.items {
            let external_id = format!("N-{number}").parse().expect("an id");
            let id = saldo_domain::id::AccountId::of_external(&self.history.org, &external_id);
            let account =
                self.history.stack.reliable.accounts.get(&self.history.org, &id).await.expect("DynamoDB");
            let open =
                account.as_ref().and_then(saldo_domain::account::Account::open_amount).unwrap_or_default();
            assert_eq!(
                open,
                item.open().into(),
                "seed {seed}, night {night} ({kind:?}), item {number}: {item:?} {account:#?}"
            );
        }
    }

    /// Lets a file end, and compares what it did with the model.
    async fn end(&mut self, file: &mut File, night: Night, tally: &mut Tally) {
        let redriven = self.settled(&file.id, tally).await;
        let later = self.model.latest.is_some_and(|(latest, _)| latest > file.at);
        self.model.store(file, redriven);
        let expected = match file.unfit {
            Some(code) => code,
            None if later => "superseded",
            None => "",
        };
        let held = expected.is_empty() && self.model.is_held(file);
        let mut job = self.job(&file.id).await;
        let context = format!("seed {}, {night:?}: {job:#}", self.history.seed);
        assert_eq!(job["not_closed"]["code"].as_str().unwrap_or_default(), expected, "{context}");
        assert_eq!(job["status"] == "awaiting_confirmation", held, "{context}");
        if expected.is_empty() {
            assert_eq!(self.listed(&file.id).await, self.model.omits(file), "{context}");
        }
        if held {
            self.count("held");
            match night {
                Night::Truncated { confirmed: true, .. } => {
                    self.history.post(&format!("/v1/imports/{}/confirm", file.id), json!({})).await;
                }
                Night::Truncated { cancelled: true, .. } => {
                    self.history.post(&format!("/api/v1/import/{}/cancel", file.id), json!({})).await;
                }
                _ => {
                    self.waiting = Some(file.clone());
                    return;
                }
            }
            self.history.deliver_all(tally).await;
            job = self.job(&file.id).await;
        }
        let closes = expected.is_empty() && job["status"] != "cancelled";
        let count = if closes { self.model.omits(file).len() } else { 0 };
        assert_eq!(job["closed"], count, "seed {}, {night:?}: {job:#}", self.history.seed);
        if closes {
            self.model.close(file);
            self.count("closed");
        } else {
            self.model.forget_days(file);
        }
    }

    async fn night(&mut self, night: i64, tally: &mut Tally) {
        let day = day_of(night);
        self.trade();
        let kind = self.kind();
        self.count(format!("{kind:?}"));
        let mut rows = self.erp.clone();
        if let Night::Truncated { .. } = kind {
            rows = rows.into_iter().take(3).collect();
        }
        if kind == Night::Late {
            let at = self.history.random.random_range(0..self.files.len());
            let old = self.files[at].clone();
            let rows = old.rows.clone();
            let mut late = self.send(&rows, old.at.0, Night::Late, false).await;
            self.end(&mut late, kind, tally).await;
            return self.check(night, kind).await;
        }
        let dry = match self.history.random.random_bool(0.2) && self.waiting.is_none() {
            true => {
                let dry = self.send(&rows, day, kind, true).await;
                self.settled(&dry.id, tally).await;
                Some(self.listed(&dry.id).await)
            }
            false => None,
        };
        let mut file = self.send(&rows, day, kind, false).await;
        match kind {
            Night::Overlapping => self.overlap(file, night, tally).await,
            Night::Twice => {
                self.end(&mut file, kind, tally).await;
                let mut again = self.send(&rows, day, kind, false).await;
                self.end(&mut again, kind, tally).await;
            }
            _ => {
                let expected = self.model.omits_after(&file);
                self.end(&mut file, kind, tally).await;
                if let (Some(dry), None) = (dry, file.unfit) {
                    assert_eq!(
                        dry, expected,
                        "seed {}, {kind:?}: the list of the dry run",
                        self.history.seed
                    );
                    self.count("dry run");
                }
            }
        }
        if let Some(waiting) =
            self.waiting.take_if(|waiting| waiting.id != self.files.last().expect("a file").id)
        {
            let job = self.job(&waiting.id).await;
            assert_eq!(job["not_closed"]["code"], "superseded", "seed {}: {job:#}", self.history.seed);
            self.count("superseded while it waited");
        }
        self.check(night, kind).await;
    }

    /// Accepts the file of the next day before this one has ended. Of both, few items are missing.
    async fn overlap(&mut self, first: File, night: i64, tally: &mut Tally) {
        for _ in 0..self.history.random.random_range(0..9) {
            self.history.deliver_one(tally).await;
        }
        let mut rows = self.erp.clone();
        rows.pop_first();
        rows.pop_last();
        let next = self.send(&rows, day_of(night).tomorrow().expect("a day"), Night::Plain, false).await;
        for file in [&first, &next] {
            let redriven = self.settled(&file.id, tally).await;
            let job = self.job(&file.id).await;
            self.model.store(file, redriven);
            match job["not_closed"]["code"].as_str() {
                Some("superseded") if file.id == first.id => self.count("superseded by an overlapping file"),
                None => self.model.close(file),
                other => panic!("seed {}: {other:?} {job:#}", self.history.seed),
            }
        }
    }

    fn kind(&mut self) -> Night {
        // A file of an older day after one with refused rows finds no day of the rows that repeated their accounts.
        let may_be_late = self.waiting.is_none() && self.model.latest.is_some_and(|(_, clean)| clean);
        let random = &mut self.history.random;
        let kind = match random.random_range(0..20) {
            0..=1 => Night::Truncated { confirmed: true, cancelled: false },
            2 => Night::Truncated { confirmed: false, cancelled: true },
            3 => Night::Truncated { confirmed: false, cancelled: false },
            4 => Night::Unidentified,
            5 => Night::Miscounted,
            6..=7 => Night::Refused,
            8..=10 => Night::Overlapping,
            11..=12 => Night::Twice,
            13..=14 => Night::Late,
            _ => Night::Plain,
        };
        if kind == Night::Late && !may_be_late { Night::Plain } else { kind }
    }
}

/// The day of a night's file. Each second one is left for the file that overlaps it.
fn day_of(night: i64) -> Date {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.checked_sub((2 * (NIGHTS - night) + 2).days()).expect("a day")
}

#[tokio::test]
async fn three_months_of_nightly_files_end_as_the_model_says() {
    let seeds = env::var("SALDO_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let nights = if seeds.is_some() { NIGHTS } else { NIGHTS_IN_SHORT };
    let seeds = seeds.unwrap_or(1);
    let first = env::var("SALDO_FIRST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let aws = services(&Data::Ephemeral).await;
    let stack = FaultyStack::new(&aws);
    for seed in first..first + seeds {
        let mut tally = Tally::default();
        let mut history = History::new(&stack, seed).await;
        history.app.limits.rows_per_chunk = 20;
        let mut months = Months {
            history,
            erp: BTreeMap::new(),
            model: Model::default(),
            files: Vec::new(),
            waiting: None,
            seen: BTreeMap::new(),
        };
        for _ in 0..9 {
            months.trade();
        }
        for night in 0..nights {
            months.night(night, &mut tally).await;
        }
        println!(
            "seed {seed}: {} files, {} deliveries, {} workers killed, {} dead letters: {:?}",
            months.files.len(),
            tally.deliveries,
            tally.deaths,
            tally.dead_letters,
            months.seen
        );
        let rare = ["dry run", "superseded while it waited", "Late", "Twice", "Refused"];
        let rare = rare.into_iter().filter(|_| nights == NIGHTS);
        for what in ["held", "closed"].into_iter().chain(rare) {
            assert!(months.seen.contains_key(what), "seed {seed}: no {what}: {:?}", months.seen);
        }
    }
    aws.stop().await;
}
