//! Accounts made, changed and deleted one by one.
//!
//! A change by hand and an import may meet. The import's last word counts as it would
//! without the change; but a row that comes late, from an import older than the change,
//! leaves the fields alone that were changed by hand, as it leaves those of newer imports.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::{AccountStore, CURRENCY, account, revision_value, set_by};
use crate::account::{Account, AccountChange, OwnerId, Revision};
use crate::failure::Failure;
use crate::fields::Patch;
use crate::id::OrgId;
use crate::store::expression::Update;
use crate::store::item::{Item, is_condition_failure, moment, number, text};
use crate::store::table_keys;

impl AccountStore {
    /// Stores a new account. If there is one with its id, which only an earlier attempt of
    /// the same request can have made, that one stays and is returned.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn create(&self, org: &OrgId, new: Account) -> Result<Account, Failure> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(org, &new)))
            .condition_expression("attribute_not_exists(id)")
            .send()
            .await;
        match put {
            Ok(_) => Ok(new),
            Err(error) if is_condition_failure(&error) => Ok(self.get(org, &new.id).await?.unwrap_or(new)),
            Err(error) => Err(Failure::of("PutItem on accounts")(error)),
        }
    }

    /// Changes the account that was `seen`. `exactly`: only in the state in which it was
    /// seen; otherwise also in another, as long as its amounts will fit its currency.
    /// Returns the account as it is now, or nothing if it was not to be changed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the account may have been changed or not.
    pub async fn change(
        &self,
        org: &OrgId,
        seen: &Account,
        change: &AccountChange,
        exactly: bool,
        now: Timestamp,
    ) -> Result<Option<Account>, Failure> {
        let revision = Revision::next();
        let mut update = Update::default();
        for (field, value) in changes(org, change) {
            if seen.external_id.is_some() && field != BALANCE {
                update.set(&set_by(field), revision_value(&revision));
            }
            update.set_or_remove(field, value);
        }
        if update.is_empty() {
            return Ok(Some(seen.clone()));
        }
        update.set("updated_at", moment(now));
        update.set("revision", revision_value(&revision));
        update.require("attribute_exists(id)".to_owned());
        if exactly {
            update.require_value("revision", Some(revision_value(&seen.revision)));
        }
        if change.balance.is_some() && change.currency.is_none() {
            update.require_value(CURRENCY, Some(text(seen.currency)));
        }
        if change.currency.is_some() {
            update.require_value("total_amount", seen.total_amount.map(number));
            if change.balance.is_none() {
                update.require_value(BALANCE, Some(number(seen.balance)));
            }
        }
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("shard", text(table_keys::account_shard(org, &seen.id)))
            .key("id", text(&seen.id))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.on(request).send().await {
            Ok(answer) => answer.attributes.map(|item| account(org, &item)).transpose(),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let found = failed.item.as_ref().map(|item| account(org, item)).transpose()?;
                    // The SDK tried twice, and the answer to the first attempt was lost.
                    Ok(found.filter(|found| found.revision == revision))
                }
                _ => Err(Failure::of("UpdateItem on accounts")(error)),
            },
        }
    }

    /// Deletes the account that was `seen`: `exactly` as in [`Self::change`]. Says whether
    /// it is gone.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the account may have been deleted or not.
    pub async fn delete(&self, org: &OrgId, seen: &Account, exactly: bool) -> Result<bool, Failure> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("shard", text(table_keys::account_shard(org, &seen.id)))
            .key("id", text(&seen.id));
        let delete = match exactly {
            false => delete,
            // If it is gone already, somebody, or an attempt whose answer was lost, did it.
            true => delete
                .condition_expression("attribute_not_exists(id) OR revision = :seen")
                .expression_attribute_values(":seen", revision_value(&seen.revision)),
        };
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_condition_failure(&error) => Ok(false),
            Err(error) => Err(Failure::of("DeleteItem on accounts")(error)),
        }
    }
}

const BALANCE: &str = "balance";

/// The attributes that change, with their new values; `None` removes one.
fn changes(
    org: &OrgId,
    change: &AccountChange,
) -> impl Iterator<Item = (&'static str, Option<AttributeValue>)> {
    let patches = [
        ("type", set(change.kind.as_ref().map(text))),
        (BALANCE, set(change.balance.map(number))),
        (CURRENCY, set(change.currency.map(text))),
        ("status", set(change.status.as_ref().map(text))),
        ("owner", change.owner_id.as_ref().map(|owner| owner_value(org, owner))),
        ("campaign_id", change.campaign_id.as_ref().map(text)),
        ("notes", change.notes.as_ref().map(text)),
        ("identifier", change.identifier.as_ref().map(text)),
    ];
    patches.into_iter().filter_map(|(name, patch)| match patch {
        Patch::Keep => None,
        Patch::Clear => Some((name, None)),
        Patch::Set(value) => Some((name, Some(value))),
    })
}

fn set<T>(value: Option<T>) -> Patch<T> {
    value.map_or(Patch::Keep, Patch::Set)
}

fn owner_value(org: &OrgId, owner: &OwnerId) -> AttributeValue {
    text(table_keys::account_owner(org, owner.as_str()))
}

/// A new account as it lies in the table.
fn item(org: &OrgId, new: &Account) -> Item {
    let attributes = [
        ("shard", Some(text(table_keys::account_shard(org, &new.id)))),
        ("id", Some(text(&new.id))),
        ("type", Some(text(&new.kind))),
        ("status", Some(text(&new.status))),
        (BALANCE, Some(number(new.balance))),
        (CURRENCY, Some(text(new.currency))),
        ("owner", new.owner_id.as_ref().map(|owner| owner_value(org, owner))),
        ("campaign_id", new.campaign_id.as_ref().map(text)),
        ("notes", new.notes.as_ref().map(text)),
        ("identifier", new.identifier.as_ref().map(text)),
        ("created_at", Some(moment(new.created_at))),
        ("updated_at", Some(moment(new.updated_at))),
        ("revision", Some(revision_value(&new.revision))),
    ];
    attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
