//! The accounts of an organization that have transactions. Transactions are partitioned by account, so an export of all
//! transactions needs the list of accounts: each has one item in the organization's own partition.

use std::collections::BTreeSet;

use saldo_domain::account::AccountIdentifier;
use saldo_domain::id::OrgId;

use super::TransactionStore;
use crate::dynamodb::Pages;
use crate::dynamodb::item::Reader;
use crate::failure::Failure;
use crate::table_keys::TransactionKey;

const WHAT: &str = "an account with transactions";

impl TransactionStore {
    /// Lists the accounts whose transactions are about to be stored, those that are not listed yet.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn note_accounts(
        &self,
        org: &OrgId,
        accounts: BTreeSet<&AccountIdentifier>,
    ) -> Result<(), Failure> {
        let key = |account: &&AccountIdentifier| TransactionKey::account_item(org, account);
        let keys: Vec<TransactionKey> = accounts.iter().map(key).collect();
        let listed = self.table.batch_get(&keys, false).await?;
        let listed: Result<BTreeSet<AccountIdentifier>, Failure> =
            listed.iter().map(|item| Reader::new(item, WHAT).required("id")).collect();
        let listed = listed?;
        let new: Vec<_> = accounts.iter().filter(|account| !listed.contains(**account)).collect();
        // One that is there by now was listed by another request.
        self.table.insert_all(&new, |account| Ok((key(account), Vec::new()))).await.map(drop)
    }

    /// The listed accounts, in the order of their identifiers.
    pub(super) fn noted_accounts(&self, org: &OrgId, per_page: usize) -> Pages<AccountIdentifier> {
        let query = self.table.query(TransactionKey::account_items(org));
        Pages::of(query, per_page, |item| Reader::new(item, WHAT).required("id"))
    }
}
