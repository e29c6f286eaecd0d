//! A chunk: its rows are written to the accounts, and its result is committed. Processed again, a chunk writes no row twice.
//!
//! A row that finds no account, and lacks what a new one needs, waits while an older import has not ended, which may create
//! the account: the chunk is put back after its other rows are written, as if AWS had throttled it. An import waits for
//! older ones alone, so no two wait for each other.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::ImportId;
use saldo_domain::import::{Chunk, ImportJob, Membership, RawRow, Refused, RowDefaults, RowDone};
use saldo_store::deadline::Deadline;
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;
use saldo_store::metrics;
use saldo_store::{End, Seen, WRITES_IN_FLIGHT};

use super::clients::ChunkClients;
use super::commit::{Processed, commit};
use super::row::{Row, RowAlone, Tried};
use super::stores::{Stores, Worker};

/// The rows whose accounts are looked up in one request: the most that `BatchGetItem` takes.
pub(super) const ROWS_PER_LOOK_UP: usize = 100;
/// The groups of rows whose accounts are looked up ahead of the writes.
pub(super) const GROUPS_AHEAD: usize = 2;

/// Processes a chunk. A row that AWS throttles is retried until the time for the chunk is up; then the message is
/// put back, and the next delivery continues with the remaining rows. Returns when the import ended, if this was
/// its last chunk.
///
/// # Errors
/// [`Failure`] when AWS fails, [`Failure::Throttled`] when it throttled rows until the time was up.
pub(super) async fn process(
    Worker { stores, clients, .. }: &Worker,
    job: &ImportJob,
    chunk: &Chunk,
) -> Result<Option<End>, Failure> {
    let begun = Instant::now();
    let deadline = Deadline::after(stores.limits.chunk_time);
    let defaults = deadline.retry(|| row_defaults(stores, job)).await?;
    let job = &*Box::pin(deadline.retry(|| with_scopes(stores, job))).await?;
    let mut clients = ChunkClients::new(clients, job, defaults, deadline);
    let groups = chunk.rows.chunks(ROWS_PER_LOOK_UP);
    // A row that leaves no mark is certain to be unchanged only after a consistent read.
    let certain = !job.marks_unchanged && !job.dry_run;
    let look_up = |rows| deadline.retry(move || look_up(stores, job, chunk, rows, defaults, certain));
    let groups: Vec<_> = groups.map(look_up).collect();
    let mut groups = stream::iter(groups).buffered(GROUPS_AHEAD);
    let (mut results, mut left) = (Vec::with_capacity(chunk.rows.len()), Vec::new());
    while let Some(group) = groups.try_next().await? {
        // The first group is written in any case, so that every delivery gets further.
        let is_first = results.len() + left.len() == 0;
        if !is_first {
            deadline.check()?;
        }
        let has_waited = clients.ensure(group.iter().map(|(row, seen)| (row, seen))).await?;
        if has_waited && !is_first {
            deadline.check()?;
        }
        for row in import_group(stores, job, group, defaults, deadline).await? {
            let number = results.len() + left.len();
            match row {
                Ok(result) => results.push((number, result)),
                Err(alone) => left.push((number, alone)),
            }
        }
    }
    clients.ensure_alone(&stores.accounts, &mut left).await?;
    // After the batches: rows that wait, for example for a throttled partition, do not delay the others.
    let finish = async |(n, (number, alone)): (usize, (usize, RowAlone))| {
        let (row, seen) = *alone;
        if n >= WRITES_IN_FLIGHT {
            deadline.check()?;
        }
        Ok((number, import_alone(stores, job, row, seen.as_ref(), defaults, deadline).await?))
    };
    let left = stream::iter(left).enumerate().map(finish).buffer_unordered(WRITES_IN_FLIGHT);
    let mut incomplete = Vec::new();
    for (number, alone) in left.try_collect::<Vec<_>>().await? {
        match alone {
            Ok(result) => results.push((number, result)),
            Err(row) => incomplete.push((number, Box::new((*row, None)))),
        }
    }
    results.extend(import_incomplete(stores, job, incomplete, &mut clients, defaults, deadline).await?);
    results.sort_unstable_by_key(|(number, _)| *number);
    let results = results.into_iter().map(|(_, result)| result).collect();
    let (counts, ended) = commit(stores, job, chunk, results, defaults.currency, false, deadline).await?;
    if !job.dry_run {
        metrics::chunk_processed(counts.imported + counts.updated, counts.failed, begun.elapsed());
    }
    Ok(ended)
}

/// Checks rows and looks up their accounts; with a consistent read if `certain`.
pub(super) async fn look_up(
    stores: &Stores,
    job: &ImportJob,
    chunk: &Chunk,
    rows: &[RawRow],
    defaults: RowDefaults,
    certain: bool,
) -> Result<Vec<(Row, Seen)>, Failure> {
    let rows: Vec<Row> = rows.iter().map(|row| Row::of(job, chunk, row, defaults)).collect();
    let ids = rows.iter().filter_map(|row| row.id.clone()).collect();
    let mut seen = stores.accounts.look_up(&job.org, ids, certain).await?;
    let rows = rows.into_iter().map(|row| {
        let seen = row.id.as_ref().and_then(|id| seen.remove(id)).unwrap_or_default();
        (row, seen)
    });
    Ok(rows.collect())
}

/// The accounts that a complete file names.
pub(super) async fn membership(
    stores: &Stores,
    job: &ImportJob,
    file: &ImportId,
) -> Result<Membership<Vec<u8>>, Failure> {
    let members = stores.files.get(&ImportFiles::of(&job.org, file).members()).await?;
    let members = members.ok_or_else(|| Failure::missing("the accounts that a complete file names"))?;
    let members = Membership::of_file(members.to_vec());
    members.ok_or_else(|| Failure::corrupt("the accounts of a file")("it was cut short"))
}

/// The job with the complete files of all scopes as they are now.
pub(super) async fn with_scopes<'a>(
    stores: &Stores,
    job: &'a ImportJob,
) -> Result<Cow<'a, ImportJob>, Failure> {
    // A file of an older import that was recorded since has its rows leave marks. A redrive may come after newer files.
    if job.scopes_before == 0 && job.round == 0 {
        return Ok(Cow::Borrowed(job));
    }
    let mut scopes = stores.imports.scopes_for(job).await?;
    for of in scopes.iter_mut().filter(|of| of.is_held) {
        of.named = Some(Arc::new(membership(stores, job, &of.job).await?));
    }
    Ok(Cow::Owned(ImportJob { scopes, ..job.clone() }))
}

/// What the rows have that they do not state.
pub(super) async fn row_defaults(stores: &Stores, job: &ImportJob) -> Result<RowDefaults, Failure> {
    let organization = stores.keys.organization(&job.org).await?;
    let organization = organization.ok_or_else(|| Failure::missing("the organization of an import"))?;
    Ok(job.row_defaults(&organization))
}

/// Writes rows to their accounts in batches. In a dry run, it only finds out what writing them would do. The inner error is
/// a row that no batch has written.
async fn import_group(
    stores: &Stores,
    job: &ImportJob,
    group: Vec<(Row, Seen)>,
    defaults: RowDefaults,
    deadline: Deadline,
) -> Result<Vec<Result<Processed, RowAlone>>, Failure> {
    let now = Timestamp::now();
    let (rows, seen): (Vec<Row>, Vec<Seen>) = group.into_iter().unzip();
    let writes = rows.iter().zip(seen);
    let writes = writes.filter_map(|(row, seen)| Some((row.write(job, defaults, now)?, seen)));
    let writes: Vec<_> = writes.collect();
    let written: Vec<Result<Result<RowDone, Refused>, Option<Seen>>> = if job.dry_run {
        let tries = writes
            .iter()
            .map(|(row, seen)| deadline.retry(move || stores.accounts.try_import(&job.org, row, seen)));
        try_join_all(tries).await?.into_iter().map(Ok).collect()
    } else {
        let (batches, by) = (stores.limits.batches_in_flight, ChangedBy::import(job.id.clone()));
        let written = stores.accounts.import_all(&job.org, writes, batches, &by).await?;
        written.into_iter().map(|written| written.map(Ok)).collect()
    };
    let mut written = written.into_iter();
    let results = rows.into_iter().map(|row| match row.is_refused() {
        true => Ok(row.refused()),
        false => match written.next().unwrap_or(Err(None)) {
            // An incomplete row is tried once more with the rows that are left.
            Ok(done) => row.tried(defaults, done).map_err(|row| Box::new((*row, None))),
            Err(seen) => Err(Box::new((row, seen))),
        },
    });
    Ok(results.collect())
}

/// Writes a row that its batch has not written. In a dry run, it only finds out what writing it would do.
async fn import_alone(
    stores: &Stores,
    job: &ImportJob,
    row: Row,
    seen: Option<&Seen>,
    defaults: RowDefaults,
    deadline: Deadline,
) -> Result<Tried, Failure> {
    let Some(write) = row.write(job, defaults, Timestamp::now()) else {
        return Ok(Ok(row.refused()));
    };
    let (by, unseen) = (ChangedBy::import(job.id.clone()), Seen::default());
    let done = match job.dry_run {
        // Only an incomplete row is here: one that is refused is decided on the account as it is read.
        true => deadline.retry(|| stores.accounts.try_import(&job.org, &write, &unseen)).await?,
        false => deadline.retry(|| stores.accounts.import(&job.org, &write, seen, &by)).await?,
    };
    Ok(row.tried(defaults, done))
}

/// Tries incomplete rows again, and refuses those that still have no account.
///
/// # Errors
/// [`Failure::Throttled`] if an older import has not ended, which may create their accounts: the rows wait for it.
async fn import_incomplete(
    stores: &Stores,
    job: &ImportJob,
    mut rows: Vec<(usize, RowAlone)>,
    clients: &mut ChunkClients<'_>,
    defaults: RowDefaults,
    deadline: Deadline,
) -> Result<Vec<(usize, Processed)>, Failure> {
    let now = Timestamp::now();
    if !rows.is_empty() && deadline.retry(|| stores.imports.older_writes_rows(job, now)).await? {
        return Err(Failure::Throttled { operation: "rows that wait for the accounts of an older import" });
    }
    // The complete file may have ended meanwhile. The next delivery knows what it says.
    let waits =
        || Failure::Throttled { operation: "rows that wait for the complete file of an older import" };
    if rows.iter().any(|(_, alone)| alone.0.waits) {
        return Err(waits());
    }
    // An older import may have created their accounts before it ended.
    clients.ensure_alone(&stores.accounts, &mut rows).await?;
    let again = async |(number, alone): (usize, RowAlone)| {
        let (row, seen) = *alone;
        match import_alone(stores, job, row, seen.as_ref(), defaults, deadline).await? {
            Ok(result) => Ok((number, result)),
            Err(row) if row.waits => Err(waits()),
            Err(row) => Ok((number, row.incomplete(defaults))),
        }
    };
    stream::iter(rows).map(again).buffer_unordered(WRITES_IN_FLIGHT).try_collect().await
}
