//! Long queries, read page by page and a little ahead.

use std::vec;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::item::Item;
use crate::failure::Failure;

/// What a query finds, in its order, read by a task of its own: one page is ready while the
/// one before it is used. The task ends with this.
pub(super) struct Pages<T> {
    page: vec::IntoIter<T>,
    pages: mpsc::Receiver<Page<T>>,
    _reader: AbortOnDropHandle<()>,
}

/// A page of a query, or its end.
type Page<T> = Result<Option<Vec<T>>, Failure>;

impl<T: Send + 'static> Pages<T> {
    /// What `query` finds, each item as `read` reads it, looking at `per_page` items at a time.
    pub(super) fn of(
        query: QueryFluentBuilder,
        per_page: usize,
        operation: &'static str,
        read: impl Fn(&Item) -> Result<T, Failure> + Send + 'static,
    ) -> Self {
        Self::of_pages(query, per_page, operation, move |items: Vec<Item>| {
            std::future::ready(items.iter().map(&read).collect())
        })
    }

    /// The same, each page as `read` reads it.
    pub(super) fn of_pages<R>(
        query: QueryFluentBuilder,
        per_page: usize,
        operation: &'static str,
        read: impl Fn(Vec<Item>) -> R + Send + 'static,
    ) -> Self
    where
        R: Future<Output = Result<Vec<T>, Failure>> + Send + 'static,
    {
        let (sender, pages) = mpsc::channel(1);
        let query = query.limit(i32::try_from(per_page).unwrap_or(i32::MAX));
        let reader = tokio::spawn(read_ahead(query, operation, read, sender));
        Self { page: Vec::new().into_iter(), pages, _reader: AbortOnDropHandle::new(reader) }
    }

    /// The next item, which stays the next, if there is one.
    pub(super) async fn peek(&mut self) -> Result<Option<&T>, Failure> {
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

    /// The next item, if there is one. There is nothing behind the end.
    pub(super) async fn next(&mut self) -> Result<Option<T>, Failure> {
        self.peek().await?;
        Ok(self.page.next())
    }
}

/// The first by `key` of what several queries, each in the order of its keys, have left.
pub(super) async fn take_first<T: Send + 'static, K: Ord>(
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
    query: QueryFluentBuilder,
    operation: &'static str,
    read: impl Fn(Vec<Item>) -> R,
    pages: mpsc::Sender<Page<T>>,
) {
    let mut start = None;
    loop {
        let answer = query.clone().set_exclusive_start_key(start).send().await;
        let (page, next) = match answer {
            Ok(answer) => (read(answer.items.unwrap_or_default()).await, answer.last_evaluated_key),
            Err(error) => (Err(Failure::of(operation)(error)), None),
        };
        let last = next.is_none();
        start = next;
        let failed = Result::is_err(&page);
        // Nobody reads on: the reader has gone, or has got a failure.
        if pages.send(page.map(Some)).await.is_err() || failed {
            return;
        }
        if last {
            let _nobody_waits = pages.send(Ok(None)).await;
            return;
        }
    }
}
