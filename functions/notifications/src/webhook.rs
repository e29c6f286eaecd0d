//! The request that Saldo sends to an endpoint, for the OpenAPI document.

use saldo_domain::id::DeliveryId;
use saldo_domain::notification::Message;
use utoipa::OpenApi;

/// The requests that endpoints receive.
#[derive(OpenApi)]
#[openapi(paths(notify))]
pub(crate) struct Webhook;

/// Notifies an endpoint of an event
///
/// It is signed with the endpoint's secret as Standard Webhooks specifies, for which there are libraries, and can
/// arrive twice. A notification that is not answered with 2xx within 15 seconds is sent again after 5 s, 5 min,
/// 30 min, 2 h, 5 h, 10 h and 10 h; 410 stops this at once. Redirects are not followed.
#[utoipa::path(
    post, path = "notification", operation_id = "notify", tag = "Notifications",
    params(
        ("webhook-id" = DeliveryId, Header, description = "The id of the delivery, the same for every attempt"),
        ("webhook-timestamp" = i64, Header, description = "When it was sent, in seconds since 1970"),
        ("webhook-signature" = String, Header, description = "`v1,` and the signature in base 64"),
    ),
    request_body = Message<'_>,
    responses(
        (status = "2XX", description = "It was received"),
        (status = 410, description = "It is not sent again"),
        (status = "default", description = "It is sent again, while attempts are left"),
    ),
)]
#[expect(dead_code, reason = "a request that Saldo sends has no handler here")]
fn notify() {}
