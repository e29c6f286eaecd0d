//! Rows of totals below a list: previews and imports refuse them, and store the debts.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

use crate::uploads::import;

/// The rows with errors: the index of each, and the code of its first error.
fn refused<'a>(errors: impl Iterator<Item = (&'a Value, &'a Value)>) -> Vec<(u64, &'a str)> {
    let mut rows: Vec<_> = errors
        .map(|(index, code)| (index.as_u64().unwrap_or_default(), code.as_str().unwrap_or_default()))
        .collect();
    rows.dedup_by_key(|(index, _)| *index);
    rows
}

fn elements(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// The refused rows of a preview.
fn previewed(shown: &Value) -> Vec<(u64, &str)> {
    let rows = elements(&shown["rows"]);
    refused(rows.flat_map(|row| elements(&row["errors"]).map(|error| (&row["index"], &error["code"]))))
}

/// The refused rows of a job.
fn imported(job: &Value) -> Vec<(u64, &str)> {
    refused(elements(&job["errors"]).map(|error| (&error["index"], &error["code"])))
}

async fn preview(tenant: &Tenant, query: &str, list: &str) -> Value {
    let headers = [(CONTENT_TYPE.as_str(), "text/csv")];
    let answer =
        tenant.send(Method::POST, &format!("/v1/imports/preview{query}"), &headers, list.to_owned()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn totals_rows_are_refused_by_previews_and_imports_with_and_without_a_profile() {
    let tenant = saldo().await.tenant().await;
    let columns = json!([
        { "from": "Belegnr", "to": "external_id" }, { "from": "Kunde", "to": "contact.name" }, { "from": "Betrag", "to": "total_amount" }
    ]);
    let options = json!({ "columns": columns, "decimal_separator": ",", "defaults": { "currency": "EUR", "contact.name": "Unbekannt" } });
    let profile = json!({ "name": "totals", "options": options });
    assert_eq!(tenant.json(Method::POST, "/v1/import_profiles", profile).await.status, 201);
    for (totals, expected) in [
        // The word is in the first column, that of the ids.
        ("Summe;;31,50\n", vec![(2, "totals_row")]),
        // The id is blank.
        (";Summe;31,50\n", vec![(2, "blank_external_id")]),
        (";;31,50\n", vec![(2, "blank_external_id")]),
        // Several of them.
        (
            "Zwischensumme EUR:;;31,50\n;Mahngebühren;0,00\nGesamtsumme;Summe;31,50\n",
            vec![(2, "totals_row"), (3, "blank_external_id"), (4, "totals_row")],
        ),
    ] {
        let list = format!("Belegnr;Kunde;Betrag\nT-1;Ana;10,50\nT-2;Bo;21,00\n{totals}");
        let shown = preview(&tenant, "", &list).await;
        assert_eq!(previewed(&shown), expected, "{shown}");
        assert_eq!(shown["read"]["refused"], expected.len(), "{shown}");
        let of_profile = preview(&tenant, "?profile=totals", &list).await;
        assert_eq!(previewed(&of_profile), expected, "{of_profile}");
        for options in [shown["options"].clone(), json!({ "profile": "totals" })] {
            let job =
                import(&tenant, json!({ "filename": "list.csv" }), list.clone().into_bytes(), options).await;
            assert_eq!(imported(&job), expected, "{job}");
            assert_eq!(
                job["imported"].as_u64().zip(job["updated"].as_u64()).map(|(new, old)| new + old),
                Some(2),
                "{job}"
            );
        }
    }
    let accounts = tenant.export("accounts", json!({ "format": "json", "filters": {} })).await.json();
    assert_eq!(accounts.as_array().map(Vec::len), Some(2), "{accounts}");
}

#[tokio::test]
async fn total_of_a_list_without_ids_is_not_a_debt() {
    let tenant = saldo().await.tenant().await;
    let list = "contact.name,total_amount,currency\nAna,10.50,EUR\nTotal,10.50,EUR\n";
    let shown = preview(&tenant, "", list).await;
    assert_eq!(previewed(&shown), [(1, "totals_row")], "{shown}");
    let job = tenant.ended(&tenant.import("text/csv", list).await).await;
    assert_eq!(
        (&job["imported"], &job["failed"], &job["errors"][0]["code"]),
        (&json!(1), &json!(1), &json!("totals_row")),
        "{job}"
    );
    // In JSON, nothing is a row of totals.
    let rows = json!([{ "external_id": "Total", "contact": { "name": "Total" }, "total_amount": 5 }]);
    assert_eq!(tenant.import_rows(rows).await["imported"], 1);
}
