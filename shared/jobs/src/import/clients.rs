//! The clients that rows of a chunk name by their numbers.
//!
//! A client is created before an account is assigned to it. So a worker that is killed in between leaves no account without its
//! client, and a row that was written needs nothing more. Each client of a chunk is looked up once, a hundred with one request.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use saldo_domain::account::ExternalId;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::client::{ClientOfRow, NameSource};
use saldo_domain::fields::Patch;
use saldo_domain::import::{ImportJob, RowDefaults};
use saldo_store::deadline::Deadline;
use saldo_store::failure::Failure;
use saldo_store::{ClientStore, OpenItemStore, Seen};

use super::row::{Row, RowAlone};

/// The clients of a chunk.
pub(super) struct ChunkClients<'a> {
    clients: &'a ClientStore,
    job: &'a ImportJob,
    defaults: RowDefaults,
    deadline: Deadline,
    /// The clients that are there, each with the earliest source of its name that rows of the chunk have offered.
    there: HashMap<ExternalId, NameSource>,
}

impl<'a> ChunkClients<'a> {
    pub(super) fn new(
        clients: &'a ClientStore,
        job: &'a ImportJob,
        defaults: RowDefaults,
        deadline: Deadline,
    ) -> Self {
        Self { clients, job, defaults, deadline, there: HashMap::new() }
    }

    /// Sees to it that the clients exist that rows need, whose accounts are so. In a dry run, it does nothing. Returns whether
    /// it has made requests.
    ///
    /// # Errors
    /// [`Failure`] when AWS fails, [`Failure::Throttled`] when it throttled clients until the time was up.
    pub(super) async fn ensure<'r>(
        &mut self,
        rows: impl IntoIterator<Item = (&'r Row, &'r Seen)>,
    ) -> Result<bool, Failure> {
        let mut wanted: HashMap<ExternalId, ClientOfRow> = HashMap::new();
        let now = Timestamp::now();
        for (row, seen) in rows {
            let Some(number) = self.named_by(row) else { continue };
            let upsert = row.checked.upsert.as_ref();
            let contact = upsert.and_then(|upsert| upsert.contact.name.as_ref());
            let offered = NameSource::of_row(contact, &self.job.place, row.index);
            let known = [self.there.get(number), wanted.get(number).map(|client| &client.name_source)];
            if known.into_iter().flatten().any(|source| *source <= offered) {
                continue;
            }
            let write = row.write(self.job, self.defaults, now);
            if write.is_some_and(|write| seen.needs_client(&self.job.org, &write)) {
                let at = (&self.job.place, row.index);
                wanted.insert(number.clone(), ClientOfRow::new(&self.job.org, number, contact, at));
            }
        }
        if wanted.is_empty() {
            return Ok(false);
        }
        let (by, named) = (ChangedBy::import(self.job.id.clone()), wanted.into_values().collect::<Vec<_>>());
        self.deadline.retry(|| self.clients.ensure(&self.job.org, &named, &by)).await?;
        self.there.extend(named.into_iter().map(|client| (client.external_id, client.name_source)));
        Ok(true)
    }

    /// The same for rows that are to be written alone. The accounts of those that name a client and were not seen are looked
    /// up.
    ///
    /// # Errors
    /// As [`Self::ensure`].
    pub(super) async fn ensure_alone(
        &mut self,
        accounts: &OpenItemStore,
        rows: &mut [(usize, RowAlone)],
    ) -> Result<(), Failure> {
        let unseen = rows.iter().filter(|(_, alone)| alone.1.is_none() && self.named_by(&alone.0).is_some());
        let ids: BTreeSet<_> = unseen.filter_map(|(_, alone)| alone.0.id.clone()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut found = self.deadline.retry(|| accounts.look_up(&self.job.org, ids.clone(), true)).await?;
        let mut looked_up = Vec::new();
        for (_, alone) in rows {
            let (row, seen) = &mut **alone;
            if let Some(id) = row.id.as_ref().filter(|id| seen.is_none() && ids.contains(*id)) {
                *seen = Some(found.remove(id).unwrap_or_default());
                looked_up.push(&**alone);
            }
        }
        let looked_up = looked_up.into_iter().filter_map(|(row, seen)| Some((row, seen.as_ref()?)));
        self.ensure(looked_up).await.map(drop)
    }

    /// The number of the client that the row names, if it is to be there once the row is written.
    fn named_by<'r>(&self, row: &'r Row) -> Option<&'r ExternalId> {
        match row.checked.upsert.as_ref().map(|upsert| &upsert.client_external_id) {
            Some(Patch::Set(number)) if !self.job.dry_run => Some(number),
            _ => None,
        }
    }
}
