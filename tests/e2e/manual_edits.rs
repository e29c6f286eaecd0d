//! Manual edits during imports. Of an edit and an import, the one that was accepted later wins, no
//! matter when the import's rows are written.

use std::time::Duration;

use local::App;
use reqwest::Method;
use saldo_domain::id::{AccountId, ImportId, OrgId};
use saldo_domain::import::{Refused, Written};
use saldo_store::Seen;
use serde_json::{Value, json};
use testing::{Tenant, saldo, write_row};
use uuid::Uuid;

/// A tenant, and the tables, to which the tests write rows of imports in any order.
struct Tables {
    tenant: Tenant,
    app: App,
    org: OrgId,
}

impl Tables {
    /// `None` if tests can't reach the tables.
    async fn open() -> Option<Self> {
        let saldo = saldo().await;
        let tenant = saldo.tenant().await;
        let (app, org) = (saldo.app().await?, tenant.org()?.clone());
        Some(Self { tenant, app, org })
    }

    /// The result of a look-up now.
    async fn look_up(&self) -> Seen {
        let mut seen =
            self.app.accounts.look_up(&self.org, [self.id()].into(), false).await.expect("DynamoDB");
        seen.remove(&self.id()).unwrap_or_default()
    }

    /// Writes a row of the account after a look-up.
    async fn write(&self, import: &ImportId, more: Value) -> Result<Written, String> {
        self.write_seen(import, more, self.look_up().await).await
    }

    /// Writes a row of the account after a given look-up, which can be stale.
    async fn write_seen(&self, import: &ImportId, more: Value, seen: Seen) -> Result<Written, String> {
        let mut row = json!({ "contact": { "name": "Ana" }, "total_amount": 100, "external_id": "INV-1" });
        row.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        write_row(&self.app, &self.org, import, &self.id(), &row, &seen)
            .await
            .map(|done| done.written)
            .map_err(|refused| match refused {
                Refused::Invalid(finding) => finding.reason.into_owned(),
                Refused::Incomplete => "incomplete".to_owned(),
                Refused::Waits => "waits".to_owned(),
            })
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

/// An import that is accepted now. Waits for the next millisecond, so that later events have a later
/// time.
async fn accepted() -> ImportId {
    let import = ImportId::of_seed(Uuid::now_v7());
    tokio::time::sleep(Duration::from_millis(2)).await;
    import
}

#[tokio::test]
async fn row_in_flight_keeps_manual_edit() {
    let Some(tables) = Tables::open().await else { return };
    let first = accepted().await;
    assert_eq!(tables.write(&first, json!({})).await, Ok(Written::Imported));
    let in_flight = accepted().await;
    tables.change(json!({ "notes": "by hand", "balance": -10 })).await;
    let later = json!({ "total_amount": 70, "notes": "on its way", "campaign_id": "c", "contact": { "name": "Bea" } });
    for _ in 0..2 {
        assert_eq!(tables.write(&in_flight, later.clone()).await, Ok(Written::Updated));
        let account = tables.account().await;
        // 70, less the adjustment of 90.
        assert_eq!((&account["notes"], &account["balance"]), (&json!("by hand"), &json!(20)));
        assert_eq!((&account["campaign_id"], &account["total_amount"]), (&json!("c"), &json!(70)));
        assert_eq!(account["contact"]["name"], "Bea");
    }
    let newest = accepted().await;
    assert_eq!(
        tables.write(&newest, json!({ "total_amount": 50, "notes": "newest" })).await,
        Ok(Written::Updated)
    );
    let account = tables.account().await;
    assert_eq!(
        (&account["notes"], &account["balance"]),
        (&json!("newest"), &json!(40)),
        "the next import wins, less the adjustment"
    );
    assert_eq!(tables.write(&first, json!({})).await, Ok(Written::Imported), "its answer stays the same");
}

#[tokio::test]
async fn late_row_of_older_import_keeps_manual_edit() {
    let Some(tables) = Tables::open().await else { return };
    let (older, newer) = (accepted().await, accepted().await);
    assert_eq!(tables.write(&newer, json!({})).await, Ok(Written::Imported));
    tables.change(json!({ "notes": "by hand", "status": "open" })).await;
    let row = json!({ "notes": "older", "status": "older", "campaign_id": "older" });
    assert_eq!(tables.write(&older, row).await, Ok(Written::Updated));
    let account = tables.account().await;
    assert_eq!(
        (&account["notes"], &account["status"], &account["campaign_id"]),
        (&json!("by hand"), &json!("open"), &json!("older"))
    );
}

#[tokio::test]
async fn amount_is_never_stored_without_its_currency() {
    let Some(tables) = Tables::open().await else { return };
    // The manually set balance has too many digits for the currency.
    let (older, newer) = (accepted().await, accepted().await);
    assert_eq!(tables.write(&newer, json!({})).await, Ok(Written::Imported));
    tables.change(json!({ "balance": "-10.50" })).await;
    assert_eq!(tables.write(&older, json!({ "currency": "JPY" })).await, Ok(Written::Updated));
    let account = tables.account().await;
    assert_eq!((&account["currency"], &account["balance"]), (&json!("ARS"), &json!(-10.5)));
    tables.change(json!({ "notes": "still to be changed" })).await;

    // An amount in another currency than the one that was set manually meanwhile.
    let in_flight = accepted().await;
    tables.change(json!({ "currency": "EUR" })).await;
    let in_dollars = json!({ "currency": "USD", "total_amount": 7 });
    assert_eq!(tables.write(&in_flight, in_dollars).await, Ok(Written::Unchanged));
    let account = tables.account().await;
    assert_eq!(
        (&account["currency"], &account["total_amount"], &account["balance"]),
        (&json!("EUR"), &json!(100), &json!(-10.5))
    );

    // An amount without currency that has too many digits for the manually set one.
    let in_flight = accepted().await;
    tables.change(json!({ "currency": "JPY", "balance": 10 })).await;
    let refused = tables.write(&in_flight, json!({ "total_amount": "7.25" })).await;
    assert_eq!(refused, Err("amounts in JPY have at most 0 decimal places".to_owned()));
}

#[tokio::test]
async fn row_in_flight_does_not_recreate_deleted_account() {
    let Some(tables) = Tables::open().await else { return };
    let (first, second, in_flight) = (accepted().await, accepted().await, accepted().await);
    assert_eq!(tables.write(&first, json!({ "owner_id": "o" })).await, Ok(Written::Imported));
    assert_eq!(tables.write(&second, json!({})).await, Ok(Written::Unchanged));
    assert_eq!(tables.tenant.delete(&tables.path()).await.status, 204);

    for (import, expected) in
        [(&first, Written::Imported), (&second, Written::Unchanged), (&in_flight, Written::Updated)]
    {
        assert_eq!(tables.write(import, json!({ "notes": "back" })).await, Ok(expected));
    }
    let gone = (404, "not_found".to_owned());
    assert_eq!(tables.tenant.get(&tables.path()).await.problem(), gone);
    assert_eq!(
        tables.tenant.json(Method::PUT, &tables.path(), json!({ "notes": "x" })).await.problem(),
        gone
    );
    assert_eq!(tables.tenant.delete(&tables.path()).await.problem(), gone);
    for query in ["", "?type=receivable", "?owner_id=o"] {
        let listed = tables.tenant.get(&format!("/v1/accounts{query}")).await.json();
        assert_eq!(listed, json!({ "data": [], "has_more": false, "next_starting_after": null }), "{query}");
    }

    let newer = accepted().await;
    for _ in 0..2 {
        assert_eq!(tables.write(&newer, json!({ "total_amount": 5 })).await, Ok(Written::Imported));
    }
    let account = tables.account().await;
    assert_eq!(
        (&account["balance"], &account["owner_id"], account.get("notes")),
        (&json!(-5), &Value::Null, None)
    );
    assert_eq!(tables.tenant.get("/v1/accounts").await.json()["data"], json!([account]));
}

#[tokio::test]
async fn row_with_stale_look_up_overwrites_nothing_newer() {
    let Some(tables) = Tables::open().await else { return };
    let (first, oldest, older, newer) =
        (accepted().await, accepted().await, accepted().await, accepted().await);
    assert_eq!(tables.write(&first, json!({ "notes": "same" })).await, Ok(Written::Imported));
    let nothing = Seen::default();
    let before = tables.look_up().await;
    assert_eq!(tables.write(&newer, json!({})).await, Ok(Written::Unchanged));
    // Of two late rows, the newer one has the account's current values.
    let between = tables.look_up().await;
    assert_eq!(tables.write(&older, json!({ "notes": "same" })).await, Ok(Written::Updated));
    for seen in [between, before.clone(), nothing] {
        assert_eq!(
            tables.write_seen(&oldest, json!({ "notes": "oldest" }), seen).await,
            Ok(Written::Updated)
        );
        assert_eq!(tables.account().await["notes"], "same");
    }
    // The newest row, whose look-up is older than the last change.
    let newest = accepted().await;
    tables.change(json!({ "notes": "by hand" })).await;
    assert_eq!(
        tables.write_seen(&newest, json!({ "notes": "same", "status": "s" }), before).await,
        Ok(Written::Updated)
    );
    let account = tables.account().await;
    assert_eq!((&account["notes"], &account["status"]), (&json!("by hand"), &json!("s")));
}

#[tokio::test]
async fn recreated_account_ignores_rows_in_flight_to_its_predecessor() {
    let Some(tables) = Tables::open().await else { return };
    let (first, in_flight) = (accepted().await, accepted().await);
    assert_eq!(tables.write(&first, json!({ "notes": "first" })).await, Ok(Written::Imported));
    assert_eq!(tables.tenant.delete(&tables.path()).await.status, 204);
    let again = accepted().await;
    assert_eq!(tables.write(&again, json!({})).await, Ok(Written::Imported));
    let late = json!({ "notes": "late", "campaign_id": "late", "total_amount": 7 });
    assert_eq!(tables.write(&in_flight, late).await, Ok(Written::Updated));
    assert_eq!(
        tables.write(&first, json!({ "notes": "first" })).await,
        Ok(Written::Imported),
        "the row has no changes"
    );
    let account = tables.account().await;
    assert_eq!(
        (&account["balance"], account.get("notes"), account.get("campaign_id")),
        (&json!(-100), None, None)
    );
    assert_eq!(tables.write(&accepted().await, json!({ "notes": "new" })).await, Ok(Written::Updated));
    assert_eq!(tables.account().await["notes"], "new");
}

#[tokio::test]
async fn row_without_changes_keeps_account_unchanged() {
    let Some(tables) = Tables::open().await else { return };
    let row = json!({ "notes": "n", "currency": "USD", "contact": { "name": "Ana", "phone": null } });
    assert_eq!(tables.write(&accepted().await, row.clone()).await, Ok(Written::Imported));
    let etag = async || tables.tenant.get(&tables.path()).await.header("etag").to_owned();
    let before = (etag().await, tables.account().await);
    for _ in 0..2 {
        assert_eq!(tables.write(&accepted().await, row.clone()).await, Ok(Written::Unchanged));
        assert_eq!((etag().await, tables.account().await), before);
    }
    assert_eq!(tables.write(&accepted().await, json!({ "notes": "other" })).await, Ok(Written::Updated));
    assert_ne!(etag().await, before.0);
}
