//! Open imports: rows of a newer import that change nothing leave marks in their accounts while an older import may still
//! write, and write nothing otherwise.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use local::{App, sqs_event};
use saldo_domain::id::{AccountId, ImportId};
use saldo_domain::import::{Accepted, Format, ImportJob, ImportStatus, Notation, PayloadFile};
use saldo_jobs::import::Redriven;
use saldo_store::files::ImportFiles;
use serde_json::Value;
use testing::wire::{FaultPlan, intercepted};
use uuid::Uuid;

use crate::dead_letters::ImportFixture;

impl ImportFixture {
    /// Whether the import's rows leave marks, and how many rows changed nothing.
    async fn marks(&self, id: &ImportId) -> (bool, u64) {
        let import = self.import(id).await;
        (import.job.marks_unchanged, import.counts().unchanged)
    }

    async fn name(&self) -> String {
        let id = AccountId::of_external(&self.stack.org, &"r-0".parse().expect("an id"));
        let account =
            self.app.accounts.get(&self.stack.org, &id).await.expect("DynamoDB").expect("an account");
        account.contact.expect("a contact").name.to_string()
    }

    /// The job of an import that is accepted now, with its place in the order.
    async fn enter(&self, id: ImportId) -> ImportJob {
        let (org, now) = (self.stack.org.clone(), Timestamp::now());
        let accepted = Accepted {
            payload: PayloadFile { name: "imports/none".to_owned(), bytes: 100, etag: None },
            notation: Notation::of(Format::Json),
            profile: None,
            total_records: None,
            dry_run: false,
            rows_per_chunk: 500,
            chunks_at_once: 40,
        };
        let place = self.app.imports.enter(&org, &id, now).await.expect("DynamoDB").0;
        ImportJob { place, ..ImportJob::accepted(id, org, accepted, now) }
    }

    async fn no_older_is_open(&self, job: &ImportJob, now: Timestamp) -> bool {
        self.app.imports.no_older_is_open(job, now).await.expect("DynamoDB")
    }
}

/// The id of an import that is accepted this many seconds from now, by the clock of its machine.
fn id_in(seconds: i64) -> ImportId {
    let at = Timestamp::now() + SignedDuration::from_secs(seconds);
    let at = uuid::Timestamp::from_unix_time(u64::try_from(at.as_second()).expect("after 1970"), 0, 0, 0);
    ImportId::of_seed(Uuid::new_v7(at))
}

#[tokio::test]
async fn unchanged_rows_leave_marks_while_an_older_import_is_open() {
    let fixture = ImportFixture::start(500).await;
    let first = fixture.begin_named(5, "first").await;
    fixture.work().await;
    assert_eq!(fixture.marks(&first).await, (false, 0));

    // The older import is planned after the newer one, which finds what the first one has written.
    let older = fixture.begin_named(5, "older").await;
    let plan_of_older = fixture.plans().await;
    let newer = fixture.begin_named(5, "first").await;
    fixture.work().await;
    assert_eq!(fixture.marks(&newer).await, (true, 5));
    let answer = saldo_jobs::import::handle((&fixture.app).into(), sqs_event(&plan_of_older)).await;
    assert_eq!(answer.batch_item_failures, []);
    assert_eq!((fixture.name().await.as_str(), fixture.import(&older).await.counts().updated), ("first", 5));

    let last = fixture.begin_named(5, "first").await;
    fixture.work().await;
    assert_eq!(fixture.marks(&last).await, (false, 5));
    fixture.stack.stop().await;
}

#[tokio::test]
async fn exhausted_import_is_open_until_it_is_redriven() {
    let fixture = ImportFixture::start(2).await;
    let older = fixture.begin_named(4, "older").await;
    fixture.plan().await;
    fixture
        .app
        .files
        .put(&ImportFiles::of(&fixture.stack.org, &older).chunk(0), "text/plain", "x".into())
        .await
        .expect("S3");
    fixture.work().await;
    assert_eq!(fixture.import(&older).await.job.status, ImportStatus::CompletedWithErrors);

    let newer = fixture.begin_named(4, "newer").await;
    fixture.work().await;
    let again = fixture.begin_named(4, "newer").await;
    fixture.work().await;
    assert_eq!((fixture.marks(&newer).await, fixture.marks(&again).await), ((true, 0), (true, 4)));
    assert!(matches!(fixture.redrive(&older).await, Redriven::Queued { .. }));
    fixture.work().await;
    assert_eq!(fixture.import(&older).await.job.status, ImportStatus::Completed);
    assert_eq!(fixture.name().await, "newer", "the redriven rows are older");
    let last = fixture.begin_named(4, "newer").await;
    fixture.work().await;
    assert_eq!(fixture.marks(&last).await, (false, 4));
    fixture.stack.stop().await;
}

#[tokio::test]
async fn exhausted_chunk_without_marks_counts_rows_whose_accounts_have_what_they_say() {
    let fixture = ImportFixture::start(2).await;
    fixture.begin_named(5, "same").await;
    fixture.work().await;
    let again = fixture.begin_named(6, "same").await;
    fixture.plan().await;
    for number in [0, 2] {
        let chunk = ImportFiles::of(&fixture.stack.org, &again).chunk(number);
        fixture.app.files.put(&chunk, "text/plain", "poison".into()).await.expect("S3");
    }
    fixture.work().await;
    let import = fixture.import(&again).await;
    let counts = import.counts();
    assert_eq!(
        (counts.imported, counts.updated, counts.unchanged, counts.failed),
        (0, 5, 5, 1),
        "{import:#?}"
    );
    assert_eq!(import.progress.chunks_exhausted, 2, "{import:#?}");
    fixture.stack.stop().await;
}

#[tokio::test]
async fn exhausted_chunk_counts_overtaken_rows_as_updated() {
    let fixture = ImportFixture::start(3).await;
    fixture.begin_named(4, "first").await;
    fixture.work().await;
    let older = fixture.begin_named(4, "older").await;
    saldo_jobs::import::handle((&fixture.app).into(), sqs_event(&fixture.plans().await)).await;
    let chunks = fixture.chunks().await;
    // Of the three rows of its first chunk, a newer import has one, and the account of another is deleted.
    fixture.begin_named(1, "newer").await;
    fixture.work().await;
    let second = AccountId::of_external(&fixture.stack.org, &"r-1".parse().expect("an id"));
    let path = format!("/v1/accounts/{second}");
    let gone = fixture.stack.ask(&fixture.app, Method::DELETE, &path, Value::Null).await;
    assert_eq!(gone.0, 204, "{gone:?}");

    let dlq_app = fixture.app_of("ImportDeadLettersFunction");
    let answer = saldo_jobs::import::handle_dead_letters((&dlq_app).into(), sqs_event(&chunks)).await;
    assert_eq!(answer.batch_item_failures, []);
    let import = fixture.import(&older).await;
    let counts = import.counts();
    assert_eq!(
        (counts.imported, counts.updated, counts.unchanged, counts.failed),
        (0, 2, 0, 2),
        "{import:#?}"
    );
    fixture.stack.stop().await;
}

#[tokio::test]
async fn unreadable_import_is_redriven_only_if_no_newer_one_was_planned() {
    let fixture = ImportFixture::start(500).await;
    let lost = async || {
        let id = fixture.begin_named(5, "lost").await;
        fixture.app.files.delete(&ImportFiles::of(&fixture.stack.org, &id).payload()).await.expect("S3");
        fixture.work().await;
        assert_eq!(fixture.import(&id).await.job.status, ImportStatus::Failed);
        id
    };
    let id = lost().await;
    assert!(matches!(fixture.redrive(&id).await, Redriven::Queued { .. }));
    fixture.work().await;
    let newer = fixture.begin_named(5, "newer").await;
    fixture.work().await;
    assert_eq!(fixture.marks(&newer).await, (false, 0));
    assert_eq!(fixture.redrive(&id).await, Redriven::Overtaken);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn late_worker_does_not_remove_the_entry_of_a_redriven_import() {
    let fixture = ImportFixture::start(500).await;
    let id = fixture.begin_named(5, "lost").await;
    fixture.app.files.delete(&ImportFiles::of(&fixture.stack.org, &id).payload()).await.expect("S3");
    // The worker has ended the import, and is held before it removes the entry.
    let faults = FaultPlan::hold_at("DeleteItem");
    let sdk = intercepted(&fixture.stack.aws.sdk_of("ImportPlannerFunction"), &faults);
    let held = App { limits: fixture.app.limits, ..fixture.stack.aws.app_over(&sdk) };
    let plan = fixture.plans().await;
    let worker = tokio::spawn(saldo_jobs::import::handle((&held).into(), sqs_event(&plan)));
    faults.reached().await;
    assert!(matches!(fixture.redrive(&id).await, Redriven::Queued { .. }));
    let plan = fixture.plans().await;
    faults.release();
    assert_eq!(worker.await.expect("no panic").batch_item_failures, []);

    let newer = fixture.begin_named(5, "newer").await;
    fixture.work().await;
    assert_eq!(fixture.marks(&newer).await, (true, 0), "the redriven import is open");
    saldo_jobs::import::handle((&fixture.app).into(), sqs_event(&plan)).await;
    let last = fixture.begin_named(5, "newer").await;
    fixture.work().await;
    assert_eq!(fixture.marks(&last).await, (false, 5));
    fixture.stack.stop().await;
}

#[tokio::test]
async fn import_is_not_redriven_when_tombstones_may_have_expired() {
    let fixture = ImportFixture::start(500).await;
    let id = fixture.begin_named(5, "lost").await;
    fixture.app.files.delete(&ImportFiles::of(&fixture.stack.org, &id).payload()).await.expect("S3");
    fixture.work().await;
    let job = fixture.import(&id).await.job;
    let dynamodb = aws_sdk_dynamodb::Client::new(fixture.stack.sdk());
    let accepted_days_ago = async |days: i64| {
        let accepted = Timestamp::now() - SignedDuration::from_hours(24 * days);
        let update = dynamodb.update_item().table_name(&fixture.stack.aws.variables["SALDO_JOBS_TABLE"]);
        let partition = AttributeValue::S(format!("{}#{id}", fixture.stack.org));
        let update = update.key("job", partition).key("part", AttributeValue::S("job".to_owned()));
        let update = update
            .update_expression("SET created_at = :accepted")
            .condition_expression("created_at > :accepted");
        let accepted = AttributeValue::N(accepted.as_millisecond().to_string());
        update.expression_attribute_values(":accepted", accepted).send().await.expect("the job");
    };
    assert_eq!(job.status, ImportStatus::Failed);
    accepted_days_ago(23).await;
    assert!(matches!(fixture.redrive(&id).await, Redriven::Queued { .. }));
    fixture.work().await;
    assert_eq!(fixture.import(&id).await.job.status, ImportStatus::Failed);
    accepted_days_ago(24).await;
    assert_eq!(fixture.redrive(&id).await, Redriven::TooOld);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn import_with_an_old_id_takes_its_place_behind_planned_ones() {
    let fixture = ImportFixture::start(500).await;
    let planned = fixture.enter(id_in(60)).await;
    assert!(fixture.no_older_is_open(&planned, Timestamp::now()).await);
    let late = fixture.enter(id_in(-60)).await;
    assert!(late.place > planned.place && late.id < planned.id, "{late:?}");
    // Before an import is planned, others with older ids may come.
    let (newer, older) = (fixture.enter(id_in(240)).await, fixture.enter(id_in(180)).await);
    assert_eq!((&newer.place, &older.place), (&newer.id, &older.id));
    assert!(!fixture.no_older_is_open(&newer, Timestamp::now()).await);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn entry_of_an_import_that_was_not_accepted_counts_for_an_hour() {
    let fixture = ImportFixture::start(500).await;
    let (not_accepted, newer) = (fixture.enter(id_in(-2)).await, fixture.enter(id_in(-1)).await);
    let now = Timestamp::now();
    assert!(!fixture.no_older_is_open(&newer, now + SignedDuration::from_mins(59)).await);
    assert!(fixture.no_older_is_open(&newer, now + SignedDuration::from_mins(61)).await);
    // The request is repeated with its idempotency key.
    let repeated = fixture.enter(not_accepted.id.clone()).await;
    assert!(repeated.place > newer.place);
    assert!(fixture.app.imports.accept(&repeated).await.expect("DynamoDB"));
    let newest = fixture.enter(id_in(300)).await;
    assert!(!fixture.no_older_is_open(&newest, now + SignedDuration::from_hours(2)).await);
    fixture.stack.stop().await;
}

#[tokio::test]
async fn many_open_imports_are_all_seen() {
    let fixture = ImportFixture::start(500).await;
    let mut jobs = Vec::new();
    for n in 0..60 {
        jobs.push(fixture.enter(id_in(n - 100)).await);
    }
    let newest = fixture.enter(id_in(0)).await;
    let later = Timestamp::now() + SignedDuration::from_hours(2);
    // Only the last one of them is accepted.
    let last = jobs.pop().expect("a job");
    assert!(fixture.app.imports.accept(&last).await.expect("DynamoDB"));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(!fixture.no_older_is_open(&newest, later).await);
    fixture.stack.stop().await;
}
