//! Records that are made once.

use aws_sdk_dynamodb::Client;

use super::item::{Item, is_condition_failure};
use crate::failure::Failure;

/// Puts an item, if there is none with its key, whose attribute `key` is a part of. Says
/// whether there was none.
pub(super) async fn put_new(client: &Client, table: &str, key: &str, item: Item) -> Result<bool, Failure> {
    let put = client
        .put_item()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#key)")
        .expression_attribute_names("#key", key)
        .send()
        .await;
    match put {
        Err(error) if is_condition_failure(&error) => Ok(false),
        put => put.map(|_| true).map_err(Failure::of("PutItem of a new record")),
    }
}
