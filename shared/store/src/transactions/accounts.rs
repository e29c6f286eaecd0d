//! Which accounts an organization has transactions of. Transactions lie by account, so
//! whoever wants those of all accounts must know them: each is noted once, in the
//! organization's own partition.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use saldo_domain::account::AccountIdentifier;
use saldo_domain::id::OrgId;

use super::TransactionStore;
use crate::batch_get::batch_get;
use crate::failure::Failure;
use crate::item::{Item, Reader, text};
use crate::pages::Pages;
use crate::table_keys;

/// The notes that are written at the same time.
const NOTES_IN_FLIGHT: usize = 32;
const WHAT: &str = "an account with transactions";

impl TransactionStore {
    /// Notes the accounts whose transactions are about to be stored, those that are not noted
    /// yet.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn note_accounts(
        &self,
        org: &OrgId,
        accounts: BTreeSet<&AccountIdentifier>,
    ) -> Result<(), Failure> {
        let keys = accounts.iter().map(|account| table_keys::noted_account(org, account.as_str())).collect();
        let noted = batch_get(&self.client, &self.table, keys, false).await?;
        let noted: Result<BTreeSet<AccountIdentifier>, Failure> =
            noted.iter().map(|item| Reader::new(item, WHAT).required("id")).collect();
        let noted = noted?;
        let new = accounts.into_iter().filter(|account| !noted.contains(account));
        let new: Vec<_> =
            new.map(|account| self.note(table_keys::noted_account(org, account.as_str()))).collect();
        stream::iter(new).buffer_unordered(NOTES_IN_FLIGHT).try_collect().await
    }

    async fn note(&self, account: Item) -> Result<(), Failure> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(account)).send().await;
        put.map(drop).map_err(Failure::of("PutItem on transactions"))
    }

    /// The accounts that are noted, in the order of their identifiers.
    pub(super) fn noted_accounts(&self, org: &OrgId, per_page: usize) -> Pages<AccountIdentifier> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#account = :noted")
            .expression_attribute_names("#account", "account")
            .expression_attribute_values(":noted", text(table_keys::noted_accounts(org)));
        Pages::of(query, per_page, "Query on transactions", |item| Reader::new(item, WHAT).required("id"))
    }
}
