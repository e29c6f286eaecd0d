//! The open items that a complete file omits: how they are found and closed.

use futures::{Stream, StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo_domain::account::AccountState;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::OrgId;
use saldo_domain::import::{ListedItem, Omissions, Scope};

use super::AccountStore;
use super::list::Partition;
use super::open_items::OpenItemStore;
use super::record::{CAMPAIGN_ID, CURRENCY, SOURCE_SYSTEM, TOTAL_AMOUNT};
use super::seen::Seen;
use super::state::{DELETED_AT, Stored};
use crate::dynamodb::item::{Item, text};
use crate::dynamodb::revised::{CHANGE_ATTEMPTS_MAX, outrun};
use crate::dynamodb::{absent, equals, exists};
use crate::failure::Failure;

/// The items that are closed at the same time.
const CLOSED_AT_ONCE: usize = 16;

/// What became of an item on the list of a complete file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Omitted {
    /// It is closed, now or by an earlier attempt: what was listed as open of it.
    Closed,
    /// It stays as it is: it was changed since it was listed, or a later file decides about it.
    Kept,
}

impl AccountStore {
    /// The accounts of a shard that may be open items of the scope, page by page, in the order of their ids, with consistent
    /// reads.
    pub fn of_scope(
        &self,
        org: &OrgId,
        shard: u16,
        scope: &Scope,
    ) -> impl Stream<Item = Result<Vec<AccountState>, Failure>> + use<> {
        let conditions = [
            Some(absent(DELETED_AT)),
            Some(exists(TOTAL_AMOUNT)),
            Some(equals(SOURCE_SYSTEM, text(&scope.source_system))),
            scope.currency.map(|currency| equals(CURRENCY, text(currency))),
            scope.campaign_id.as_ref().map(|campaign| equals(CAMPAIGN_ID, text(campaign))),
        ];
        let query = self.query(org, &Partition::Shard(shard)).consistent();
        let query = query.filter(conditions.into_iter().flatten().collect());
        let org = org.clone();
        stream::try_unfold(Some(None), move |start: Option<Option<Item>>| {
            let (query, org) = (query.clone(), org.clone());
            async move {
                let Some(start) = start else { return Ok(None) };
                let page = query.page(start, None).await?;
                // Their balances are derived already.
                let states =
                    page.items.into_iter().map(|item| Seen::new(Stored::new(item), Vec::new()).state(&org));
                Ok(Some((states.collect::<Result<Vec<_>, _>>()?, page.next.map(Some))))
            }
        })
    }
}

impl OpenItemStore {
    /// Closes these items as they were listed, unless they were changed since or the file does not close them any more.
    /// Repeated, it changes nothing. The results are in the order of the items.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; each item may be closed or not.
    pub async fn close_omitted(
        &self,
        org: &OrgId,
        listed: &[ListedItem],
        omissions: Omissions<'_>,
        by: &ChangedBy,
    ) -> Result<Vec<Omitted>, Failure> {
        let ids = listed.iter().map(|item| item.account.clone()).collect();
        let mut seen = self.look_up(org, ids, true).await?;
        let items = listed.iter().map(|item| {
            let seen = seen.remove(&item.account).unwrap_or_default();
            self.close_one(org, seen, item, omissions, by)
        });
        let items: Vec<_> = items.collect();
        stream::iter(items).buffered(CLOSED_AT_ONCE).try_collect().await
    }

    async fn close_one(
        &self,
        org: &OrgId,
        mut seen: Seen,
        item: &ListedItem,
        omissions: Omissions<'_>,
        by: &ChangedBy,
    ) -> Result<Omitted, Failure> {
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            let state = seen.state(org)?;
            if state.account.as_ref().is_some_and(|account| omissions.have_closed(account)) {
                return Ok(Omitted::Closed);
            }
            let closed = omissions.closed(&state, item, Timestamp::now());
            let Some(account) = closed else { return Ok(Omitted::Kept) };
            seen = match self.replace(org, seen.stored(), account, &state.history, by).await? {
                Ok(()) => return Ok(Omitted::Closed),
                Err(failed) => self.with_allocations(org, Stored::found(failed)).await?,
            };
        }
        Err(outrun())
    }
}
