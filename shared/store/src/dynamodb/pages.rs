//! Long queries, read page by page and one page ahead.

use std::vec;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::item::Item;
use super::query::Query;
use crate::failure::Failure;

/// The results of a query, in its order. A task of its own reads one page while the one before it is used; dropping
/// this ends the task.
pub(crate) struct Pages<T> {
    page: vec::IntoIter<T>,
    pages: mpsc::Receiver<Page<T>>,
    _reader: AbortOnDropHandle<()>,
}

/// A page of a query; `None` after the last one.
type Page<T> = Result<Option<Vec<T>>, Failure>;

impl<T: Send + 'static> Pages<T> {
    /// Reads `per_page` items at a time, and `read` each item.
    pub(crate) fn of(
        query: Query,
        per_page: usize,
        read: impl Fn(&Item) -> Result<T, Failure> + Send + 'static,
    ) -> Self {
        Self::of_pages(query, per_page, move |items: Vec<Item>| {
            std::future::ready(items.iter().map(&read).collect())
        })
    }

    /// Reads `per_page` items at a time, and `read` each page.
    pub(crate) fn of_pages<R>(
        query: Query,
        per_page: usize,
        read: impl Fn(Vec<Item>) -> R + Send + 'static,
    ) -> Self
    where
        R: Future<Output = Result<Vec<T>, Failure>> + Send + 'static,
    {
        let (sender, pages) = mpsc::channel(1);
        let reader = tokio::spawn(read_ahead(query, per_page, read, sender));
        Self { page: Vec::new().into_iter(), pages, _reader: AbortOnDropHandle::new(reader) }
    }

    /// The next result, which stays the next one; `None` at the end.
    pub(crate) async fn peek(&mut self) -> Result<Option<&T>, Failure> {
        while self.page.as_slice().is_empty() {
            match self.pages.recv().await {
                Some(Ok(Some(page))) => self.page = page.into_iter(),
                Some(Ok(None)) => return Ok(None),
                Some(Err(failure)) => return Err(failure),
                None => return Err(Failure::missing("the rest of a query")),
            }
        }
        Ok(self.page.as_slice().first())
    }

    /// The next result; `None` at the end. Must not be called after the end.
    pub(crate) async fn next(&mut self) -> Result<Option<T>, Failure> {
        self.peek().await?;
        Ok(self.page.next())
    }
}

/// Merges queries that are each in the order of `key`: returns the smallest of their next results, and removes
/// queries that have ended.
pub(crate) async fn take_first<T: Send + 'static, K: Ord>(
    queries: &mut Vec<Pages<T>>,
    key: impl Fn(&T) -> K,
) -> Result<Option<T>, Failure> {
    let mut first: Option<(usize, K)> = None;
    let mut at = 0;
    while let Some(query) = queries.get_mut(at) {
        let Some(next) = query.peek().await?.map(&key) else {
            queries.remove(at);
            continue;
        };
        if first.as_ref().is_none_or(|(_, first)| next < *first) {
            first = Some((at, next));
        }
        at += 1;
    }
    match first.and_then(|(at, _)| queries.get_mut(at)) {
        Some(query) => query.next().await,
        None => Ok(None),
    }
}

async fn read_ahead<T, R: Future<Output = Result<Vec<T>, Failure>>>(
    query: Query,
    per_page: usize,
    read: impl Fn(Vec<Item>) -> R,
    pages: mpsc::Sender<Page<T>>,
) {
    let mut start = None;
    loop {
        let (page, next) = match query.page(start, Some(per_page)).await {
            Ok(answer) => (read(answer.items).await, answer.next),
            Err(failure) => (Err(failure), None),
        };
        let last = next.is_none();
        start = next;
        let failed = Result::is_err(&page);
        // A closed channel means that the receiver was dropped, and after a failure it reads no further.
        if pages.send(page.map(Some)).await.is_err() || failed {
            return;
        }
        if last {
            let _dropped_receiver = pages.send(Ok(None)).await;
            return;
        }
    }
}
