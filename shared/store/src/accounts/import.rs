//! The rows of imports: the domain decides what a row does to its account, the store writes it on the condition that the
//! account is as it was read, and reads it again if it is not.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use saldo_domain::account::{AccountState, Written};
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{AccountId, OrgId};
use saldo_domain::import::{Decision, Refused, RowDone, RowWrite};

use super::open_items::OpenItemStore;
use super::record::WHAT;
use super::seen::Seen;
use super::state::Stored;
use crate::dynamodb::item::Reader;
use crate::dynamodb::revised::{CHANGE_ATTEMPTS_MAX, outrun};
use crate::dynamodb::{Applied, STATEMENTS_MAX};
use crate::failure::Failure;
use crate::table_keys::AccountKey;

/// The accounts of a look-up whose allocations are read at the same time.
const QUERIES_IN_FLIGHT: usize = 32;

impl Seen {
    /// What the row did to the account, if it was written.
    ///
    /// # Errors
    /// [`Failure::Corrupt`] if the account's history is damaged.
    pub fn written_by(&self, org: &OrgId, row: &RowWrite<'_>) -> Result<Option<RowDone>, Failure> {
        let written = self.history()?.written_by(row.import);
        Ok(written.map(|written| done_before(org, row, written, self)))
    }

    /// The account before and after the row, if that changes anything.
    ///
    /// # Errors
    /// [`Failure::Corrupt`] if the account is damaged.
    pub fn changed_by(
        &self,
        org: &OrgId,
        row: &RowWrite<'_>,
    ) -> Result<Option<(AccountState, AccountState)>, Failure> {
        let before = self.state(org)?;
        let Ok(Decision::Write(after, _)) = row.decide(&before) else { return Ok(None) };
        let (account, history) = *after;
        let after = AccountState { account: Some(account), history, allocations: before.allocations.clone() };
        Ok(Some((before, after)))
    }

    /// Whether the client that the row names has to be there, as far as the account was seen: see
    /// [`RowWrite::needs_client`]. A row whose account can't be read needs none yet.
    #[must_use]
    pub fn needs_client(&self, org: &OrgId, row: &RowWrite<'_>) -> bool {
        self.state(org).is_ok_and(|state| row.needs_client(&state))
    }
}

/// What a row did that was written with this outcome. A damaged account has no currency and no revision.
fn done_before(org: &OrgId, row: &RowWrite<'_>, written: Written, seen: &Seen) -> RowDone {
    row.done_before(written, &seen.state(org).unwrap_or_default())
}

/// What the row does to its account in this state, and what is to be written for it.
fn decide(row: &RowWrite<'_>, state: &AccountState) -> Result<(Decision, RowDone), Refused> {
    let decision = row.decide(state)?;
    let done = row.done(&decision, state);
    Ok((decision, done))
}

impl OpenItemStore {
    /// Looks up the accounts of an import's rows: with eventual consistency or, if `certain`, consistently and at twice
    /// the price. Accounts that do not exist are left out. One that has allocations costs a query more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn look_up(
        &self,
        org: &OrgId,
        ids: BTreeSet<AccountId>,
        certain: bool,
    ) -> Result<HashMap<AccountId, Seen>, Failure> {
        let keys: Vec<_> = ids.iter().map(|id| AccountKey::new(org, id)).collect();
        let items = self.table.batch_get(&keys, certain).await?;
        let complete = items.into_iter().map(async |item| {
            let id = Reader::new(&item, WHAT).required("id")?;
            Ok((id, self.with_allocations(org, Stored::new(item)).await?))
        });
        let complete: Vec<_> = complete.collect();
        stream::iter(complete).buffer_unordered(QUERIES_IN_FLIGHT).try_collect().await
    }

    /// Writes rows of an import into accounts that were looked up before: as many with one request as a batch takes, and
    /// at most `in_flight` batches at the same time. Returns what each row did.
    ///
    /// The inner error is a row that is to be written alone, with [`import`](Self::import), into the account as it is in the
    /// error, or else as it is read again. The account was not as it was seen, can't be read, or does not admit the row as
    /// far as was seen; or DynamoDB did not execute the statement, for example because it was throttled.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; each row may have been written or not.
    pub async fn import_all(
        &self,
        org: &OrgId,
        rows: Vec<(RowWrite<'_>, Seen)>,
        in_flight: usize,
        by: &ChangedBy,
    ) -> Result<Vec<Result<RowDone, Option<Seen>>>, Failure> {
        let mut results: Vec<Result<RowDone, Option<Seen>>> = rows.iter().map(|_| Err(None)).collect();
        let (mut changes, mut written_rows) = (Vec::new(), Vec::new());
        let mut accounts = BTreeSet::new();
        for ((row, seen), result) in rows.into_iter().zip(&mut results) {
            // A damaged account fails the chunk when its row is written alone, after the other rows are written. So when the
            // message has failed too often, the dead-letter handler finds only this row unwritten.
            let Ok(state) = seen.state(org) else { continue };
            match decide(&row, &state) {
                Ok((Decision::Nothing(_), done)) => *result = Ok(done),
                Ok((Decision::Write(after, _), done)) => {
                    let (account, history) = *after;
                    // DynamoDB refuses a batch with two statements about one item.
                    if accounts.insert(row.id) {
                        changes.push(seen.stored().change_to(org, account, &history, by)?);
                        written_rows.push((result, done, seen));
                    }
                }
                // The account may have changed since it was looked up.
                Err(_) => {}
            }
        }
        let batches: Vec<_> =
            changes.chunks(STATEMENTS_MAX).map(|batch| self.table.change_all(batch)).collect();
        let applied: Vec<Vec<Applied>> = stream::iter(batches).buffered(in_flight).try_collect().await?;
        for ((result, done, seen), applied) in written_rows.into_iter().zip(applied.into_iter().flatten()) {
            *result = match applied {
                Applied::Done => Ok(done),
                // Few rows meet another writer.
                Applied::Met(Some(item)) => Err(Some(self.with_allocations(org, Stored::new(item)).await?)),
                Applied::Met(None) => Err(None),
                Applied::NotDone => Err(Some(seen)),
            };
        }
        Ok(results)
    }

    /// Writes a row of an import into an account that was seen before, or is read first. Delivered again, it returns the
    /// same and changes nothing.
    ///
    /// The inner error says why the row is refused: see [`RowWrite::decide`].
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the row may have been written or not.
    pub async fn import(
        &self,
        org: &OrgId,
        row: &RowWrite<'_>,
        seen: Option<&Seen>,
        by: &ChangedBy,
    ) -> Result<Result<RowDone, Refused>, Failure> {
        // What a failed write or a consistent read finds is certain. A look-up may have missed a write.
        let (mut seen, mut is_certain) = match seen {
            Some(seen) => (seen.clone(), false),
            None => (self.read_all(org, row.id).await?, true),
        };
        for _ in 0..CHANGE_ATTEMPTS_MAX {
            seen = match decide(row, &seen.state(org)?) {
                Ok((Decision::Nothing(_), done)) => return Ok(Ok(done)),
                Ok((Decision::Write(after, _), done)) => {
                    let (account, history) = *after;
                    match self.replace(org, seen.stored(), account, &history, by).await? {
                        Ok(()) => return Ok(Ok(done)),
                        Err(failed) => self.with_allocations(org, Stored::found(failed)).await?,
                    }
                }
                Err(refused) if is_certain => return Ok(Err(refused)),
                Err(_) => self.read_all(org, row.id).await?,
            };
            is_certain = true;
        }
        Err(outrun())
    }

    /// What a row did to its account, or `None` if it is still to be written: for rows whose worker died before it reported.
    /// A row that has nothing to write, for example because a newer import or a deletion has overtaken it, has the outcome
    /// that a worker would report, unless it names a client: that may be missing, or have the name of a later row.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn written_by(&self, org: &OrgId, row: &RowWrite<'_>) -> Result<Option<RowDone>, Failure> {
        let read = self.read_all(org, row.id).await?;
        if let Some(written) = read.history()?.written_by(row.import) {
            return Ok(Some(done_before(org, row, written, &read)));
        }
        let Ok(state) = read.state(org) else { return Ok(None) };
        match decide(row, &state) {
            Ok((Decision::Nothing(_), done)) if !row.needs_client(&state) => Ok(Some(done)),
            _ => Ok(None),
        }
    }

    /// What [`import`](Self::import) would return, without writing anything.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn try_import(
        &self,
        org: &OrgId,
        row: &RowWrite<'_>,
        seen: &Seen,
    ) -> Result<Result<RowDone, Refused>, Failure> {
        let decided = match decide(row, &seen.state(org)?) {
            // The account may have changed since it was looked up.
            Err(_) => decide(row, &self.read_all(org, row.id).await?.state(org)?),
            decided => decided,
        };
        Ok(decided.map(|(_, done)| done))
    }
}
