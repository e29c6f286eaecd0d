//! Closing the items of a list, page by page. Each page is counted once, however often it is closed.

use std::time::Instant;

use saldo_domain::changed_by::ChangedBy;
use saldo_domain::import::{Closing, ListedItem, ScopeFiles};
use saldo_store::Omitted;
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;

use super::{File, Step};

/// Closes the next page; after the last one, the job ends. Every run closes a page, even if its time was up before.
pub(super) async fn close(file: &File<'_>, mut closing: Closing, begun: Instant) -> Result<Step, Failure> {
    let job = file.job;
    let pages = usize::try_from(closing.pages_closed).unwrap_or(usize::MAX);
    let page = closing.list.as_ref().and_then(|list| list.pages().nth(pages));
    let Some(page) = page else {
        let is_settled = file.stores.imports.states_days(job).await?;
        let settle = |files: ScopeFiles| if is_settled { files.settle(&file.file) } else { files };
        file.record(|files| settle(files.close(&file.file))).await?;
        let (closed, kept) = (closing.closed.items, closing.kept);
        tracing::info!(import = %job.id, closed, kept, "closed what the file omits");
        let not_closed = closing.not_all_closed();
        return file.end(closing, not_closed).await;
    };
    let items = file.stores.files.get(&ImportFiles::of(&job.org, &job.id).closings(page)).await?;
    let items = items.ok_or_else(|| Failure::missing("a page of a list of closings"))?;
    let items: Vec<ListedItem> =
        serde_json::from_slice(&items).map_err(Failure::corrupt("a list of closings"))?;
    let by = ChangedBy::import(job.id.clone());
    let closed = file.stores.accounts.close_omitted(&job.org, &items, file.omissions(), &by).await?;
    for (item, closed) in items.iter().zip(closed) {
        match closed {
            Omitted::Closed => closing.closed.add(item.currency, item.open_amount),
            Omitted::Kept => closing.kept += 1,
        }
    }
    closing.pages_closed += 1;
    let advanced = file.stores.imports.advance_closing(job, closing).await?;
    let is_out_of_time = begun.elapsed() >= file.stores.limits.planning_time;
    Ok(if advanced.is_some() && is_out_of_time { Step::OutOfTime } else { Step::made(advanced) })
}
