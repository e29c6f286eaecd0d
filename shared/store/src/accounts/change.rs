//! Accounts made, changed and deleted one by one.
//!
//! A change by hand has its place in the order of imports: its revision is a version 7
//! UUID, as an import's id is. A row of an import that was accepted before the change leaves
//! alone what was changed, whenever it comes; a row of a later import has the last word.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use saldo_domain::account::{Account, AccountChange, OwnerId, Revision};
use saldo_domain::fields::Patch;
use saldo_domain::id::OrgId;

use super::bank::details;
use super::import::LAST_IMPORT;
use super::trace::{CHANGED_BY_HAND, Trace};
use super::{AccountStore, BALANCE, BANK, CURRENCY, REVISION, TOTAL_AMOUNT, account, set_by, stamp};
use crate::expression::Update;
use crate::failure::Failure;
use crate::item::{Item, is_condition_failure, moment, number, text};
use crate::put_new::put_new;
use crate::table_keys;

impl AccountStore {
    /// Stores a new account. If there is one with its id, which only an earlier attempt of
    /// the same request can have made, that one stays and is returned.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn create(&self, org: &OrgId, new: Account) -> Result<Account, Failure> {
        match put_new(&self.client, &self.table, "id", item(org, &new)?).await? {
            true => Ok(new),
            false => Ok(self.get(org, &new.id).await?.unwrap_or(new)),
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
        let (revision, imported) = (Revision::next(), is_imported(seen));
        let mut update = Update::default();
        for (field, value) in changes(org, change) {
            update.set_or_remove(field, value);
            if imported {
                update.set_or_remove(&set_by(field), stamp(&revision));
            }
        }
        if update.is_empty() {
            return Ok(Some(seen.clone()));
        }
        if imported {
            update.set_or_remove(CHANGED_BY_HAND, stamp(&revision));
        }
        update.set("updated_at", moment(now));
        update.set_or_remove(REVISION, stamp(&revision));
        // What is left of a deleted account has an id, too.
        update.require("attribute_exists(created_at)".to_owned());
        if exactly {
            update.require_value(REVISION, stamp(&seen.revision));
        }
        if change.balance.is_some() && change.currency.is_none() {
            update.require_value(CURRENCY, Some(text(seen.currency)));
        }
        if change.currency.is_some() {
            update.require_value(TOTAL_AMOUNT, seen.total_amount.map(number));
            if change.balance.is_none() {
                update.require_value(BALANCE, Some(number(seen.balance)));
            }
        }
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(table_keys::account(org, &seen.id)))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.on(request).send().await {
            Ok(answer) => answer.attributes.map(|item| account(org, &item)).transpose(),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let found = failed.item.as_ref().filter(|item| !Trace::of(item).is_deleted());
                    let found = found.map(|item| account(org, item)).transpose()?;
                    // The SDK tried twice, and the answer to the first attempt was lost.
                    Ok(found.filter(|found| found.revision == revision))
                }
                _ => Err(Failure::of("UpdateItem on accounts")(error)),
            },
        }
    }

    /// Deletes the account that was `seen`: `exactly` as in [`Self::change`]. Says whether
    /// it is gone. An import that was accepted before does not bring it back, nor does the next
    /// synchronization with its bank.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the account may have been deleted or not.
    pub async fn delete(
        &self,
        org: &OrgId,
        seen: &Account,
        exactly: bool,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        if is_imported(seen) || seen.bank.is_some() {
            self.leave_trace(org, seen, exactly, now).await
        } else {
            self.remove(org, seen, exactly).await
        }
    }

    async fn remove(&self, org: &OrgId, seen: &Account, exactly: bool) -> Result<bool, Failure> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(table_keys::account(org, &seen.id)));
        let delete = match stamp(&seen.revision).filter(|_| exactly) {
            None => delete,
            // If it is gone already, somebody, or an attempt whose answer was lost, did it.
            Some(revision) => delete
                .condition_expression("attribute_not_exists(id) OR revision = :seen")
                .expression_attribute_values(":seen", revision),
        };
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_condition_failure(&error) => Ok(false),
            Err(error) => Err(Failure::of("DeleteItem on accounts")(error)),
        }
    }

    /// Puts in the account's place what tells late rows that it is gone.
    async fn leave_trace(
        &self,
        org: &OrgId,
        seen: &Account,
        exactly: bool,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let Some(before) = self.read(org, &seen.id).await?.filter(|item| !Trace::of(item).is_deleted())
        else {
            return Ok(true);
        };
        let found = account(org, &before)?;
        if exactly && found.revision != seen.revision {
            return Ok(false);
        }
        let put = self.client.put_item().table_name(&self.table);
        let mut put = put.set_item(Some(Trace::left_by(org, seen, &before, now)));
        // What the trace remembers is what is there. Imports that change nothing leave their
        // mark without a new revision.
        let mut there = Vec::new();
        for (attribute, value) in [(REVISION, ":revision"), (LAST_IMPORT, ":last_import")] {
            match before.get(attribute) {
                None => there.push(format!("attribute_not_exists({attribute})")),
                Some(found) => {
                    there.push(format!("{attribute} = {value}"));
                    put = put.expression_attribute_values(value, found.clone());
                }
            }
        }
        let put = put.condition_expression(there.join(" AND "));
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                // If there is a trace, somebody, or an attempt whose answer was lost, left it.
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(failed.item.as_ref().is_none_or(|item| Trace::of(item).is_deleted()))
                }
                _ => Err(Failure::of("PutItem on accounts")(error)),
            },
        }
    }
}

/// Whether an import may have a row for the account on its way: it has one for no other.
fn is_imported(account: &Account) -> bool {
    account.total_amount.is_some()
}

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
pub(super) fn item(org: &OrgId, new: &Account) -> Result<Item, Failure> {
    let attributes = [
        ("type", Some(text(&new.kind))),
        ("status", Some(text(&new.status))),
        (BALANCE, Some(number(new.balance))),
        (CURRENCY, Some(text(new.currency))),
        ("owner", new.owner_id.as_ref().map(|owner| owner_value(org, owner))),
        ("campaign_id", new.campaign_id.as_ref().map(text)),
        ("notes", new.notes.as_ref().map(text)),
        ("identifier", new.identifier.as_ref().map(text)),
        (BANK, new.bank.as_deref().map(details).transpose()?),
        ("created_at", Some(moment(new.created_at))),
        ("updated_at", Some(moment(new.updated_at))),
        (REVISION, stamp(&new.revision)),
    ];
    let mut item = table_keys::account(org, &new.id);
    item.extend(attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    Ok(item)
}
