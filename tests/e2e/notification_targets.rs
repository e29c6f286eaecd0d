//! Targets that notifications must not reach, and the secrets of endpoints in the tables.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::Body;
use axum::http::Request;
use local::App;
use saldo_domain::notification::{AttemptError, DeliveryStatus, Endpoint, Outcome, Targets};
use saldo_http::service;
use saldo_store::Limits;
use saldo_store::queue::NotificationMessage;
use serde_json::json;
use testing::Receiver;
use tower::ServiceExt;

use crate::notification_stack::{EXPORTS, NotificationStack, handled, message, outcomes};

#[tokio::test]
async fn saved_forbidden_target_is_not_called() {
    let stack = NotificationStack::start().await;
    let limits = Limits { notification_delays: &[], ..stack.app.limits };
    let local = App { limits, ..stack.app.clone() };
    let public = App { targets: Targets::Public, ..local.clone() };
    let receiver = Receiver::start(&[]).await;
    let (saved, _) = stack.endpoint(&receiver.url).await;
    let saved =
        stack.app.notifications.get(&stack.org, &saved).await.expect("DynamoDB").expect("the endpoint");
    let outcome = async |app: &App, uri: &str| {
        let endpoint = Endpoint { notify_uri: uri.parse().expect("a URL"), ..saved.clone() };
        stack.app.notifications.put(&stack.org, &endpoint).await.expect("DynamoDB");
        let (event, id) = stack.queue_event(&endpoint.id).await;
        handled(app, &message(&NotificationMessage::Event(event))).await;
        handled(
            app,
            &message(&NotificationMessage::Deliver { org: stack.org.clone(), delivery: id.clone() }),
        )
        .await;
        let delivery = stack.delivery(&id).await.expect("the delivery");
        assert_eq!(delivery.status, DeliveryStatus::Failed, "{uri}: {delivery:?}");
        outcomes(&delivery).pop().expect("an attempt")
    };
    let port = receiver.url.rsplit(':').next().expect("a port");
    for uri in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("http://localhost:{port}/"),
        format!("https://localhost:{port}/"),
        "https://10.0.0.1/".to_owned(),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://[fd00:ec2::254]/".to_owned(),
    ] {
        assert_eq!(outcome(&public, &uri).await, Outcome::Error(AttemptError::AddressNotAllowed), "{uri}");
    }
    assert_eq!(outcome(&local, "https://10.0.0.1/").await, Outcome::Error(AttemptError::AddressNotAllowed));
    for (path, error) in [("/elsewhere", AttemptError::Redirect), ("/slow", AttemptError::Timeout)] {
        let uri = format!("{}{path}", receiver.url);
        assert_eq!(outcome(&local, &uri).await, Outcome::Error(error), "{uri}");
    }
    let closed = "http://127.0.0.1:1/";
    assert_eq!(outcome(&local, closed).await, Outcome::Error(AttemptError::ConnectionFailed));
    let no_tls = format!("https://127.0.0.1:{port}/");
    assert_eq!(outcome(&local, &no_tls).await, Outcome::Error(AttemptError::ConnectionFailed));
    assert_eq!(receiver.inbox().len(), 0);

    // Without the local stack's exception for loopback addresses, the endpoint is not saved.
    let strict = service(local::routes(&public));
    for uri in ["https://localhost/", "https://127.0.0.1/", "http://localhost/"] {
        let body = json!({ "observe_key": EXPORTS, "notify_uri": uri }).to_string();
        let request = Request::post("/rest/notifications").header("x-api-key", &stack.key);
        let request = request.header("content-type", "application/json").body(Body::from(body));
        let answer = strict.clone().oneshot(request.expect("a request")).await.expect("an answer");
        assert_eq!(answer.status(), 400, "{uri}");
    }
    stack.stop().await;
}

#[tokio::test]
async fn no_table_stores_secret_in_plain_text() {
    let stack = NotificationStack::start().await;
    let receiver = Receiver::start(&[]).await;
    let (endpoint, secret) = stack.endpoint(&receiver.url).await;
    let (_, id) = stack.queue_event(&endpoint).await;
    stack.work(&stack.app, &id).await;
    let bits = secret.strip_prefix("whsec_").expect("the prefix");
    let dynamodb = aws_sdk_dynamodb::Client::new(stack.aws.sdk_config());
    let mut items = 0;
    for table in dynamodb.list_tables().send().await.expect("DynamoDB").table_names() {
        let scan = dynamodb.scan().table_name(table).send().await.expect("DynamoDB");
        for item in scan.items() {
            items += 1;
            let binary = item.values().any(|value| matches!(value, AttributeValue::B(_)));
            assert!(!binary, "the check does not decode binary attributes");
            assert!(!format!("{item:?}").contains(bits), "{table}: {item:?}");
        }
    }
    assert!(items >= 5, "the key, its pointer, the organization, the endpoint, the delivery, the answer");
    stack.stop().await;
}
