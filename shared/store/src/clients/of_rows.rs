//! The clients that rows of imports name by their numbers: the domain decides whether a client is created or named anew, the
//! store writes it on the condition that its name has the source that was read, and reads it again if it has not.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::client::{Client, ClientOfRow};
use saldo_domain::id::{ClientId, OrgId};

use super::{ClientStore, NAME, NAME_SOURCE, UPDATED_AT, WHAT, client};
use crate::dynamodb::item::{CHANGED_BY, Item, NewItem, Reader, changed_by, moment, nested, text};
use crate::dynamodb::revised::outrun;
use crate::dynamodb::{Applied, Change, STATEMENTS_MAX};
use crate::failure::Failure;
use crate::limits::BATCHES_IN_FLIGHT;
use crate::table_keys::ClientKey;

/// How often clients are read that other chunks create or name at the same time. An attempt fails only if another write
/// succeeded, and of the chunks that are left only those with earlier rows go on.
const ATTEMPTS_MAX: u32 = 16;

impl ClientStore {
    /// Sees to it that these clients, whose ids must differ, exist, each named after the earliest of the rows that have named it
    /// so far. A client that needs nothing is read, consistently, and not written.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails, [`Failure::Throttled`] also if others write a client again and again; some may have
    /// been written.
    pub async fn ensure(&self, org: &OrgId, named: &[ClientOfRow], by: &ChangedBy) -> Result<(), Failure> {
        let mut left: Vec<&ClientOfRow> = named.iter().collect();
        for _ in 0..ATTEMPTS_MAX {
            let (wanted, changes): (Vec<_>, Vec<_>) = self.changes(org, &left, by).await?.into_iter().unzip();
            let batches = changes.chunks(STATEMENTS_MAX).map(|batch| self.table.change_all(batch));
            let batches: Vec<_> = batches.collect();
            let applied: Vec<Applied> =
                stream::iter(batches).buffered(BATCHES_IN_FLIGHT).try_concat().await?;
            left.clear();
            for ((named, change), applied) in wanted.into_iter().zip(&changes).zip(applied) {
                let is_outrun = match applied {
                    Applied::Done => false,
                    Applied::Met(_) => true,
                    Applied::NotDone => self.table.change(change).await?.is_err(),
                };
                left.extend(is_outrun.then_some(named));
            }
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(outrun())
    }

    /// Reads the clients. Returns those that are to be created or named anew, with their changes.
    async fn changes<'a>(
        &self,
        org: &OrgId,
        named: &[&'a ClientOfRow],
        by: &ChangedBy,
    ) -> Result<Vec<(&'a ClientOfRow, Change<ClientKey>)>, Failure> {
        let keys: Vec<_> = named.iter().map(|named| ClientKey::new(org, &named.id)).collect();
        let items = self.table.batch_get(&keys, true).await?.into_iter().map(|item| {
            let id = Reader::new(&item, WHAT).required("id")?;
            Ok((id, item))
        });
        let items: HashMap<ClientId, Item> = items.collect::<Result<_, Failure>>()?;
        let (none, now) = (Item::new(), Timestamp::now());
        let changes = named.iter().map(|named| {
            let read = items.get(&named.id).unwrap_or(&none);
            let change = change(org, named, read, now, by)?;
            Ok(change.map(|change| (*named, change)))
        });
        changes.filter_map(Result::transpose).collect()
    }
}

/// The change of a client as it was read, if it needs one. The item is empty if there is no client.
fn change(
    org: &OrgId,
    named: &ClientOfRow,
    read: &Item,
    now: Timestamp,
    by: &ChangedBy,
) -> Result<Option<Change<ClientKey>>, Failure> {
    let before = (!read.is_empty()).then(|| client(read.clone())).transpose()?;
    let Some(after) = named.change(before.as_ref(), now) else { return Ok(None) };
    let mut attributes = attributes(&after, before.is_none())?;
    attributes.push((CHANGED_BY, changed_by(by)));
    Ok(Some(Change::new(ClientKey::new(org, &named.id), read, attributes, [], &[NAME_SOURCE])))
}

/// The attributes of a client that rows set: all of one that is new, or else those of its name.
fn attributes(client: &Client, is_new: bool) -> Result<NewItem, Failure> {
    let mut attributes = vec![(NAME, text(&client.name)), (UPDATED_AT, moment(client.updated_at))];
    attributes.extend(client.name_source.as_ref().map(|source| (NAME_SOURCE, text(source))));
    if is_new {
        attributes.push(("kind", nested(&client.kind, WHAT)?));
        attributes.push(("created_at", moment(client.created_at)));
        attributes.extend(client.external_id.as_ref().map(|number| ("external_id", text(number))));
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use saldo_domain::id::ImportId;
    use uuid::Uuid;

    use super::super::Record;
    use super::*;
    use crate::dynamodb::Key;
    use crate::dynamodb::item::{item_of, to_item};

    #[test]
    fn client_of_a_row_is_stored_as_any_other() {
        let (org, import) = (OrgId::placeholder(), ImportId::of_seed(Uuid::now_v7()));
        let (number, contact) = ("0042".parse().expect("a number"), "Ana".parse().expect("a name"));
        let named = ClientOfRow::new(&org, &number, Some(&contact), (&import, 7));
        let now = Timestamp::from_millisecond(1_790_000_000_123).expect("a moment");
        let new = named.change(None, now).expect("a client");
        let attributes = attributes(&new, true).expect("attributes");
        let item = item_of(ClientKey::new(&org, &new.id).pairs().chain(attributes));
        assert_eq!(item, to_item(&Record::new(&org, new.clone(), None), WHAT).expect("an item"));
        assert_eq!(client(item).expect("a client"), new);
    }
}
