//! Random rows, and a model that imports them one after the other, row by row. Saldo must end with the
//! same accounts.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use rand::rngs::StdRng;
use saldo_domain::account::{Account, NumberedClient};
use saldo_domain::id::{AccountId, ImportId, OrgId};
use serde_json::{Map, Value, json};

/// The optional fields of a row, each with a value.
const OPTIONAL: [(&str, &str); 11] = [
    ("currency", "USD"),
    ("due_date", "2026-01-15"),
    ("source_system", "SAP"),
    ("status", "escalated"),
    ("campaign_id", "campaign"),
    ("owner_id", "owner"),
    ("client_external_id", "client-"),
    ("type", "loan"),
    ("notes", "notes"),
    ("phone", "+5491155551234"),
    ("email", "a@example.com"),
];

/// The differences between an account and the model, by field.
pub(crate) type Fields = BTreeMap<&'static str, String>;

/// `count` rows over five external ids that begin with `prefix`. Some are invalid, some repeated, and
/// one in five has no external id. Optional fields are given, null or left out; if the rows are to have
/// one shape, as in a table, all of them have the same fields. Clients have one of three numbers that begin with `prefix`.
pub(crate) fn random_rows(random: &mut StdRng, count: usize, prefix: &str, table: bool) -> Vec<Value> {
    let columns: Vec<bool> = OPTIONAL.iter().map(|_| random.random_bool(0.6)).collect();
    (0..count).map(|_| random_row(random, prefix, table.then_some(&columns))).collect()
}

fn random_row(random: &mut StdRng, prefix: &str, columns: Option<&Vec<bool>>) -> Value {
    let mut row = Map::new();
    let cents = random.random_range(0..10_000);
    let mut contact = json!({ "name": format!("name {cents}") });
    row.insert("total_amount".to_owned(), json!(format!("{}.{:02}", cents / 100, cents % 100)));
    if random.random_bool(0.8) {
        row.insert("external_id".to_owned(), json!(format!("{prefix}{}", random.random_range(0..5))));
    } else if columns.is_some() {
        // In a table with a column for it, a row without an external id is rejected.
        row.insert("external_id".to_owned(), json!(format!("{prefix}row-{cents}")));
    }
    for (at, (field, value)) in OPTIONAL.into_iter().enumerate() {
        let value = match (random.random_range(0..4), columns.map(|columns| columns[at])) {
            (0 | 1, Some(true)) | (0, None) if field == "client_external_id" => {
                json!(format!("{prefix}{value}{}", random.random_range(0..3)))
            }
            (0 | 1, Some(true)) | (0, None) => json!(value),
            (_, Some(true)) | (1, None) => Value::Null,
            _ => continue,
        };
        match field {
            "phone" | "email" => contact[field] = value,
            _ => drop(row.insert(field.to_owned(), value)),
        }
    }
    row.insert("contact".to_owned(), contact);
    // A row that names two owners would be rejected.
    if row.get("client_external_id").is_some_and(Value::is_string)
        && let Some(owner) = row.get_mut("owner_id")
    {
        *owner = Value::Null;
    }
    if random.random_bool(0.1) {
        row.insert("total_amount".to_owned(), json!("bad"));
    }
    Value::Object(row)
}

/// Whether a row is to be rejected.
pub(crate) fn is_bad(row: &Value) -> bool {
    row["total_amount"] == "bad"
}

/// Rows of one shape as CSV, separated by semicolons, with commas before the decimals.
pub(crate) fn table(rows: &[Value]) -> String {
    let has =
        |name: &str| rows.iter().any(|row| row.get(name).is_some() || row["contact"].get(name).is_some());
    let optional: Vec<_> = OPTIONAL.iter().map(|(name, _)| *name).filter(|name| has(name)).collect();
    let mut lines = vec![["external_id", "contact.name", "total_amount"].map(str::to_owned).to_vec()];
    lines[0].extend(optional.iter().map(|name| match *name {
        "phone" | "email" => format!("contact.{name}"),
        name => name.to_owned(),
    }));
    for row in rows {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let amount = text(&row["total_amount"]).replace('.', ",");
        let mut line = vec![text(&row["external_id"]), text(&row["contact"]["name"]), amount];
        line.extend(optional.iter().map(|name| match *name {
            "phone" | "email" => text(&row["contact"][name]),
            name => text(&row[name]),
        }));
        lines.push(line);
    }
    lines.iter().map(|line| line.join(";") + "\r\n").collect()
}

/// The rows that count: the last one of each external id.
pub(crate) fn last_of_each(rows: &[Value]) -> Vec<(usize, &Value)> {
    let id = |row: &Value| row.get("external_id").cloned();
    let replaced =
        |at: usize, row: &Value| id(row).is_some() && rows[at + 1..].iter().any(|later| id(later) == id(row));
    rows.iter().enumerate().filter(|(at, row)| !replaced(*at, row)).collect()
}

/// The accounts after the imports, one after the other, row by row.
#[derive(Default)]
pub(crate) struct Model {
    /// Accounts by their external ids.
    pub(crate) accounts: BTreeMap<String, Fields>,
    /// Accounts of rows without an external id.
    pub(crate) anonymous: BTreeMap<AccountId, Fields>,
    /// The names of clients by their numbers.
    pub(crate) clients: BTreeMap<String, String>,
}

impl Model {
    /// The accounts after these imports, without the rows that `lost` names by import and row.
    pub(crate) fn of(
        org: &OrgId,
        imports: &[(ImportId, Vec<Value>)],
        lost: &BTreeSet<(ImportId, usize)>,
    ) -> Self {
        let mut model = Self::default();
        for (import, rows) in imports {
            for (index, row) in last_of_each(rows) {
                if is_bad(row) || lost.contains(&(import.clone(), index)) {
                    continue;
                }
                let fields = match row["external_id"].as_str() {
                    Some(id) => model.accounts.entry(id.to_owned()).or_default(),
                    None => model.anonymous.entry(AccountId::of_row(import, index as u64)).or_default(),
                };
                apply(fields, row, org);
                if let Some(number) = row["client_external_id"].as_str() {
                    let name = || row["contact"]["name"].as_str().expect("text").to_owned();
                    model.clients.entry(number.to_owned()).or_insert_with(name);
                }
            }
        }
        model
    }
}

fn apply(fields: &mut Fields, row: &Value, org: &OrgId) {
    let amount: saldo_domain::money::Decimal =
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
    match (row.get("client_external_id"), &row["owner_id"]) {
        (Some(Value::String(number)), _) => {
            let client = NumberedClient::new(org, number.parse().expect("a number"));
            fields.insert("owner_id", client.owner_id.to_string());
            fields.insert("client", number.clone());
        }
        // A blank number beside an owner says nothing.
        (None, _) | (Some(_), Value::String(_)) => {}
        (Some(_), _) => {
            fields.remove("owner_id");
            fields.remove("client");
        }
    }
}

/// The fields of a stored account, in the model's form.
pub(crate) fn fields(account: &Account) -> Fields {
    let contact = account.contact.as_ref();
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
        ("client", account.client.as_ref().map(|client| client.external_id.to_string())),
        ("notes", account.notes.as_ref().map(ToString::to_string)),
    ];
    let unique: BTreeSet<_> = all.iter().map(|(name, _)| name).collect();
    assert_eq!(unique.len(), all.len());
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
