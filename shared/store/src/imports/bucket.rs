//! Buckets: the items that hold the committed chunks of an import, sixteen chunks to an item.
//!
//! A committed chunk is one attribute of its bucket, named by the chunk's number, with a list as its value: the rows
//! imported, updated, unchanged and failed, the warnings, then a binary with the UUID of its report, if it has one, and a number
//! with the round in which it was exhausted, if it was. So a commit is one conditional `UpdateItem` on an item of less
//! than 1 KB: one write unit.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use saldo_domain::import::{Counts, ImportJob};
use uuid::Uuid;

use super::{ChunkPart, ImportStore};
use crate::dynamodb::item::{EXPIRES_AT, Item, binary, count};
use crate::dynamodb::{Update, is};
use crate::failure::Failure;
use crate::jobs::expiry_value;
use crate::table_keys::JobKey;

/// The chunks in a bucket. With reports and counts of six digits each, sixteen fit into 1 KB,
/// the most that one write unit pays for.
pub(super) const CHUNKS_PER_BUCKET: u32 = 16;

const WHAT: &str = "a bucket of chunks";

/// A committed chunk as its bucket holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) counts: Counts,
    pub(super) report: Option<Uuid>,
    /// The round of the job in which the chunk was exhausted, if it was.
    pub(super) exhausted_in: Option<u32>,
}

impl Entry {
    /// The entry for a chunk that is committed by a caller who read the job in this round.
    pub(super) fn of(part: &ChunkPart, round: u32) -> Self {
        Self { counts: part.counts, report: part.report, exhausted_in: part.exhausted.then_some(round) }
    }

    /// Whether the chunk is still to be processed: it was exhausted before the last redrive.
    pub(super) fn is_open(&self, round: u32) -> bool {
        self.exhausted_in.is_some_and(|exhausted| exhausted < round)
    }

    /// Whether this entry may replace the other one: a processed chunk replaces an exhausted one, and never the
    /// other way round.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        match (other.exhausted_in, self.exhausted_in) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(before), Some(now)) => before < now,
        }
    }

    fn to_value(&self) -> AttributeValue {
        let Counts { imported, updated, unchanged, failed, warnings } = self.counts;
        let mut values = Vec::from([imported, updated, unchanged, failed, warnings].map(count));
        values.extend(self.report.map(|report| binary(report.as_bytes())));
        values.extend(self.exhausted_in.map(count));
        AttributeValue::L(values)
    }

    fn of_value(value: &AttributeValue) -> Option<Self> {
        let mut values = value.as_l().ok()?.iter().peekable();
        let mut count = || values.next()?.as_n().ok()?.parse().ok();
        let (imported, updated, unchanged) = (count()?, count()?, count()?);
        let (failed, warnings) = (count()?, count()?);
        let counts = Counts { imported, updated, unchanged, failed, warnings };
        let report = match values.next_if(|value| value.is_b()) {
            Some(report) => Some(Uuid::from_slice(report.as_b().ok()?.as_ref()).ok()?),
            None => None,
        };
        let exhausted_in = match values.next() {
            Some(round) => Some(round.as_n().ok()?.parse().ok()?),
            None => None,
        };
        Some(Self { counts, report, exhausted_in })
    }
}

/// The entries of a bucket, by the numbers of their chunks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bucket(pub(super) BTreeMap<u32, Entry>);

impl Bucket {
    /// The bucket that a chunk is in.
    pub(super) fn number_of(chunk: u32) -> u32 {
        chunk / CHUNKS_PER_BUCKET
    }

    pub(super) fn of_item(item: &Item) -> Result<Self, Failure> {
        let chunks = item.iter().filter_map(|(name, value)| Some((name.parse().ok()?, value)));
        let entries = chunks.map(|(chunk, value)| {
            let entry = Entry::of_value(value);
            Ok((chunk, entry.ok_or_else(|| Failure::corrupt(WHAT)("a chunk has an invalid value"))?))
        });
        entries.collect::<Result<_, _>>().map(Self)
    }

    /// Whether every chunk of the bucket with this number is done, in a job of so many chunks.
    pub(super) fn is_complete(&self, number: u32, chunks: u32, round: u32) -> bool {
        let first = number * CHUNKS_PER_BUCKET;
        let done = |chunk: u32| self.0.get(&chunk).is_some_and(|entry| !entry.is_open(round));
        (first..chunks.min(first + CHUNKS_PER_BUCKET)).all(done)
    }
}

impl ImportStore {
    /// Puts `after` in the place of `before`, the chunk's entry, which may be absent. Returns whether `before` was there,
    /// and the bucket as it is now.
    pub(super) async fn swap(
        &self,
        job: &ImportJob,
        chunk: u32,
        before: Option<&Entry>,
        after: &Entry,
    ) -> Result<(bool, Bucket), Failure> {
        let mut update = Update::default();
        update.require(is(chunk.to_string(), before.map(Entry::to_value)));
        update.set(chunk.to_string(), after.to_value());
        update.set(EXPIRES_AT, expiry_value(job));
        let key = JobKey::bucket(&job.org, &job.id, Bucket::number_of(chunk));
        let (done, item) = match self.table.update_and_get(&key, &update).await? {
            Ok(item) => (true, Some(item)),
            Err(failed) => (false, failed.into_item()),
        };
        Ok((done, item.as_ref().map(Bucket::of_item).transpose()?.unwrap_or_default()))
    }

    /// The bucket with this number.
    pub(super) async fn bucket(&self, job: &ImportJob, number: u32) -> Result<Bucket, Failure> {
        let item = self.table.get(&JobKey::bucket(&job.org, &job.id, number)).await?;
        Ok(item.as_ref().map(Bucket::of_item).transpose()?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use saldo_domain::id::{ImportId, OrgId};

    use super::*;
    use crate::dynamodb::Key;
    use crate::dynamodb::item::{seconds, text};

    fn entry(count: u64, report: bool, exhausted_in: Option<u32>) -> Entry {
        let counts =
            Counts { imported: count, updated: count, unchanged: count, failed: count, warnings: count };
        Entry { counts, report: report.then(Uuid::now_v7), exhausted_in }
    }

    proptest! {
        #[test]
        fn entry_round_trips(count: u64, report: bool, exhausted_in: Option<u32>) {
            let entry = entry(count, report, exhausted_in);
            prop_assert_eq!(Entry::of_value(&entry.to_value()), Some(entry));
        }
    }

    /// The size by <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
    fn size(value: &AttributeValue) -> usize {
        match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
            AttributeValue::B(bytes) => bytes.as_ref().len(),
            AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + size(value)).sum::<usize>(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn full_bucket_fits_into_one_write_unit() {
        let (org, id) = (OrgId::random().expect("randomness"), ImportId::of_seed(Uuid::now_v7()));
        let mut item = JobKey::bucket(&org, &id, 99_999).attributes();
        item.insert("expires_at".to_owned(), seconds(Timestamp::now()));
        for chunk in 999_984..1_000_000_u32 {
            item.insert(chunk.to_string(), entry(999_999, true, Some(99)).to_value());
        }
        assert_eq!(item.len(), 3 + CHUNKS_PER_BUCKET as usize);
        let bytes: usize = item.iter().map(|(name, value)| name.len() + size(value)).sum();
        assert!(bytes <= 1_024, "{bytes} bytes");
    }

    #[test]
    fn bucket_is_complete_when_no_chunk_is_missing_or_open() {
        let done = entry(1, false, None);
        let mut bucket = Bucket((16..20).map(|chunk| (chunk, done.clone())).collect());
        assert!(bucket.is_complete(1, 20, 0), "its last chunk is the job's last");
        assert!(!bucket.is_complete(1, 21, 0), "the last chunk is missing");
        bucket.0.insert(17, entry(1, false, Some(0)));
        assert!(bucket.is_complete(1, 20, 0), "exhausted in this round");
        assert!(!bucket.is_complete(1, 20, 1), "redriven since");
        assert!(Bucket::default().is_complete(0, 0, 0), "there is nothing to do");
    }

    #[test]
    fn processed_chunk_replaces_exhausted_one_and_not_the_other_way_round() {
        let [processed, first, second] = [None, Some(0), Some(1)].map(|round| entry(1, false, round));
        assert!(processed.replaces(&first) && second.replaces(&first));
        assert!(
            !first.replaces(&processed) && !second.replaces(&processed) && !processed.replaces(&processed)
        );
        assert!(!first.replaces(&first) && !first.replaces(&second));
    }

    #[test]
    fn bucket_with_an_unknown_value_is_corrupt() {
        let item = Item::from([("7".to_owned(), text("none"))]);
        assert!(matches!(Bucket::of_item(&item), Err(Failure::Corrupt { .. })));
    }
}
