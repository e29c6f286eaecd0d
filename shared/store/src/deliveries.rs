//! The deliveries of notifications: jobs, listed by endpoint.

use jiff::Timestamp;
use saldo_domain::id::{DeliveryId, NotificationId, OrgId};
use saldo_domain::notification::Delivery;

use crate::failure::Failure;
use crate::jobs::{Job, JobStore};

/// The deliveries of all organizations.
pub type DeliveryStore = JobStore<Delivery>;

impl Job for Delivery {
    type Id = DeliveryId;

    const LIST: &'static str = "delivery";
    const BEGUN: &'static str = "attempts";
    const UNFINISHED: &'static [&'static str] = &["pending"];

    fn list(&self) -> String {
        list(&self.endpoint)
    }

    fn id(&self) -> &DeliveryId {
        &self.id
    }

    fn org(&self) -> &OrgId {
        &self.org
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

impl DeliveryStore {
    /// The deliveries to an endpoint, newest first: at most `limit` of those older than
    /// `after`, and whether there are more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn list_to(
        &self,
        org: &OrgId,
        endpoint: &NotificationId,
        after: Option<&DeliveryId>,
        limit: usize,
    ) -> Result<(Vec<Delivery>, bool), Failure> {
        self.list_of(org, &list(endpoint), after, limit).await
    }
}

/// The list of an endpoint's deliveries.
fn list(endpoint: &NotificationId) -> String {
    format!("{}#{endpoint}", Delivery::LIST)
}
