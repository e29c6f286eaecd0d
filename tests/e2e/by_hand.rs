//! Changes by hand among imports: each counts in the moment it was accepted, whenever its
//! rows are written.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use saldo_domain::id::{AccountId, ImportId, OrgId};
use saldo_domain::import::{AccountUpsert, RawRow, RowBody, Shape};
use saldo_store::app::App;
use saldo_store::{ImportWrite, Seen, Written};
use serde_json::{Value, json};
use testing::{Tenant, saldo};
use uuid::Uuid;

/// A tenant, and the tables behind the API to write rows of imports to, in any order.
struct Books {
    tenant: Tenant,
    app: App,
    org: OrgId,
}

impl Books {
    /// None where the tables are not at hand.
    async fn open() -> Option<Self> {
        let saldo = saldo().await;
        let tenant = saldo.tenant().await;
        let (app, org) = (saldo.app().await?, tenant.org()?.clone());
        Some(Self { tenant, app, org })
    }

    /// What a look-up tells now.
    async fn look_up(&self) -> Seen {
        let mut seen =
            self.app.accounts.look_up(&self.org, [self.id()].into(), false).await.expect("DynamoDB");
        seen.remove(&self.id()).unwrap_or_default()
    }

    /// Writes the row of an account that is the same at every call.
    async fn write(&self, import: &ImportId, more: Value) -> Result<Written, String> {
        self.write_seen(import, more, self.look_up().await).await
    }

    /// The same after a look-up that may be old by now.
    async fn write_seen(&self, import: &ImportId, more: Value, seen: Seen) -> Result<Written, String> {
        let mut row = json!({ "contact": { "name": "Ana" }, "total_amount": 100, "external_id": "INV-1" });
        row.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let body = RowBody::Json(serde_json::from_str(&row.to_string()).expect("JSON"));
        let default_currency = "ARS".parse().expect("a currency");
        let checked = RawRow { index: 0, line: None, body }.check(&Shape::Objects, default_currency);
        let upsert: AccountUpsert = checked.upsert.expect("a good row");
        let (id, now) = (self.id(), Timestamp::now());
        let write = ImportWrite { org: &self.org, import, id: &id, upsert: &upsert, default_currency, now };
        self.app
            .accounts
            .import(&write, &seen)
            .await
            .expect("DynamoDB")
            .map_err(|finding| finding.reason.into_owned())
    }

    fn id(&self) -> AccountId {
        AccountId::of_external(&self.org, &"INV-1".parse().expect("an id"))
    }

    fn path(&self) -> String {
        format!("/v1/accounts/{}", self.id())
    }

    async fn account(&self) -> Value {
        self.tenant.get(&self.path()).await.json()
    }

    async fn change(&self, change: Value) {
        let changed = self.tenant.json(Method::PUT, &self.path(), change).await;
        assert_eq!(changed.status, 200, "{changed:?}");
    }
}

/// An import that is accepted now; what happens after it happens in a later millisecond.
async fn accepted() -> ImportId {
    let import = ImportId::of_seed(Uuid::now_v7());
    tokio::time::sleep(Duration::from_millis(2)).await;
    import
}

#[tokio::test]
async fn a_row_that_was_on_its_way_leaves_what_was_changed_by_hand_meanwhile() {
    let Some(books) = Books::open().await else { return };
    let first = accepted().await;
    assert_eq!(books.write(&first, json!({})).await, Ok(Written::Imported));
    let on_its_way = accepted().await;
    books.change(json!({ "notes": "by hand", "balance": -10 })).await;
    let later = json!({ "total_amount": 70, "notes": "on its way", "campaign_id": "c", "contact": { "name": "Bea" } });
    for _ in 0..2 {
        assert_eq!(books.write(&on_its_way, later.clone()).await, Ok(Written::Updated));
        let account = books.account().await;
        assert_eq!((&account["notes"], &account["balance"]), (&json!("by hand"), &json!(-10)));
        assert_eq!((&account["campaign_id"], &account["total_amount"]), (&json!("c"), &json!(70)));
        assert_eq!(account["contact"]["name"], "Bea");
    }
    let newest = accepted().await;
    assert_eq!(
        books.write(&newest, json!({ "total_amount": 50, "notes": "newest" })).await,
        Ok(Written::Updated)
    );
    let account = books.account().await;
    assert_eq!(
        (&account["notes"], &account["balance"]),
        (&json!("newest"), &json!(-50)),
        "the next import has the last word"
    );
    assert_eq!(books.write(&first, json!({})).await, Ok(Written::Imported), "its answer stays the same");
}

#[tokio::test]
async fn a_late_row_of_an_older_import_leaves_what_was_changed_by_hand() {
    let Some(books) = Books::open().await else { return };
    let (older, newer) = (accepted().await, accepted().await);
    assert_eq!(books.write(&newer, json!({})).await, Ok(Written::Imported));
    books.change(json!({ "notes": "by hand", "status": "open" })).await;
    let row = json!({ "notes": "older", "status": "older", "campaign_id": "older" });
    assert_eq!(books.write(&older, row).await, Ok(Written::Updated));
    let account = books.account().await;
    assert_eq!(
        (&account["notes"], &account["status"], &account["campaign_id"]),
        (&json!("by hand"), &json!("open"), &json!("older"))
    );
}

#[tokio::test]
async fn an_amount_never_comes_without_its_currency() {
    let Some(books) = Books::open().await else { return };
    // A currency that a balance set by hand has too many digits for.
    let (older, newer) = (accepted().await, accepted().await);
    assert_eq!(books.write(&newer, json!({})).await, Ok(Written::Imported));
    books.change(json!({ "balance": "-10.50" })).await;
    assert_eq!(books.write(&older, json!({ "currency": "JPY" })).await, Ok(Written::Updated));
    let account = books.account().await;
    assert_eq!((&account["currency"], &account["balance"]), (&json!("ARS"), &json!(-10.5)));
    books.change(json!({ "notes": "still to be changed" })).await;

    // An amount in another currency than the one set by hand meanwhile.
    let on_its_way = accepted().await;
    books.change(json!({ "currency": "EUR" })).await;
    let in_dollars = json!({ "currency": "USD", "total_amount": 7 });
    assert_eq!(books.write(&on_its_way, in_dollars).await, Ok(Written::Updated));
    let account = books.account().await;
    assert_eq!(
        (&account["currency"], &account["total_amount"], &account["balance"]),
        (&json!("EUR"), &json!(100), &json!(-10.5))
    );

    // An amount without currency that the one set by hand has no coins for.
    let on_its_way = accepted().await;
    books.change(json!({ "currency": "JPY", "balance": 10 })).await;
    let refused = books.write(&on_its_way, json!({ "total_amount": "7.25" })).await;
    assert_eq!(refused, Err("amounts in JPY have at most 0 decimal places".to_owned()));
}

#[tokio::test]
async fn a_deleted_account_does_not_come_back_by_a_row_that_was_on_its_way() {
    let Some(books) = Books::open().await else { return };
    let (first, second, on_its_way) = (accepted().await, accepted().await, accepted().await);
    assert_eq!(books.write(&first, json!({ "owner_id": "o" })).await, Ok(Written::Imported));
    assert_eq!(books.write(&second, json!({})).await, Ok(Written::Updated));
    assert_eq!(books.tenant.delete(&books.path()).await.status, 204);

    for (import, told) in
        [(&first, Written::Imported), (&second, Written::Updated), (&on_its_way, Written::Updated)]
    {
        assert_eq!(books.write(import, json!({ "notes": "back" })).await, Ok(told));
    }
    let gone = (404, "not_found".to_owned());
    assert_eq!(books.tenant.get(&books.path()).await.problem(), gone);
    assert_eq!(books.tenant.json(Method::PUT, &books.path(), json!({ "notes": "x" })).await.problem(), gone);
    assert_eq!(books.tenant.delete(&books.path()).await.problem(), gone);
    for query in ["", "?type=receivable", "?owner_id=o"] {
        let listed = books.tenant.get(&format!("/v1/accounts{query}")).await.json();
        assert_eq!(listed, json!({ "data": [], "has_more": false }), "{query}");
    }

    let newer = accepted().await;
    for _ in 0..2 {
        assert_eq!(books.write(&newer, json!({ "total_amount": 5 })).await, Ok(Written::Imported));
    }
    let account = books.account().await;
    assert_eq!(
        (&account["balance"], &account["owner_id"], account.get("notes")),
        (&json!(-5), &Value::Null, None)
    );
    assert_eq!(books.tenant.get("/v1/accounts").await.json()["data"], json!([account]));
}

#[tokio::test]
async fn a_row_that_was_looked_up_long_ago_overwrites_nothing_newer() {
    let Some(books) = Books::open().await else { return };
    let (first, oldest, older, newer) =
        (accepted().await, accepted().await, accepted().await, accepted().await);
    assert_eq!(books.write(&first, json!({ "notes": "same" })).await, Ok(Written::Imported));
    let nothing = Seen::default();
    let before = books.look_up().await;
    assert_eq!(books.write(&newer, json!({})).await, Ok(Written::Updated));
    // Of two rows that come late, the newer one says what the account says already.
    let between = books.look_up().await;
    assert_eq!(books.write(&older, json!({ "notes": "same" })).await, Ok(Written::Updated));
    for seen in [between, before.clone(), nothing] {
        assert_eq!(books.write_seen(&oldest, json!({ "notes": "oldest" }), seen).await, Ok(Written::Updated));
        assert_eq!(books.account().await["notes"], "same");
    }
    // And one that is the newest, but knows nothing of what came meanwhile.
    let newest = accepted().await;
    books.change(json!({ "notes": "by hand" })).await;
    assert_eq!(
        books.write_seen(&newest, json!({ "notes": "same", "status": "s" }), before).await,
        Ok(Written::Updated)
    );
    let account = books.account().await;
    assert_eq!((&account["notes"], &account["status"]), (&json!("by hand"), &json!("s")));
}

#[tokio::test]
async fn an_account_that_is_made_again_takes_nothing_of_what_was_on_its_way_to_the_one_before() {
    let Some(books) = Books::open().await else { return };
    let (first, on_its_way) = (accepted().await, accepted().await);
    assert_eq!(books.write(&first, json!({ "notes": "first" })).await, Ok(Written::Imported));
    assert_eq!(books.tenant.delete(&books.path()).await.status, 204);
    let again = accepted().await;
    assert_eq!(books.write(&again, json!({})).await, Ok(Written::Imported));
    let late = json!({ "notes": "late", "campaign_id": "late", "total_amount": 7 });
    assert_eq!(books.write(&on_its_way, late).await, Ok(Written::Updated));
    assert_eq!(
        books.write(&first, json!({ "notes": "first" })).await,
        Ok(Written::Imported),
        "it says the same"
    );
    let account = books.account().await;
    assert_eq!(
        (&account["balance"], account.get("notes"), account.get("campaign_id")),
        (&json!(-100), None, None)
    );
    assert_eq!(books.write(&accepted().await, json!({ "notes": "new" })).await, Ok(Written::Updated));
    assert_eq!(books.account().await["notes"], "new");
}

#[tokio::test]
async fn a_row_that_says_nothing_new_leaves_the_state_of_its_account() {
    let Some(books) = Books::open().await else { return };
    let row = json!({ "notes": "n", "currency": "USD", "contact": { "name": "Ana", "phone": null } });
    assert_eq!(books.write(&accepted().await, row.clone()).await, Ok(Written::Imported));
    let etag = async || books.tenant.get(&books.path()).await.header("etag").to_owned();
    let before = (etag().await, books.account().await);
    for _ in 0..2 {
        assert_eq!(books.write(&accepted().await, row.clone()).await, Ok(Written::Updated));
        assert_eq!((etag().await, books.account().await), before);
    }
    assert_eq!(books.write(&accepted().await, json!({ "notes": "other" })).await, Ok(Written::Updated));
    assert_ne!(etag().await, before.0);
}
