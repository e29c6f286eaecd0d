//! The capacity that an import consumes, as DynamoDB reports it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use futures::TryStreamExt;
use jiff::Timestamp;
use local::App;
use local::{Aws, Data, sqs_event};
use saldo_domain::account::AccountFilter;
use saldo_domain::id::shards::Shards;
use saldo_domain::id::{OrgId, UploadId};
use saldo_domain::import::Upload;
use saldo_domain::key::KeySecret;
use saldo_http::service;
use saldo_store::Limits;
use saldo_store::files::uploaded_file;
use serde_json::{Value, json};
use testing::services;
use testing::wire::{Meter, Spent, Sum, intercepted};
use tower::ServiceExt;
use uuid::Uuid;

const ROWS: usize = 1_000;

/// An organization whose requests to DynamoDB are metered.
pub(crate) struct Metered {
    pub(crate) aws: Aws,
    pub(crate) app: App,
    meter: Arc<Meter>,
    pub(crate) org: OrgId,
    key: KeySecret,
}

impl Metered {
    pub(crate) async fn start(rows_per_chunk: usize) -> Self {
        Self::with_shards(Shards::DEFAULT, rows_per_chunk).await
    }

    async fn with_shards(shards: Shards, rows_per_chunk: usize) -> Self {
        let aws = services(&Data::Ephemeral).await;
        let meter = Arc::new(Meter::default());
        let app = aws.app_over(&intercepted(aws.sdk_config(), &meter));
        let app = App { limits: Limits { rows_per_chunk, ..app.limits }, ..app };
        let org = OrgId::random_with(shards).expect("randomness");
        let key = local::demo::create_organization(&aws.app(), org.clone(), "Test", "ARS").await;
        Self { aws, app, meter, org, key: key.expect("an organization") }
    }

    /// Sends a request and returns the capacity that it consumed.
    async fn spend(&self, method: Method, path: &str, body: Value) -> BTreeMap<String, Spent> {
        let request = Request::builder().method(method).uri(path).header("x-api-key", self.key.expose());
        let request = request.header("content-type", "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = request.body(body).expect("a request");
        self.meter.lap();
        let answer = service(local::routes(&self.app)).oneshot(request).await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        self.meter.lap()
    }

    /// Imports rows, of which the first `changed` have other notes than those of another import, and returns the
    /// capacity that this consumed.
    async fn import(&self, rows: usize, owner_id: Option<&str>, changed: usize) -> BTreeMap<String, Spent> {
        let accounts: Vec<Value> = (0..rows).map(|n| account(n, owner_id, changed)).collect();
        let spent = self.import_accounts(accounts).await;
        println!("owner {owner_id:?}, {changed} changed");
        spent
    }

    /// Lets workers process the messages of imports until none is left.
    async fn work(&self) {
        let sqs = aws_sdk_sqs::Client::new(self.aws.sdk_config());
        let queues = [&self.aws.variables["SALDO_PLAN_QUEUE"], &self.aws.variables["SALDO_IMPORT_QUEUE"]];
        loop {
            let mut is_idle = true;
            for queue in queues {
                let poll = sqs.receive_message().queue_url(queue).max_number_of_messages(10);
                let messages = poll.send().await.expect("SQS").messages.unwrap_or_default();
                if !messages.is_empty() {
                    is_idle = false;
                    let answer = saldo_jobs::import::handle((&self.app).into(), sqs_event(&messages)).await;
                    assert_eq!(answer.batch_item_failures, []);
                }
            }
            if is_idle {
                return;
            }
        }
    }

    /// Imports an uploaded file, and returns the capacity that this consumed.
    pub(crate) async fn import_file(&self, content: String, mut options: Value) -> Sum {
        let upload = UploadId::of_seed(Uuid::now_v7());
        let (id, org, created_at) = (upload.clone(), self.org.clone(), Timestamp::now());
        let announced =
            Upload { id, org, format: None, gzip: false, filename: None, sha256: None, created_at };
        self.app.uploads.accept(&announced).await.expect("DynamoDB");
        let name = uploaded_file(&self.org, &upload);
        self.app.files.put(&name, "text/plain", content.into()).await.expect("S3");
        options["upload_id"] = json!(upload);
        let request = Request::post("/api/v1/import").header("x-api-key", self.key.expose());
        let request = request.header("content-type", "application/json");
        let request = request.body(Body::from(options.to_string())).expect("a request");
        self.meter.lap();
        let response = service(import::routes((&self.app).into())).oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), 202);
        self.work().await;
        Sum::of(&self.meter.lap())
    }

    /// Imports these rows, and returns the capacity that this consumed.
    async fn import_accounts(&self, accounts: Vec<Value>) -> BTreeMap<String, Spent> {
        let rows = accounts.len();
        let request = Request::post("/api/v1/import")
            .header("x-api-key", self.key.expose())
            .header("content-type", "application/json")
            .body(Body::from(json!({ "accounts": accounts }).to_string()))
            .expect("a request");
        let response = service(import::routes((&self.app).into())).oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), 202);
        self.work().await;
        let spent = self.meter.lap();
        let Sum { requests, read_units, write_units } = Sum::of(&spent);
        let rows_per_chunk = self.app.limits.rows_per_chunk;
        println!(
            "{rows} rows, {rows_per_chunk} in a chunk: {requests} requests, {write_units} write units, \
             {read_units} read units"
        );
        spent
    }
}

/// A row, of which the first `changed` have other notes than those of another import.
fn account(n: usize, owner_id: Option<&str>, changed: usize) -> Value {
    let notes = if n < changed { "Paid in part" } else { "60 days past due, prior arrangement lapsed" };
    json!({
        "contact": { "name": format!("María García {n}"), "phone": "+5491155551234" },
        "total_amount": 45000, "external_id": format!("INV-2026-{n}"), "source_system": "SAP",
        "due_date": "2026-01-15", "currency": "ARS", "owner_id": owner_id, "notes": notes
    })
}

/// The capacity that a first import consumes.
async fn spent(rows: usize, rows_per_chunk: usize) -> BTreeMap<String, Spent> {
    let metered = Box::pin(Metered::start(rows_per_chunk)).await;
    let spent = Box::pin(metered.import(rows, None, 0)).await;
    metered.aws.stop().await;
    spent
}

#[tokio::test]
async fn import_costs_at_most_1_01_write_units_per_row() {
    // What an import costs beside its rows and chunks is a tenth of a percent of ten thousand rows.
    let rows = 2 * ROWS;
    let spent = spent(rows, 500).await;
    assert_eq!(spent["BatchExecuteStatement"].requests, rows as u64 / 25);
    let beside_the_rows = spent["UpdateItem"].requests;
    assert!(
        (9..=10).contains(&beside_the_rows),
        "key use, look at the open imports, row count, queued chunks, four commits, and one or two attempts to end \
         the job: {spent:?}"
    );
    assert_eq!(spent["PutItem"].requests, 2, "the job and its entry among the open imports: {spent:?}");
    assert_eq!(spent["DeleteItem"].requests, 1, "the entry: {spent:?}");
    let per_row = Sum::of(&spent).write_units / rows as f64;
    assert!((1.0..=1.01).contains(&per_row), "{per_row} write units a row: {spent:?}");
}

#[tokio::test]
async fn chunk_commit_costs_one_write_unit() {
    let (few, many) = (spent(ROWS, 500).await, spent(ROWS, 25).await);
    let [few_units, many_units] = [&few, &many].map(|spent| Sum::of(spent).write_units);
    let per_chunk = (many_units - few_units) / 38.0;
    // The planner records how many chunks are queued once per forty chunks.
    assert!((1.0..=1.1).contains(&per_chunk), "{per_chunk} write units a chunk: {few:?}, {many:?}");
}

#[tokio::test]
async fn row_without_balance_change_costs_no_index_unit() {
    let metered = Metered::start(500).await;
    for (import, changed, units_per_row) in [("first", 0, 2.0), ("other notes", ROWS, 1.0)] {
        let spent = metered.import(ROWS, Some("owner"), changed).await;
        let per_row = Sum::of(&spent).write_units / ROWS as f64;
        let expected = units_per_row..=units_per_row + 0.02;
        assert!(expected.contains(&per_row), "{import}: {per_row} write units a row");
    }
    metered.aws.stop().await;
}

/// Imports a thousand transactions of two accounts in one request, and returns the capacity that this consumed.
async fn import_transactions(metered: &Metered) -> BTreeMap<String, Spent> {
    let row = |n: usize| {
        json!({
            "accountIdentifier": format!("iban-{}", n % 2), "transactionId": format!("{n}"),
            "text": "Miete Januar, Danke", "amount": "850.00", "currency": "EUR", "valutaAt": "2026-01-15"
        })
    };
    let rows: Vec<Value> = (0..ROWS).map(row).collect();
    let body = json!({ "transactions": rows });
    let spent = metered.spend(Method::POST, "/api/public/v1/transactions", body).await;
    println!("{ROWS} transactions: {:?}", Sum::of(&spent));
    spent
}

#[tokio::test]
async fn thousand_transactions_cost_at_most_60_requests() {
    let metered = Metered::start(500).await;
    let new = import_transactions(&metered).await;
    let batches = ROWS as u64 / 25;
    assert_eq!(new["BatchExecuteStatement"].requests, batches + 1, "and the list of accounts: {new:?}");
    assert_eq!(new["BatchGetItem"].requests, 11, "a hundred at a time, and the list of accounts: {new:?}");
    let Sum { requests, write_units, .. } = Sum::of(&new);
    assert!(requests <= 60, "{requests} requests: {new:?}");
    // Each is in the table and in the index by date.
    assert!((2.0..=2.01).contains(&(write_units / ROWS as f64)), "{write_units} write units: {new:?}");

    let again = import_transactions(&metered).await;
    let Sum { requests, write_units, .. } = Sum::of(&again);
    assert!(requests <= 12, "{requests} requests: {again:?}");
    assert!(write_units <= 1.0, "{write_units} write units: {again:?}");
    metered.aws.stop().await;
}

#[tokio::test]
async fn reading_all_shards_costs_a_unit_each() {
    for (shards, units) in [("16", 16.0), ("256", 256.0)] {
        let metered = Metered::with_shards(shards.parse().expect("a number of shards"), 500).await;
        for n in 0..10 {
            let account = json!({ "type": "savings", "balance": n, "currency": "USD", "owner_id": "owner" });
            metered.spend(Method::POST, "/v1/accounts", account).await;
            metered.spend(Method::POST, "/api/clients", json!({ "name": format!("Client {n}") })).await;
        }
        for path in ["/v1/accounts?limit=100", "/api/clients?pageSize=1"] {
            let spent = metered.spend(Method::GET, path, Value::Null).await["Query"];
            println!("{shards} shards, {path}: {spent:?}");
            assert!((units..=units + 1.0).contains(&spent.units), "{shards} shards: {path}: {spent:?}");
        }
        metered.meter.lap();
        let exported = metered.app.accounts.export(&metered.org, &AccountFilter::default(), Vec::new(), 400);
        assert_eq!(exported.try_collect::<Vec<_>>().await.expect("no faults").len(), 10);
        let spent = metered.meter.lap()["Query"];
        println!("{shards} shards, export: {spent:?}");
        assert!((units / 2.0..=units / 2.0 + 1.0).contains(&spent.units), "{shards} shards: {spent:?}");
        metered.aws.stop().await;
    }
}

#[tokio::test]
async fn unchanged_rows_cost_no_write_units() {
    let metered = Metered::start(500).await;
    metered.import(ROWS, None, 0).await;
    for (changed, units_per_row_max) in [(0, 0.05), (ROWS / 10, 0.15)] {
        let spent = metered.import(ROWS, None, changed).await;
        let Sum { requests, write_units, .. } = Sum::of(&spent);
        let (per_row, requests_per_row) = (write_units / ROWS as f64, requests as f64 / ROWS as f64);
        assert!(per_row <= units_per_row_max, "{changed} changed: {per_row} write units a row: {spent:?}");
        assert!(requests_per_row <= 0.07, "{changed} changed: {requests_per_row} requests a row: {spent:?}");
    }
    metered.aws.stop().await;
}

#[tokio::test]
async fn account_with_ten_allocations_costs_one_query_a_row() {
    const ACCOUNTS: usize = 25;
    let metered = Metered::start(500).await;
    let rows = |amount: usize| -> Vec<Value> {
        let row = |n: usize| {
            let mut row = account(n, None, 0);
            row["total_amount"] = json!(amount);
            row
        };
        (0..ACCOUNTS).map(row).collect()
    };
    // The queries for the open imports.
    let others = metered.import_accounts(rows(1_000)).await["Query"];
    let accounts = metered.app.accounts.export(&metered.org, &AccountFilter::default(), Vec::new(), 400);
    let accounts: Vec<_> = accounts.try_collect().await.expect("no faults");
    let mut adjusted = BTreeMap::new();
    for account in &accounts {
        for balance in 1..=10 {
            let path = format!("/v1/accounts/{}", account.id);
            adjusted = metered.spend(Method::PUT, &path, json!({ "balance": -balance })).await;
        }
    }
    println!("a balance of an account with nine allocations: {:?} {adjusted:?}", Sum::of(&adjusted));
    assert_eq!(adjusted["TransactWriteItems"].requests, 1, "{adjusted:?}");
    for (import, amount, writes) in [("changed", 900, 1.0), ("unchanged", 900, 0.0)] {
        let spent = metered.import_accounts(rows(amount)).await;
        let queries = spent["Query"];
        let of_rows = ["BatchExecuteStatement", "BatchGetItem", "Query"];
        let of_rows: BTreeMap<_, _> =
            of_rows.iter().filter_map(|name| Some((*name, *spent.get(*name)?))).collect();
        println!("{import}, ten allocations an account, {ACCOUNTS} rows: {of_rows:?}");
        assert_eq!(queries.requests - others.requests, ACCOUNTS as u64, "{import}: {spent:?}");
        // Ten allocations have less than 4 KB, a consistent read unit.
        let units = queries.units - others.units;
        assert!((units - ACCOUNTS as f64).abs() < 0.1, "{import}: {units} read units: {spent:?}");
        let written = spent.get("BatchExecuteStatement").map_or(0.0, |batch| batch.units) / ACCOUNTS as f64;
        assert!(
            (writes..=writes + 0.1).contains(&written),
            "{import}: {written} write units a row: {spent:?}"
        );
    }
    metered.aws.stop().await;
}

#[tokio::test]
async fn clients_of_rows_cost_one_look_up_a_chunk_and_one_write_when_new() {
    const CLIENTS: usize = 150;
    let metered = Metered::start(500).await;
    let rows = |changed: usize| -> Vec<Value> {
        let row = |n: usize| {
            let mut row = account(n, None, changed);
            row["client_external_id"] = json!(format!("{:06}", n % CLIENTS));
            row
        };
        (0..ROWS).map(row).collect()
    };
    // Both chunks begin at the same time, so the second one may find the clients missing, too: a condition that fails costs
    // what a write costs, and then the clients are read again.
    for (import, changed, units, again) in
        [("new", 0, 2 * ROWS + CLIENTS, CLIENTS), ("unchanged", 0, 0, 0), ("changed", 100, 100, 0)]
    {
        let spent = metered.import_accounts(rows(changed)).await;
        let beside = Sum::of(&spent).write_units - units as f64;
        assert!((0.0..=30.0 + again as f64).contains(&beside), "{import}: {beside} units beside: {spent:?}");
        // The first hundred rows of a chunk name a hundred clients, the second hundred the other fifty.
        let look_ups = spent["BatchGetItem"].requests - ROWS as u64 / 100;
        let most = if again > 0 { 8 } else { 5 };
        assert!(
            (4..=most).contains(&look_ups),
            "{import}: {look_ups} look-ups beside those of accounts: {spent:?}"
        );
    }
    metered.aws.stop().await;
}
