//! Open items: credit notes, the days of amounts, and files that arrive in another order than they were made in.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Tenant, another_day_than_midnight, saldo};

use crate::uploads::{begin, import as upload};

pub(crate) async fn import(tenant: &Tenant, csv: &str, options: Value) -> Value {
    upload(tenant, json!({ "format": "csv", "filename": "list.csv" }), csv.into(), options).await
}

/// The account with an external id, with all columns of an export.
pub(crate) async fn account(tenant: &Tenant, external_id: &str) -> Value {
    let columns = json!([
        "kind",
        "amounts",
        "total_amount",
        "as_of",
        "original_amount",
        "original_as_of",
        "open_amount",
        "balance"
    ]);
    let filters = json!({ "external_id": external_id });
    let request = json!({ "format": "json", "filters": filters, "columns": columns });
    tenant.export("accounts", request).await.json()[0].clone()
}

/// The account with an external id, as `/v1/accounts` shows it, with its `ETag`.
pub(crate) async fn shown(tenant: &Tenant, external_id: &str) -> (Value, String) {
    let filters = json!({ "external_id": external_id });
    let request = json!({ "format": "json", "filters": filters, "columns": ["id"] });
    let id = tenant.export("accounts", request).await.json()[0]["id"].clone();
    let answer = tenant.get(&format!("/v1/accounts/{}", id.as_str().expect("an id"))).await;
    (answer.json(), answer.header("etag").to_owned())
}

pub(crate) fn codes(job: &Value, list: &str) -> Vec<(u64, String)> {
    let code = |found: &Value| {
        // Findings about the header have no index.
        Some((found["index"].as_u64()?, found["code"].as_str().expect("a code").to_owned()))
    };
    job[list].as_array().expect("a list").iter().filter_map(code).collect()
}

/// A day before today, in UTC.
pub(crate) fn days_ago(days: i64) -> String {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.checked_sub(days.days()).expect("a day").to_string()
}

#[tokio::test]
async fn minus_in_every_accounting_form_is_a_credit_note() {
    let tenant = saldo().await.tenant().await;
    let csv = "external_id,contact.name,total_amount\nC25-1,A,-250.00\nC25-2,B,(250.00)\nC25-3,C,250.00-\nC25-4,D,\u{2212}250.00\n";
    let job = tenant.ended(&tenant.import("text/csv", csv).await).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(4), &json!(0)), "{job}");
    assert_eq!(job["control_totals"]["imported"]["amounts"], json!({ "ARS": "-1000.00" }), "{job}");
    for number in 1..=4 {
        let account = account(&tenant, &format!("C25-{number}")).await;
        let found =
            [&account["kind"], &account["total_amount"], &account["open_amount"], &account["balance"]];
        assert_eq!(found, [&json!("credit_note"), &json!(-250), &json!(-250), &json!(250)], "{account}");
    }
}

#[tokio::test]
async fn kinds_and_terms_of_open_items_are_shown() {
    another_day_than_midnight().await;
    let tenant = saldo().await.tenant().await;
    let csv = "external_id;contact.name;total_amount;kind;as_of;original_amount;original_as_of;discount_until;discount_amount;references\n\
        K-1;A;400;Rechnung;2026-01-31;1000;;2026-02-10;20;PO 7, LS-9\n\
        K-2;B;-50;Gutschrift;;;;;;\n\
        K-3;C;-70;payment;;;;;;\n\
        K-4;D;10;Journal;;;;;;\n";
    let job = import(&tenant, csv, json!({})).await;
    assert_eq!(codes(&job, "warnings"), [(3, "unknown_kind".to_owned())], "{job}");
    let (shown, _) = shown(&tenant, "K-1").await;
    let expected = json!({
        "kind": "invoice", "amounts": "open_items", "total_amount": 400, "as_of": "2026-01-31", "original_amount": 1000,
        "open_amount": 400, "balance": -400, "discount_until": "2026-02-10", "discount_amount": 20,
        "references": ["PO 7", "LS-9"]
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&shown[name], value, "{name}: {shown}");
    }
    assert!(shown.get("original_as_of").is_none(), "{shown}");
    for (id, kind) in [("K-2", "credit_note"), ("K-3", "payment"), ("K-4", "invoice")] {
        let account = account(&tenant, id).await;
        assert_eq!((&account["kind"], &account["as_of"]), (&json!(kind), &json!(days_ago(1))), "{account}");
    }
    // A negative amount of an invoice means that it is overpaid.
    import(&tenant, "external_id,total_amount\nK-1,-5\n", json!({})).await;
    let account = account(&tenant, "K-1").await;
    assert_eq!((&account["kind"], &account["open_amount"]), (&json!("invoice"), &json!(-5)), "{account}");
    assert_eq!(
        (&account["original_amount"], &account["original_as_of"]),
        (&json!(1000), &Value::Null),
        "{account}"
    );

    let refused =
        json!([{ "contact": { "name": "A" }, "total_amount": 1, "kind": "journal", "references": [7] }]);
    let job = tenant.import_rows(refused).await;
    let found: Vec<_> =
        job["errors"].as_array().expect("errors").iter().map(|error| &error["field"]).collect();
    assert_eq!(found, ["kind", "references"], "{job}");
}

#[tokio::test]
async fn older_file_replaces_no_newer_amount() {
    let tenant = saldo().await.tenant().await;
    let list = |amount: u32, notes: &str| {
        format!("external_id,contact.name,total_amount,notes\nO-1,A,{amount},{notes}\n")
    };
    let job = import(&tenant, &list(80, "new"), json!({ "as_of": days_ago(3) })).await;
    assert_eq!(codes(&job, "warnings"), [], "{job}");
    let job = import(&tenant, &list(100, "old"), json!({ "as_of": days_ago(9) })).await;
    assert_eq!(codes(&job, "warnings"), [(0, "stale_as_of".to_owned())], "{job}");
    let (shown, _) = shown(&tenant, "O-1").await;
    let found =
        [&shown["total_amount"], &shown["as_of"], &shown["original_amount"], &shown["original_as_of"]];
    assert_eq!(found, [&json!(80), &json!(days_ago(3)), &json!(100), &json!(days_ago(9))], "{shown}");
    assert_eq!(shown["notes"], "old", "other fields are in the order of imports");
    // The day of a row takes precedence over that of the options.
    let csv = format!("external_id,total_amount,as_of\nO-1,60,{}\n", days_ago(2));
    import(&tenant, &csv, json!({ "as_of": days_ago(9) })).await;
    assert_eq!(account(&tenant, "O-1").await["total_amount"], 60);
}

#[tokio::test]
async fn raw_export_changes_no_amount_weeks_later() {
    let tenant = saldo().await.tenant().await;
    let list = "external_id,contact.name,total_amount,amounts\nW-1,A,100,\nW-2,B,-30,\nW-3,C,70,originals\n";
    import(&tenant, list, json!({ "as_of": days_ago(40) })).await;
    let request = json!({ "format": "csv", "profile": "raw" });
    let exported = tenant.export("accounts", request.clone()).await.text;
    let unchanged = tenant.ended(&tenant.import("text/csv", exported.clone()).await).await;
    assert_eq!((&unchanged["unchanged"], &unchanged["warnings"]), (&json!(3), &json!([])), "{unchanged}");
    import(&tenant, "external_id,total_amount\nW-1,40\nW-2,-10\nW-3,75\n", json!({})).await;
    let ids = ["W-1", "W-2", "W-3"];
    let mut before = Vec::new();
    for id in ids {
        before.push(account(&tenant, id).await);
    }
    let again = tenant.ended(&tenant.import("text/csv", exported).await).await;
    let stale = |index| (index, "stale_as_of".to_owned());
    let mut warnings = codes(&again, "warnings");
    warnings.sort_unstable();
    assert_eq!(warnings, [stale(0), stale(1), stale(2)], "{again}");
    for (id, before) in ids.iter().zip(before) {
        assert_eq!(account(&tenant, id).await, before);
    }
    assert_eq!(account(&tenant, "W-3").await["amounts"], "originals");
}

#[tokio::test]
async fn newer_day_alone_is_no_change() {
    let tenant = saldo().await.tenant().await;
    let list = "external_id,contact.name,total_amount\nN-1,A,100\n";
    import(&tenant, list, json!({ "as_of": days_ago(5) })).await;
    let (before, etag) = shown(&tenant, "N-1").await;
    let job = import(&tenant, list, json!({ "as_of": days_ago(4) })).await;
    assert_eq!((&job["updated"], &job["unchanged"]), (&json!(1), &json!(1)), "{job}");
    let (after, etag_after) = shown(&tenant, "N-1").await;
    assert_eq!((&before["as_of"], &after["as_of"]), (&json!(days_ago(5)), &json!(days_ago(4))));
    assert_eq!((after["updated_at"].clone(), etag_after), (before["updated_at"].clone(), etag));
}

#[tokio::test]
async fn days_in_the_future_are_refused() {
    let tenant = saldo().await.tenant().await;
    let list = "external_id,contact.name,total_amount\nF-1,A,100\n";
    let about = json!({ "format": "csv", "filename": "list.csv" });
    let refused = begin(&tenant, about, list.into(), json!({ "as_of": "2199-12-31" })).await;
    assert_eq!(refused.problem(), (400, "invalid_request".to_owned()), "{refused:?}");
    assert_eq!(refused.json()["errors"][0]["code"], "too_late", "{refused:?}");
    let job =
        import(&tenant, "external_id,contact.name,total_amount,as_of\nF-1,A,100,2199-12-31\n", json!({}))
            .await;
    assert_eq!(codes(&job, "errors"), [(0, "too_late".to_owned())], "{job}");
    let profile = json!({ "name": "erp", "options": { "as_of": "2026-01-31" } });
    let refused = tenant.json(Method::POST, "/v1/import_profiles", profile).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], "/options/as_of", "{refused:?}");
}

#[tokio::test]
async fn profile_states_lag_and_amounts() {
    another_day_than_midnight().await;
    let tenant = saldo().await.tenant().await;
    let options = json!({ "amounts": "originals", "as_of_lag_days": 2 });
    let created =
        tenant.json(Method::POST, "/v1/import_profiles", json!({ "name": "erp", "options": options })).await;
    assert_eq!(created.status, 201, "{created:?}");
    import(&tenant, "external_id,contact.name,total_amount\nP-1,A,100\n", json!({ "profile": "erp" })).await;
    let account = account(&tenant, "P-1").await;
    assert_eq!(
        (&account["amounts"], &account["as_of"]),
        (&json!("originals"), &json!(days_ago(3))),
        "{account}"
    );
}

#[tokio::test]
async fn preview_finds_the_columns_of_open_items() {
    let tenant = saldo().await.tenant().await;
    for csv in [
        "Belegnr;Kunde;Belegart;Stand;Offener Betrag;Originalbetrag;Skonto bis;Skontobetrag;Bestellnummer\n\
            R-1;Müller GmbH;Rechnung;31.01.2026;400,00;1000,00;13.02.2026;20,00;B-1\n",
        "Nº factura;Cliente;Tipo de comprobante;Fecha de corte;Importe pendiente;Importe original;Fecha de descuento;Descuento;Número de pedido\n\
            R-1;Müller GmbH;Factura;31/01/2026;400,00;1000,00;13/02/2026;20,00;B-1\n",
        "Nº facture;Client;Type de pièce;Date de situation;Reste à payer;Montant d'origine;Date d'escompte;Escompte;Numéro de commande\n\
            R-1;Müller GmbH;Facture;31/01/2026;400,00;1000,00;13/02/2026;20,00;B-1\n",
        "Invoice number;Customer;Document type;As of;Amount due;Original amount;Discount date;Discount amount;PO number\n\
            R-1;Müller GmbH;Invoice;31/01/2026;400,00;1000,00;13/02/2026;20,00;B-1\n",
    ] {
        let headers = [("content-type", "application/octet-stream")];
        let shown = tenant.send(Method::POST, "/v1/imports/preview", &headers, csv).await.json();
        let fields: Vec<_> =
            shown["columns"].as_array().expect("columns").iter().map(|column| &column["field"]).collect();
        let expected = [
            "external_id",
            "contact.name",
            "kind",
            "as_of",
            "total_amount",
            "original_amount",
            "discount_until",
            "discount_amount",
            "references",
        ];
        assert_eq!(fields, expected, "{shown}");
        assert_eq!(
            (&shown["ambiguities"], &shown["options"]["amounts"]),
            (&json!([]), &json!("open_items")),
            "{shown}"
        );
        let account = &shown["rows"][0]["account"];
        let found = [&account["as_of"], &account["original_amount"], &account["discount_until"]];
        assert_eq!(found, [&json!("2026-01-31"), &json!(1000), &json!("2026-02-13")], "{account}");
    }
}
