//! Storing transactions that the table does not have yet: the deduplication that imports and synchronizations share.

use std::collections::HashMap;

use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{OrgId, TransactionId};
use saldo_domain::transaction::Transaction;
use uuid::Uuid;

use super::{Kept, TransactionStore, attributes};
use crate::failure::Failure;
use crate::table_keys::TransactionKey;

impl TransactionStore {
    /// Stores the transactions that the table does not have yet, and returns the state of each. Their ids must differ.
    /// What `request` stored counts as new however often it is run again; what another request stored does not.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; some may have been stored.
    pub async fn keep(
        &self,
        org: &OrgId,
        transactions: &[&Transaction],
        request: Uuid,
        by: &ChangedBy,
    ) -> Result<HashMap<TransactionId, Kept>, Failure> {
        let mut kept = self.find(org, transactions.iter().copied(), request, false).await?;
        let new: Vec<&Transaction> =
            transactions.iter().copied().filter(|new| !kept.contains_key(&new.id)).collect();
        self.note_accounts(org, new.iter().map(|new| &new.account_identifier).collect()).await?;
        let item = |new: &&Transaction| Ok((TransactionKey::booked(org, new), attributes(new, request, by)?));
        let inserted = self.table.insert_all(&new, item).await?;
        let mut met = Vec::new();
        for (new, inserted) in new.into_iter().zip(inserted) {
            match inserted {
                true => drop(kept.insert(new.id.clone(), Kept { new: true, stored: new.booking() })),
                false => met.push(new),
            }
        }
        // Stored since the look-up: by another request, or by this one, if the answer to a batch was lost.
        kept.extend(self.find(org, met.into_iter(), request, true).await?);
        Ok(kept)
    }
}
