//! Storing transactions that the table does not have yet: the deduplication that imports and synchronizations share.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};
use saldo_domain::id::{OrgId, TransactionId};
use saldo_domain::transaction::Transaction;
use uuid::Uuid;

use super::{Kept, TransactionStore};
use crate::failure::Failure;

impl TransactionStore {
    /// Stores the transactions that the table does not have yet, `in_flight` at the same time, and returns the state of
    /// each. Their ids must differ. What `request` stored counts as new however often it is run again; what another
    /// request stored does not.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; some may have been stored.
    pub async fn keep(
        &self,
        org: &OrgId,
        transactions: &[&Transaction],
        request: Uuid,
        in_flight: usize,
    ) -> Result<HashMap<TransactionId, Kept>, Failure> {
        let mut kept = self.find(org, transactions.iter().copied(), request).await?;
        let new: Vec<_> = transactions.iter().filter(|new| !kept.contains_key(&new.id)).collect();
        self.note_accounts(org, new.iter().map(|new| &new.account_identifier).collect()).await?;
        let stored: Vec<_> = new
            .into_iter()
            .map(|new| async move { Ok((new.id.clone(), self.put(org, new, request).await?)) })
            .collect();
        let mut stored = stream::iter(stored).buffer_unordered(in_flight);
        while let Some((id, new)) = stored.try_next().await? {
            kept.insert(id, new);
        }
        Ok(kept)
    }
}
