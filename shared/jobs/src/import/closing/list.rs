//! The list of the items that a complete file omits: shard by shard, in pages in S3.

use std::time::Instant;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo_domain::import::{
    CLOSINGS_PER_PAGE, Closing, ClosingPhase, ItemTotals, ListPage, ListPart, ListedItem, Listing, Membership,
};
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;
use uuid::Uuid;

use super::dry_run::count_rows;
use super::{File, Step};
use crate::import::chunk::membership;

/// The shards that are read at the same time.
const SHARDS_AT_ONCE: usize = 4;

/// Makes the list, or a part of it. Then the job waits for a confirmation, the items are closed, or a dry run ends.
pub(super) async fn list(file: &File<'_>, closing: Closing, begun: Instant) -> Result<Step, Failure> {
    let (imports, job) = (&file.stores.imports, file.job);
    if imports.older_is_unfinished(job, Timestamp::now()).await? {
        return Err(Failure::Throttled {
            operation: "a complete file that waits for the end of earlier imports",
        });
    }
    let (listing, throttled) = read_shards(file, closing.listing.clone().unwrap_or_default(), begun).await?;
    if listing.shards < job.org.shards().count() {
        let advanced = imports.advance_closing(job, Closing { listing: Some(listing), ..closing }).await?;
        return match (advanced, throttled) {
            (None, _) => Ok(Step::Changed),
            (Some(_), None) => Ok(Step::OutOfTime),
            (Some(_), Some(throttled)) => Err(throttled),
        };
    }
    let listing = if job.dry_run { count_rows(file, listing, begun).await? } else { listing };
    if job.dry_run && listing.chunks < job.chunks.unwrap_or_default() {
        let advanced = imports.advance_closing(job, Closing { listing: Some(listing), ..closing }).await?;
        return Ok(if advanced.is_some() { Step::OutOfTime } else { Step::Changed });
    }
    let list = listing.list;
    tracing::info!(import = %job.id, items = list.items.items, of = list.of.items, "listed what the file omits");
    let asks = list.needs_confirmation(&job.notation.options);
    let closing = Closing { listing: None, list: Some(list), ..closing };
    if job.dry_run {
        return file.end(closing, None).await;
    }
    let phase = if asks { ClosingPhase::Awaiting } else { ClosingPhase::Closing };
    let awaiting_since = asks.then(Timestamp::now);
    imports.advance_closing(job, Closing { phase, awaiting_since, ..closing }).await.map(Step::made)
}

/// Adds shards to the list until the run's time is up or AWS throttles. Returns the list, and how AWS has throttled if it has.
async fn read_shards(
    file: &File<'_>,
    listing: Listing,
    begun: Instant,
) -> Result<(Listing, Option<Failure>), Failure> {
    let (stores, job, from) = (file.stores, file.job, listing.shards);
    let files = ImportFiles::of(&job.org, &job.id);
    let members = &membership(stores, job, &job.id).await?;
    let shards = (from..job.org.shards().count())
        .map(|shard| async move { read_shard(file, members, shard).await.map(|found| (shard + 1, found)) });
    let mut shards = stream::iter(shards).buffered(SHARDS_AT_ONCE);
    let mut pages = Pages { file, files, run: Uuid::now_v7(), number: 0, items: 0, page: Vec::new() };
    let (mut listing, mut throttled) = (listing, None);
    loop {
        let (shard, Found { items, of }) = match shards.try_next().await {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(failure @ Failure::Throttled { .. }) => {
                throttled = Some(failure);
                break;
            }
            Err(failure) => return Err(failure),
        };
        for item in items {
            listing.list.items.add(item.currency, item.open_amount);
            pages.add(item).await?;
        }
        listing.list.of += &of;
        listing.shards = shard;
        if begun.elapsed() >= stores.limits.planning_time {
            break;
        }
    }
    drop(shards);
    listing.list.parts.extend(pages.finish().await?);
    Ok((listing, throttled))
}

/// What a shard has of a scope.
#[derive(Default)]
struct Found {
    /// The items that the file omits.
    items: Vec<ListedItem>,
    /// All open items that the file has not created.
    of: ItemTotals,
}

async fn read_shard(file: &File<'_>, members: &Membership<Vec<u8>>, shard: u16) -> Result<Found, Failure> {
    let (mut found, omissions) = (Found::default(), file.omissions());
    let mut pages = std::pin::pin!(file.stores.accounts.of_scope(&file.job.org, shard, file.scope));
    while let Some(page) = pages.try_next().await? {
        for state in page {
            let (counts, closes) = (omissions.counts(&state), omissions.close(&state));
            let Some(item) = ListedItem::of(state) else { continue };
            if counts {
                found.of.add(item.currency, item.open_amount);
            }
            if closes && !members.contains(&item.account) {
                found.items.push(item);
            }
        }
    }
    Ok(found)
}

/// The pages that a run writes.
struct Pages<'a> {
    file: &'a File<'a>,
    files: ImportFiles,
    run: Uuid,
    /// The number of the next page.
    number: u32,
    /// The items so far.
    items: u64,
    page: Vec<ListedItem>,
}

impl Pages<'_> {
    async fn add(&mut self, item: ListedItem) -> Result<(), Failure> {
        self.items += 1;
        self.page.push(item);
        if self.page.len() == CLOSINGS_PER_PAGE { self.write().await } else { Ok(()) }
    }

    async fn write(&mut self) -> Result<(), Failure> {
        let page = ListPage { run: self.run, number: self.number, first: 0 };
        let json = serde_json::to_vec(&self.page).map_err(Failure::corrupt("a list of closings"))?;
        self.file.stores.files.put(&self.files.closings(page), "application/json", json.into()).await?;
        self.number += 1;
        self.page.clear();
        Ok(())
    }

    /// Writes what is left. Returns the part of the list, if it has items.
    async fn finish(mut self) -> Result<Option<ListPart>, Failure> {
        if !self.page.is_empty() {
            self.write().await?;
        }
        Ok((self.items > 0).then_some(ListPart { run: self.run, items: self.items }))
    }
}
