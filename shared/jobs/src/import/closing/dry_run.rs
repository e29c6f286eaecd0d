//! The open items of a scope as the rows of a dry run would have left them: among these its list counts what the file omits, as
//! that of the real run does.

use std::time::Instant;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo_domain::account::AccountState;
use saldo_domain::import::{Chunk, ItemTotals, Listing, Omissions};
use saldo_store::failure::Failure;

use super::File;
use crate::import::chunk::{GROUPS_AHEAD, ROWS_PER_LOOK_UP, look_up, row_defaults, with_scopes};
use crate::import::{chunk_file, split};

/// Counts what the rows would have changed, chunk by chunk, until the run's time is up.
pub(super) async fn count_rows(
    file: &File<'_>,
    mut listing: Listing,
    begun: Instant,
) -> Result<Listing, Failure> {
    while listing.chunks < file.job.chunks.unwrap_or_default() {
        if let Some(chunk) = chunk(file, listing.chunks).await? {
            count_chunk(file, &chunk, &mut listing.list.of).await?;
        }
        listing.chunks += 1;
        if begun.elapsed() >= file.stores.limits.planning_time {
            break;
        }
    }
    Ok(listing)
}

/// A chunk of the job, whose rows are done. The only one of a small payload has no file.
async fn chunk(file: &File<'_>, number: u32) -> Result<Option<Chunk>, Failure> {
    match chunk_file::load(file.stores, file.job, number).await? {
        Some(chunk) => Ok(Some(chunk)),
        None => Ok(split::reread_chunk(file.stores, file.job, number).await?.unwrap_or_default()),
    }
}

async fn count_chunk(file: &File<'_>, chunk: &Chunk, of: &mut ItemTotals) -> Result<(), Failure> {
    let stores = file.stores;
    let job = &*with_scopes(stores, file.job).await?;
    let defaults = row_defaults(stores, job).await?;
    let groups = chunk.rows.chunks(ROWS_PER_LOOK_UP);
    let groups: Vec<_> = groups.map(|rows| look_up(stores, job, chunk, rows, defaults, true)).collect();
    let mut groups = stream::iter(groups).buffered(GROUPS_AHEAD);
    while let Some(group) = groups.try_next().await? {
        for (row, seen) in group {
            let Some(write) = row.write(job, defaults, Timestamp::now()) else { continue };
            if let Some((before, after)) = seen.changed_by(&job.org, &write)? {
                count(file.omissions(), of, &before, &after);
            }
        }
    }
    Ok(())
}

/// Counts an open item as it would be instead of as it is.
fn count(omissions: Omissions<'_>, of: &mut ItemTotals, before: &AccountState, after: &AccountState) {
    let counted = |state: &AccountState| {
        let account = state.account.as_ref().filter(|_| omissions.counts(state))?;
        Some((account.currency, account.open_amount()?))
    };
    if let Some((currency, open_amount)) = counted(before) {
        of.remove(currency, open_amount);
    }
    if let Some((currency, open_amount)) = counted(after) {
        of.add(currency, open_amount);
    }
}
