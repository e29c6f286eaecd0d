//! `/rest/notifications`: endpoints created, updated and deleted, and their validation.

use insta::assert_snapshot;
use reqwest::Method;
use saldo_domain::notification::ENDPOINTS_MAX;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use testing::{Receiver, Tenant, saldo};
use uuid::Uuid;

const NOTIFICATIONS: &str = "/rest/notifications";
/// A public address, so that no name is resolved.
const PUBLIC: &str = "https://1.1.1.1/hook?of=saldo";

async fn make(tenant: &Tenant, observe_key: &str, notify_uri: &str) -> Value {
    let request = json!({ "observe_key": observe_key, "notify_uri": notify_uri, "state": "of mine" });
    let made = tenant.json(Method::POST, NOTIFICATIONS, request).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()
}

#[tokio::test]
async fn endpoint_is_created_read_updated_listed_and_deleted() {
    let tenant = saldo().await.tenant().await;
    let request = json!({
        "observe_key": "/rest/transactions", "notify_uri": PUBLIC, "state": "x=1 ñ",
        "cents": true, "nobody_knows": { "this": "field" }
    });
    let made = tenant.json(Method::POST, NOTIFICATIONS, request).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_snapshot!(made.shown(&["notification_id", "created_at", "secret"]), @r#"
    {
      "created_at": "[created_at]",
      "notification_id": "[notification_id]",
      "notify_uri": "https://1.1.1.1/hook?of=saldo",
      "observe_key": "/rest/transactions",
      "secret": "[secret]",
      "state": "x=1 ñ"
    }
    "#);
    let path = made.header("location").to_owned();
    let mut endpoint = made.json();
    assert_eq!(path, format!("{NOTIFICATIONS}/{}", endpoint["notification_id"].as_str().expect("an id")));
    let secret = endpoint["secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == "whsec_".len() + 44, "{secret}");

    let members = endpoint.as_object_mut().expect("an object");
    members.remove("secret");
    let read = tenant.get(&path).await;
    assert_eq!((read.status.as_u16(), &read.json()), (200, &endpoint));

    let change = async |body: Value| tenant.json(Method::PUT, &path, body).await;
    let changed = change(json!({ "observe_key": "saldo:sync.completed", "unknown": 1 })).await;
    endpoint["observe_key"] = json!("saldo:sync.completed");
    assert_eq!((changed.status.as_u16(), &changed.json()), (200, &endpoint));
    assert_eq!(change(json!({ "state": null })).await.json()["state"], Value::Null);
    let changed = change(json!({ "notify_uri": "https://8.8.8.8/", "state": null })).await;
    endpoint["notify_uri"] = json!("https://8.8.8.8/");
    endpoint["state"] = Value::Null;
    assert_eq!(changed.json(), endpoint);
    assert_eq!(change(json!({})).await.json(), endpoint, "nothing given, nothing changed");

    let other = make(&tenant, "saldo:import.completed", PUBLIC).await;
    let listed = tenant.get(NOTIFICATIONS).await;
    assert!(!listed.text.contains("whsec_"), "the secret is shown once: {listed:?}");
    let listed = listed.json()["notifications"].as_array().expect("notifications").clone();
    if tenant.org().is_some() {
        assert_eq!(listed.len(), 2);
        assert_eq!((&listed[0], &listed[1]["notification_id"]), (&endpoint, &other["notification_id"]));
    }

    let deliveries = tenant.get(&format!("{path}/deliveries")).await;
    assert_eq!(
        (deliveries.status.as_u16(), deliveries.json()),
        (200, json!({ "deliveries": [], "has_more": false }))
    );
    assert_eq!(tenant.delete(&path).await.status, 204);
    let not_found = (404, "not_found".to_owned());
    assert_eq!(tenant.get(&path).await.problem(), not_found);
    assert_eq!(tenant.get(&format!("{path}/deliveries")).await.problem(), not_found);
    assert_eq!(tenant.delete(&path).await.problem(), not_found);
    let gone = change(json!({ "state": "late" })).await;
    assert_eq!(gone.problem(), not_found);
    assert_eq!(gone.json()["error"]["code"], 1002);
    assert_eq!(tenant.get("/rest/notifications/acc_aaaaaaaaaaaaaaaa").await.problem(), not_found);
}

#[tokio::test]
async fn invalid_endpoint_lists_all_errors_in_json_and_form() {
    let tenant = saldo().await.tenant().await;
    let wrong = json!({ "observe_key": "/rest/account", "notify_uri": "http://example.com/", "state": "x".repeat(1_025) });
    let refused = tenant.json(Method::POST, NOTIFICATIONS, wrong).await;
    assert_snapshot!(refused.shown(&["request_id"]), @r#"
    {
      "code": "invalid_request",
      "detail": "3 parts of the request are invalid; see errors",
      "error": {
        "code": 1000,
        "data": {
          "notify_uri": [
            "not an https URL"
          ],
          "observe_key": [
            "no observe key; the keys are /rest/accounts, /rest/transactions, /rest/accounts/{account_id}, /rest/accounts/{account_id}/balance, /rest/accounts/{account_id}/transactions, /rest/accesses/{access_id}/syncs, saldo:import.completed, saldo:import.awaiting_confirmation, saldo:export.completed, saldo:sync.completed"
          ],
          "state": [
            "longer than 1024 characters"
          ]
        },
        "description": "3 parts of the request are invalid; see errors",
        "group": "client",
        "message": null
      },
      "errors": [
        {
          "code": "invalid_value",
          "detail": "no observe key; the keys are /rest/accounts, /rest/transactions, /rest/accounts/{account_id}, /rest/accounts/{account_id}/balance, /rest/accounts/{account_id}/transactions, /rest/accesses/{access_id}/syncs, saldo:import.completed, saldo:import.awaiting_confirmation, saldo:export.completed, saldo:sync.completed",
          "pointer": "/observe_key"
        },
        {
          "code": "invalid_value",
          "detail": "not an https URL",
          "pointer": "/notify_uri"
        },
        {
          "code": "too_long",
          "detail": "longer than 1024 characters",
          "pointer": "/state"
        }
      ],
      "request_id": "[request_id]",
      "status": 400,
      "title": "The request is invalid",
      "type": "urn:saldo:problem:invalid_request"
    }
    "#);
}

#[tokio::test]
async fn forbidden_targets_are_not_saved() {
    let tenant = saldo().await.tenant().await;
    let long = format!("https://1.1.1.1/{}", "a".repeat(2_048));
    let inner = [
        "https://127.0.0.1:1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:192.168.0.1]/",
        "https://[fe80::1]/",
        "https://0xa.1/",
        "https://user:secret@1.1.1.1/",
        "ftp://1.1.1.1/",
        "not a URL",
        "/relative",
        long.as_str(),
        "",
    ];
    // The local stack allows receivers on this machine.
    let local = tenant.org().is_some();
    for uri in inner.into_iter().filter(|uri| !(local && uri.contains("127.0.0.1"))) {
        for (method, path) in [
            (Method::POST, NOTIFICATIONS.to_owned()),
            (Method::PUT, format!("{NOTIFICATIONS}/not_aaaaaaaaaaaaaaaa")),
        ] {
            let body = json!({ "observe_key": "/rest/accounts", "notify_uri": uri });
            let refused = tenant.json(method, &path, body).await;
            assert_eq!(refused.problem(), (400, "invalid_request".to_owned()), "{uri}");
            assert_eq!(refused.json()["errors"][0]["pointer"], "/notify_uri", "{uri}");
            assert_eq!(refused.json()["errors"].as_array().map(Vec::len), Some(1), "{uri}");
        }
    }
}

#[tokio::test]
async fn unresolvable_host_name_is_accepted() {
    let tenant = saldo().await.tenant().await;
    let made = make(&tenant, "/rest/accounts", "https://receiver.invalid/").await;
    assert_eq!(made["notify_uri"], "https://receiver.invalid/");
}

#[tokio::test]
async fn every_endpoint_field_is_validated_on_creation_and_update() {
    let tenant = saldo().await.tenant().await;
    for (body, pointer, code) in [
        (json!({ "notify_uri": PUBLIC }), "/observe_key", "required"),
        (json!({ "observe_key": "/rest/accounts" }), "/notify_uri", "required"),
        (json!({ "observe_key": "/rest/accounts", "notify_uri": null }), "/notify_uri", "required"),
        (json!({ "observe_key": 5, "notify_uri": PUBLIC }), "/observe_key", "invalid_type"),
        (
            json!({ "observe_key": "/rest/accounts", "notify_uri": PUBLIC, "state": "" }),
            "/state",
            "invalid_text",
        ),
        (
            json!({ "observe_key": "/rest/accounts", "notify_uri": PUBLIC, "state": 5 }),
            "/state",
            "invalid_type",
        ),
    ] {
        let refused = tenant.json(Method::POST, NOTIFICATIONS, body.clone()).await;
        assert_eq!(refused.problem(), (400, "invalid_request".to_owned()), "{body}");
        let fault = &refused.json()["errors"][0];
        assert_eq!((&fault["pointer"], &fault["code"]), (&json!(pointer), &json!(code)), "{body}");
    }
    for body in [json!({ "observe_key": null }), json!({ "notify_uri": null }), json!({ "observe_key": "x" })]
    {
        let refused = tenant.json(Method::PUT, &format!("{NOTIFICATIONS}/not_aaaaaaaaaaaaaaaa"), body).await;
        assert_eq!(refused.problem(), (400, "invalid_request".to_owned()), "{refused:?}");
    }
    let form = tenant.form(Method::POST, NOTIFICATIONS, "observe_key=%2Frest%2Faccounts").await;
    assert_eq!(form.problem(), (415, "unsupported_media_type".to_owned()));
    let page = tenant
        .get(&format!("{NOTIFICATIONS}/not_aaaaaaaaaaaaaaaa/deliveries?limit=0&starting_after=x"))
        .await;
    assert_eq!(page.problem(), (400, "invalid_parameter".to_owned()));
}

#[tokio::test]
async fn repeated_creation_makes_one_endpoint_and_hides_its_secret() {
    let tenant = saldo().await.tenant().await;
    let idempotency_key = Uuid::now_v7().to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", idempotency_key.as_str())];
    let body = json!({ "observe_key": "/rest/accounts", "notify_uri": PUBLIC }).to_string();
    let ask = async || tenant.send(Method::POST, NOTIFICATIONS, &headers, body.clone()).await;
    let (first, again) = (ask().await, ask().await);
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201), "{first:?}");
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.header("location"), again.header("location"));
    let (first, again) = (first.json(), again.json());
    assert_eq!(first["notification_id"], again["notification_id"]);
    assert!(first["secret"].is_string());
    assert_eq!(again["secret"], Value::Null);
}

#[tokio::test]
async fn url_and_observe_key_identify_one_endpoint() {
    let tenant = saldo().await.tenant().await;
    let taken = |refused: testing::Answer| {
        assert_eq!(refused.problem(), (409, "notification_exists".to_owned()), "{refused:?}");
        assert_eq!(refused.json()["error"]["code"], 1001, "{refused:?}");
    };
    let post = async |key: &str, uri: &str| {
        let request = json!({ "observe_key": key, "notify_uri": uri });
        tenant.json(Method::POST, NOTIFICATIONS, request).await
    };
    // Of eight simultaneous requests, one creates the endpoint.
    let uri = format!("https://1.1.1.1/{}", Uuid::now_v7());
    let mut first = None;
    for answer in futures::future::join_all((0..8).map(|_| post("/rest/accounts", &uri))).await {
        match answer.status.as_u16() {
            201 => assert!(first.replace(answer.json()).is_none(), "one more: {answer:?}"),
            _ => taken(answer),
        }
    }
    let path = |made: &Value| format!("{NOTIFICATIONS}/{}", made["notification_id"].as_str().expect("an id"));
    let first = path(&first.expect("one endpoint"));
    // The same URL in another spelling, and with a fragment, which requests don't send.
    taken(post("/rest/accounts", &uri.replace("https://1.1.1.1/", "HTTPS://1.1.1.1:443/")).await);
    taken(post("/rest/accounts", &format!("{uri}#top")).await);

    // Another key or another URL is another endpoint, until an update makes it equal to the first.
    let second = path(&make(&tenant, "/rest/transactions", &uri).await);
    let third = path(&make(&tenant, "/rest/accounts", &format!("{uri}/3")).await);
    let put = async |path: &str, body: Value| tenant.json(Method::PUT, path, body).await;
    taken(put(&second, json!({ "observe_key": "/rest/accounts" })).await);
    taken(put(&third, json!({ "notify_uri": uri })).await);
    assert_eq!(put(&first, json!({ "notify_uri": uri, "state": "same" })).await.status, 200);

    // Of two endpoints that are changed to a URL that another has left, one gets it.
    assert_eq!(put(&first, json!({ "observe_key": "saldo:sync.completed" })).await.status, 200);
    let both =
        [put(&second, json!({ "observe_key": "/rest/accounts" })), put(&third, json!({ "notify_uri": uri }))];
    let mut won = 0;
    for answer in futures::future::join_all(both).await {
        match answer.status.as_u16() {
            200 => won += 1,
            _ => taken(answer),
        }
    }
    assert_eq!(won, 1);
    taken(post("/rest/accounts", &uri).await);
    for path in [&second, &third] {
        assert_eq!(tenant.delete(path).await.status, 204);
    }
    make(&tenant, "/rest/accounts", &uri).await;
}

#[tokio::test]
async fn organization_has_at_most_100_endpoints() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    let (Some(app), Some(org)) = (saldo.app().await, tenant.org()) else { return };
    make(&tenant, "/rest/accounts", PUBLIC).await;
    let one = app.notifications.all(org).await.expect("DynamoDB").pop().expect("the endpoint");
    for n in 2..ENDPOINTS_MAX {
        let other = saldo_domain::notification::Endpoint {
            id: saldo_domain::id::NotificationId::of_seed(Uuid::now_v7()),
            notify_uri: format!("{PUBLIC}&n={n}").parse().expect("a URL"),
            ..one.clone()
        };
        assert!(app.notifications.put(org, &other).await.expect("DynamoDB"));
    }
    make(&tenant, "/rest/transactions", PUBLIC).await;
    let request = json!({ "observe_key": "saldo:sync.completed", "notify_uri": PUBLIC });
    let refused = tenant.json(Method::POST, NOTIFICATIONS, request.clone()).await;
    assert_eq!(refused.problem(), (422, "too_many_notifications".to_owned()));
    assert_eq!(refused.json()["error"]["code"], 1006);
    let listed = tenant.get(NOTIFICATIONS).await.json();
    assert_eq!(listed["notifications"].as_array().map(Vec::len), Some(ENDPOINTS_MAX));
    assert_eq!(tenant.delete(&format!("{NOTIFICATIONS}/{}", one.id)).await.status, 204);
    assert_eq!(tenant.json(Method::POST, NOTIFICATIONS, request).await.status, 201);
}

#[tokio::test]
async fn imports_and_exports_send_signed_notifications() {
    let saldo = saldo().await;
    let tenant = saldo.tenant().await;
    if saldo.app().await.is_none() {
        return;
    }
    let (imports, exports, others) =
        (Receiver::start(&[]).await, Receiver::start(&[]).await, Receiver::start(&[]).await);
    let of_imports = make(&tenant, "saldo:import.completed", &imports.url).await;
    let of_exports =
        make(&tenant, "saldo:export.completed", &exports.url.replace("127.0.0.1", "localhost")).await;
    make(&tenant, "saldo:sync.completed", &others.url).await;

    let row = json!({ "accounts": [{ "contact": { "name": "A" }, "total_amount": 1 }] });
    let imported = tenant.json(Method::POST, "/api/v1/import", row).await;
    let exported = tenant.export("accounts", json!({ "format": "csv", "delivery": "link" })).await;
    for (receiver, endpoint, job_id, key) in [
        (&imports, &of_imports, imported.json()["job_id"].clone(), "saldo:import.completed"),
        (&exports, &of_exports, exported.json()["export_id"].clone(), "saldo:export.completed"),
    ] {
        let notification = receiver.wait_for(1).await.remove(0);
        let id = &endpoint["notification_id"];
        assert_eq!(
            notification.json(),
            json!({ "notification_id": id, "observe_key": key, "state": "of mine", "job_id": job_id })
        );
        assert_eq!(
            notification.header("user-agent"),
            concat!("saldo-notification/", env!("CARGO_PKG_VERSION"))
        );
        assert_eq!(notification.header("content-type"), "application/json");
        let webhook = Webhook::new(endpoint["secret"].as_str().expect("a secret")).expect("a secret");
        webhook.verify(&notification.body, &notification.headers).expect("a good signature");
        assert!(
            webhook.verify(b"{}", &notification.headers).is_err(),
            "the signature is only valid for its body"
        );

        let path = format!("{NOTIFICATIONS}/{}/deliveries", id.as_str().expect("an id"));
        let mut listed = Value::Null;
        while listed["deliveries"][0]["status"] != "delivered" {
            listed = tenant.get(&path).await.json();
            assert_eq!(listed["deliveries"].as_array().map(Vec::len), Some(1), "{listed}");
        }
        assert_eq!(listed["deliveries"][0]["delivery_id"], notification.header("webhook-id"));
        if key == "saldo:import.completed" {
            assert_snapshot!(testing::shown(&listed, &["delivery_id", "job_id", "at", "created_at"]), @r#"
            {
              "deliveries": [
                {
                  "attempts": [
                    {
                      "at": "[at]",
                      "status_code": 204
                    }
                  ],
                  "created_at": "[created_at]",
                  "delivery_id": "[delivery_id]",
                  "job_id": "[job_id]",
                  "next_attempt_at": null,
                  "observe_key": "saldo:import.completed",
                  "status": "delivered"
                }
              ],
              "has_more": false
            }
            "#);
        }
    }
    assert_eq!((imports.inbox().len(), exports.inbox().len(), others.inbox().len()), (1, 1, 0));
}
