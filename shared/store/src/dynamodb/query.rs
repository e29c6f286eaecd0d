//! Queries and scans, by page or to the end.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;

use super::condition::{Condition, equals, render_all};
use super::item::{Item, text};
use super::placeholders::Placeholders;
use crate::failure::Failure;

/// A global secondary index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index {
    pub(crate) name: &'static str,
    /// The name of its partition key.
    pub(crate) partition: &'static str,
}

/// A query for the items of one partition, in the order of their sort keys.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    request: QueryFluentBuilder,
    operation: &'static str,
    key: Vec<Condition>,
    filter: Vec<Condition>,
    projection: Vec<&'static str>,
}

/// A page of a query or a scan.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    /// Where the next page starts; `None` after the last page.
    pub(crate) next: Option<Item>,
}

impl Query {
    pub(super) fn new(
        request: QueryFluentBuilder,
        operation: &'static str,
        partition_key: &'static str,
        partition: String,
    ) -> Self {
        let key = vec![equals(partition_key, text(partition))];
        Self { request, operation, key, filter: Vec::new(), projection: Vec::new() }
    }

    /// Reads consistently, at twice the price. Indexes can't.
    pub(crate) fn consistent(mut self) -> Self {
        self.request = self.request.consistent_read(true);
        self
    }

    /// Returns the items from the greatest sort key down.
    pub(crate) fn descending(mut self) -> Self {
        self.request = self.request.scan_index_forward(false);
        self
    }

    /// Limits the query to sort keys that meet the condition. DynamoDB takes one such condition.
    pub(crate) fn sort_key(mut self, condition: Condition) -> Self {
        self.key.truncate(1);
        self.key.push(condition);
        self
    }

    /// Drops the items that do not meet the conditions. They are read and paid for.
    pub(crate) fn filter(mut self, conditions: Vec<Condition>) -> Self {
        self.filter = conditions;
        self
    }

    /// Returns these attributes alone.
    pub(crate) fn project(mut self, attributes: &[&'static str]) -> Self {
        self.projection = attributes.to_vec();
        self
    }

    /// The page that starts at `start`: of at most `limit` items that are looked at, or as many as fit into 1 MB.
    pub(crate) async fn page(&self, start: Option<Item>, limit: Option<usize>) -> Result<Page, Failure> {
        let limit = limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX));
        let request = self.render().set_exclusive_start_key(start).set_limit(limit);
        let answer = request.send().await.map_err(Failure::of(self.operation))?;
        Ok(Page { items: answer.items.unwrap_or_default(), next: answer.last_evaluated_key })
    }

    /// Every item.
    pub(crate) async fn all(&self) -> Result<Vec<Item>, Failure> {
        let mut page = self.page(None, None).await?;
        let mut items = page.items;
        while page.next.is_some() {
            page = self.page(page.next, None).await?;
            items.append(&mut page.items);
        }
        Ok(items)
    }

    fn render(&self) -> QueryFluentBuilder {
        let mut placeholders = Placeholders::default();
        let key = render_all(&self.key, &mut placeholders);
        let filter = render_all(&self.filter, &mut placeholders);
        let projection: Vec<String> =
            self.projection.iter().map(|attribute| placeholders.name(attribute)).collect();
        self.request
            .clone()
            .set_key_condition_expression(key)
            .set_filter_expression(filter)
            .set_projection_expression((!projection.is_empty()).then(|| projection.join(", ")))
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values())
    }
}

/// A scan of a whole table.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    request: ScanFluentBuilder,
    operation: &'static str,
}

impl Scan {
    pub(super) fn new(request: ScanFluentBuilder, operation: &'static str, filter: &[Condition]) -> Self {
        let mut placeholders = Placeholders::default();
        let filter = render_all(filter, &mut placeholders);
        let request = request
            .set_filter_expression(filter)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values());
        Self { request, operation }
    }

    /// The page that starts at `start`.
    pub(crate) async fn page(&self, start: Option<Item>) -> Result<Page, Failure> {
        let request = self.request.clone().set_exclusive_start_key(start);
        let answer = request.send().await.map_err(Failure::of(self.operation))?;
        Ok(Page { items: answer.items.unwrap_or_default(), next: answer.last_evaluated_key })
    }

    /// Every item.
    pub(crate) async fn all(&self) -> Result<Vec<Item>, Failure> {
        let mut page = self.page(None).await?;
        let mut items = page.items;
        while page.next.is_some() {
            page = self.page(page.next).await?;
            items.append(&mut page.items);
        }
        Ok(items)
    }
}
