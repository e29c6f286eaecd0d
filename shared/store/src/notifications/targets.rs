//! The targets of endpoints: a URL and an observe key belong to at most one endpoint.
//!
//! Each endpoint has an item beside it whose key is derived from its URL and its observe key, and which names the
//! endpoint. Both are written and deleted in one transaction, so of two requests at the same moment one finds the target
//! taken.

use aws_sdk_dynamodb::types::TransactWriteItem;
use saldo_domain::id::{NotificationId, OrgId};
use saldo_domain::notification::{NotifyUri, ObserveKey};

use super::NotificationStore;
use crate::dynamodb::item::text;
use crate::dynamodb::{Condition, Key, absent, equals};
use crate::failure::Failure;
use crate::table_keys::AccessKey;

/// The attribute of a target's item with its endpoint.
const ENDPOINT: &str = "endpoint";

/// The target of an endpoint.
pub(super) struct Target<'a> {
    pub(super) org: &'a OrgId,
    pub(super) endpoint: &'a NotificationId,
    pub(super) uri: &'a NotifyUri,
    pub(super) observe_key: &'a ObserveKey,
}

impl Target<'_> {
    /// Whether both have the same URL and observe key.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    fn key(&self) -> AccessKey {
        AccessKey::target(self.org, self.uri, self.observe_key)
    }

    /// The condition that the endpoint has the target.
    fn is_taken_by_endpoint(&self) -> Condition {
        equals(ENDPOINT, text(self.endpoint))
    }
}

impl NotificationStore {
    /// Takes the target, unless another endpoint has it.
    pub(super) fn take(&self, target: &Target<'_>) -> Result<TransactWriteItem, Failure> {
        let mut item = target.key().attributes();
        item.insert(ENDPOINT.to_owned(), text(target.endpoint));
        // An earlier attempt of the same request may have taken it.
        self.table.put_action(item, Some(&absent("id").or(target.is_taken_by_endpoint())))
    }

    /// Releases the target of the endpoint.
    pub(super) fn give_back(&self, target: &Target<'_>) -> Result<TransactWriteItem, Failure> {
        self.table.delete_action(&target.key(), Some(&target.is_taken_by_endpoint()))
    }
}
