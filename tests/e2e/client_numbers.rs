//! Clients by the numbers that they have in the ERP: found, created by requests and by rows of imports, and the accounts that
//! rows assign to them.

use reqwest::Method;
use serde_json::{Value, json};
use testing::{Tenant, saldo};

async fn create(tenant: &Tenant, client: Value) -> Value {
    let created = tenant.json(Method::POST, "/api/clients", client).await;
    assert_eq!(created.status, 201, "{created:?}");
    created.json()
}

/// The clients with this number: one or none.
async fn numbered(tenant: &Tenant, number: &str) -> Vec<Value> {
    let page = tenant.get(&format!("/api/clients?external_id={number}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    let page = page.json();
    let clients = page["data"].as_array().expect("a page").clone();
    assert_eq!((&page["total"], clients.len() < 2), (&json!(clients.len()), true), "{page}");
    clients
}

/// The only client with this number.
async fn client(tenant: &Tenant, number: &str) -> Value {
    let clients = numbered(tenant, number).await;
    clients.first().unwrap_or_else(|| panic!("no client {number}")).clone()
}

/// The account with this external id.
async fn account(tenant: &Tenant, external_id: &str) -> Value {
    let filters = json!({ "external_id": external_id });
    let export = json!({ "format": "json", "columns": ["id"], "filters": filters });
    let id = tenant.export("accounts", export).await.json()[0]["id"].clone();
    tenant.get(&format!("/v1/accounts/{}", id.as_str().expect("an account"))).await.json()
}

/// The owner and the number of the owner of an account.
async fn owner(tenant: &Tenant, external_id: &str) -> (Value, Value) {
    let account = account(tenant, external_id).await;
    (account["owner_id"].clone(), account["client_external_id"].clone())
}

/// A row that names a client by its number.
pub(crate) fn row(external_id: &str, name: &str, number: &str) -> Value {
    json!({
        "external_id": external_id, "contact": { "name": name }, "total_amount": 10, "client_external_id": number
    })
}

#[tokio::test]
async fn client_is_found_by_its_number_which_never_changes() {
    let tenant = saldo().await.tenant().await;
    let number = tenant.external_id("0042");
    let created = create(&tenant, json!({ "name": "ACME", "external_id": format!(" {number} ") })).await;
    assert_eq!(created["external_id"], json!(number), "{created}");
    assert_eq!(client(&tenant, &number).await, created);
    // Zeros in front count.
    assert_eq!(numbered(&tenant, &number.replace("0042", "42")).await, Vec::<Value>::new());
    for (search, total) in [("acme", 1), ("other", 0)] {
        let path = format!("/api/clients?external_id={number}&description={search}");
        assert_eq!(tenant.get(&path).await.json()["total"], total, "{path}");
    }

    let again = json!({ "name": "ACME", "external_id": number });
    let refused = tenant.json(Method::POST, "/api/clients", again).await;
    assert_eq!(refused.problem(), (409, "client_exists".to_owned()));
    assert!(
        refused.json()["detail"].as_str().expect("a detail").contains(created["id"].as_str().expect("an id"))
    );

    let path = format!("/api/clients/{}", created["id"].as_str().expect("an id"));
    let refused = tenant.json(Method::PUT, &path, json!({ "external_id": number })).await.json();
    assert_eq!(refused["errors"][0]["code"], "read_only", "{refused}");
    let reason = refused["errors"][0]["detail"].as_str().expect("a detail");
    assert!(reason.starts_with("the external_id can't be changed"), "{reason}");
    for (bad, code) in [("1.23457E+12", "mangled_id"), ("a\u{200b}b", "invalid_text")] {
        let body = json!({ "name": "ACME", "external_id": bad });
        let refused = tenant.json(Method::POST, "/api/clients", body).await.json();
        assert_eq!(refused["errors"][0]["code"], code, "{refused}");
    }

    // The same client comes back after a deletion.
    assert_eq!(tenant.delete(&path).await.status, 204);
    assert_eq!(numbered(&tenant, &number).await, Vec::<Value>::new());
    let back = create(&tenant, json!({ "name": "Back", "external_id": number })).await;
    assert_eq!((&back["id"], &back["name"]), (&created["id"], &json!("Back")));
}

#[tokio::test]
async fn rows_assign_accounts_to_clients_which_they_create() {
    let tenant = saldo().await.tenant().await;
    let [one, two] = ["0001", "0002"].map(|number| tenant.external_id(number));
    create(&tenant, json!({ "name": "By hand", "external_id": two })).await;
    let id = |n: usize| tenant.external_id(&format!("a-{n}"));
    let csv = format!(
        "external_id;contact.name;total_amount;currency;Client External ID\n{};Ana;10.00;EUR;{one}\n{};Eva;2.50;USD;{one}\n\
         {};Mia;7.00;EUR;{two}\n{};Zoe;1.00;EUR;\n{};Bad;x;EUR;{}\n{};Mangled;1;EUR;1.23457E+12\n",
        id(0),
        id(1),
        id(2),
        id(3),
        id(4),
        tenant.external_id("0003"),
        id(5)
    );
    let dry = tenant
        .ended(
            &tenant
                .send(
                    Method::POST,
                    "/api/v1/import?dry_run=true",
                    &[("content-type", "text/csv")],
                    csv.clone(),
                )
                .await,
        )
        .await;
    assert_eq!((&dry["imported"], numbered(&tenant, &one).await.len()), (&json!(4), 0), "{dry}");
    let job = tenant.ended(&tenant.import("text/csv", csv.clone()).await).await;
    assert_eq!((&job["imported"], &job["failed"]), (&json!(4), &json!(2)), "{job}");
    assert_eq!(
        (&job["errors"][1]["field"], &job["errors"][1]["code"]),
        (&json!("client_external_id"), &json!("mangled_id")),
        "{job}"
    );
    assert_eq!(
        numbered(&tenant, &tenant.external_id("0003")).await.len(),
        0,
        "a refused row creates no client"
    );

    let first = client(&tenant, &one).await;
    assert_eq!(
        (&first["name"], &first["type"], first["accounts"].as_array().map(Vec::len)),
        (&json!("Ana"), &json!(1), Some(2))
    );
    assert_eq!(
        first["balances"],
        json!([
            { "currency": "EUR", "balance": -10, "position": "client_owes_company" },
            { "currency": "USD", "balance": -2.5, "position": "client_owes_company" }
        ])
    );
    assert_eq!(client(&tenant, &two).await["name"], "By hand");
    assert_eq!(owner(&tenant, &id(0)).await, (first["id"].clone(), json!(one)));
    assert_eq!(owner(&tenant, &id(3)).await, (Value::Null, Value::Null));
    let listed = tenant.get(&format!("/v1/accounts?client_external_id={one}&limit=100")).await.json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(2), "{listed}");
    let both = tenant.get(&format!("/v1/accounts?client_external_id={one}&owner_id=x")).await;
    assert_eq!(both.problem(), (400, "invalid_parameter".to_owned()));
    let path = format!("/api/clients/{}", first["id"].as_str().expect("an id"));
    assert_eq!(tenant.delete(&path).await.problem(), (409, "client_owns_accounts".to_owned()));

    // The same file again changes nothing.
    let again = tenant.ended(&tenant.import("text/csv", csv).await).await;
    assert_eq!((&again["unchanged"], &again["failed"]), (&json!(4), &json!(2)), "{again}");
    assert_eq!(client(&tenant, &one).await, first);
}

#[tokio::test]
async fn last_import_that_states_an_owner_wins() {
    let tenant = saldo().await.tenant().await;
    let (number, id) = (tenant.external_id("1"), tenant.external_id("a"));
    let import = async |member: Value| {
        let mut row = json!({ "external_id": id, "contact": { "name": "Ana" }, "total_amount": 10 });
        row.as_object_mut().expect("a row").extend(member.as_object().expect("members").clone());
        let job = tenant.import_rows(json!([row])).await;
        (job["failed"].clone(), job["errors"][0]["field"].clone())
    };
    let (done, nothing) = ((json!(0), Value::Null), (Value::Null, Value::Null));
    assert_eq!(import(json!({ "owner_id": "o" })).await, done);
    assert_eq!(import(json!({ "client_external_id": number })).await, done);
    let of_client = (client(&tenant, &number).await["id"].clone(), json!(number));
    assert_eq!(owner(&tenant, &id).await, of_client);
    // A row that states no owner keeps it, and one that states both may not contradict itself.
    assert_eq!(import(json!({})).await, done);
    let contradiction = json!({ "owner_id": "o", "client_external_id": number });
    assert_eq!(import(contradiction).await, (json!(1), json!("client_external_id")));
    assert_eq!(import(json!({ "owner_id": of_client.0, "client_external_id": number })).await, done);
    assert_eq!(owner(&tenant, &id).await, of_client);
    // Another owner hides the number, and the client's id brings it back. A blank number beside an owner says nothing.
    for (member, expected) in [
        (json!({ "owner_id": "o" }), (json!("o"), Value::Null)),
        (json!({ "owner_id": of_client.0 }), of_client.clone()),
        (json!({ "owner_id": "o", "client_external_id": null }), (json!("o"), Value::Null)),
        (json!({ "owner_id": null, "client_external_id": number }), of_client.clone()),
        (json!({ "client_external_id": null }), nothing.clone()),
        (json!({ "client_external_id": number }), of_client.clone()),
        (json!({ "owner_id": null }), nothing.clone()),
    ] {
        assert_eq!(import(member.clone()).await, done, "{member}");
        assert_eq!(owner(&tenant, &id).await, expected, "{member}");
    }
    // A change by hand takes its place in the order.
    assert_eq!(import(json!({ "client_external_id": number })).await, done);
    let path = format!("/v1/accounts/{}", account(&tenant, &id).await["id"].as_str().expect("an id"));
    assert_eq!(tenant.json(Method::PUT, &path, json!({ "owner_id": "hand" })).await.status, 200);
    assert_eq!(owner(&tenant, &id).await, (json!("hand"), Value::Null));
    assert_eq!(import(json!({ "client_external_id": number })).await, done);
    assert_eq!(owner(&tenant, &id).await, of_client);
}

#[tokio::test]
async fn client_without_a_contact_is_named_by_its_number() {
    let tenant = saldo().await.tenant().await;
    let [number, other] = ["1", "2"].map(|number| tenant.external_id(number));
    let [id, missing] = ["a", "b"].map(|id| tenant.external_id(id));
    let partial = |id: &str, number: &str| json!({ "external_id": id, "client_external_id": number });
    tenant.import_rows(json!([{ "external_id": id, "contact": { "name": "Ana" }, "total_amount": 1 }])).await;
    // A partial row without an account is refused, and creates no client.
    let job = tenant.import_rows(json!([partial(&id, &number), partial(&missing, &other)])).await;
    assert_eq!((&job["updated"], &job["failed"]), (&json!(1), &json!(1)), "{job}");
    assert_eq!(client(&tenant, &number).await["name"], json!(number));
    assert_eq!(numbered(&tenant, &other).await.len(), 0);
    for name in ["Eva", "Zoe"] {
        tenant.import_rows(json!([row(&id, name, &number)])).await;
        assert_eq!(client(&tenant, &number).await["name"], "Eva");
    }
    // Rows don't replace the name of a request.
    let path = format!("/api/clients/{}", client(&tenant, &number).await["id"].as_str().expect("an id"));
    assert_eq!(tenant.json(Method::PUT, &path, json!({ "name": "By hand" })).await.status, 200);
    tenant.import_rows(json!([row(&id, "Mia", &number)])).await;
    assert_eq!(client(&tenant, &number).await["name"], "By hand");
}

#[tokio::test]
async fn export_with_numbers_imports_back() {
    let tenant = saldo().await.tenant().await;
    let number = tenant.external_id("007");
    let id = |n: usize| tenant.external_id(&format!("a-{n}"));
    let rows: Vec<Value> = (0..3).map(|n| row(&id(n), "Ana", &number)).collect();
    tenant.import_rows(json!(rows)).await;
    tenant
        .import_rows(json!([{ "external_id": id(3), "contact": { "name": "Eva" }, "total_amount": 1 }]))
        .await;
    let export = async |columns: Value, filters: Value| {
        let request = json!({ "format": "csv", "profile": "raw", "columns": columns, "filters": filters });
        tenant.export("accounts", request).await.text
    };
    let columns = json!([
        "id",
        "external_id",
        "contact.name",
        "total_amount",
        "currency",
        "owner_id",
        "client_external_id"
    ]);
    for columns in [columns, json!(["external_id", "client_external_id"]), json!(["external_id", "owner_id"])]
    {
        let file = export(columns.clone(), json!({})).await;
        let job = tenant.ended(&tenant.import("text/csv", file.clone()).await).await;
        assert_eq!((&job["unchanged"], &job["failed"]), (&json!(4), &json!(0)), "{columns}: {job}");
        assert_eq!(export(columns.clone(), json!({})).await, file, "{columns}");
    }
    let of_client = export(json!(["client_external_id"]), json!({ "client_external_id": number })).await;
    assert_eq!(of_client, format!("client_external_id\n{number}\n{number}\n{number}\n"));
    let by_default = tenant.export("accounts", json!({ "format": "csv" })).await.text;
    assert!(!by_default.contains("client_external_id"), "{by_default}");
}

#[tokio::test]
async fn customer_number_of_a_list_becomes_the_client() {
    let tenant = saldo().await.tenant().await;
    for header in ["Kundennummer", "Kunden-Nr.", "Debitor", "Cliente nº", "Code client", "Customer No."] {
        let list = format!("Belegnummer;{header};Name;Fälligkeit;Betrag\nR-1;0010001;Ana;31.01.2026;10,00\n");
        let headers = [("content-type", "application/octet-stream")];
        let shown = tenant.send(Method::POST, "/v1/imports/preview", &headers, list).await.json();
        assert_eq!(shown["columns"][1]["field"], "client_external_id", "{header}: {shown}");
        let account = &shown["rows"][0]["account"];
        assert_eq!(
            (&account["external_id"], &account["client_external_id"]),
            (&json!("R-1"), &json!("0010001")),
            "{header}: {shown}"
        );
    }
}

#[tokio::test]
async fn rows_of_several_chunks_name_clients() {
    let tenant = saldo().await.tenant().await;
    let numbers = ["1", "2", "3"].map(|number| tenant.external_id(number));
    let of = |n: usize| row(&tenant.external_id(&format!("row-{n}")), &format!("Row {n}"), &numbers[n % 3]);
    // A chunk has 500 rows; the planner itself processes an import of one chunk.
    let rows: Vec<Value> = (0..600).map(of).collect();
    let job = tenant.import_rows(json!(rows)).await;
    assert_eq!((&job["status"], &job["imported"]), (&json!("completed"), &json!(600)), "{job}");
    for (n, number) in numbers.iter().enumerate() {
        let named = client(&tenant, number).await;
        assert_eq!(named["name"], format!("Row {n}"), "{named}");
        let path = format!("/v1/accounts?limit=100&client_external_id={number}");
        let page = tenant.get(&path).await.json();
        assert_eq!((page["data"].as_array().map(Vec::len), &page["has_more"]), (Some(100), &json!(true)));
    }
}
