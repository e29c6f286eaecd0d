//! Buckets: the items that hold the committed chunks of an import, seven chunks to an item.
//!
//! A committed chunk is one attribute of its bucket, named by the chunk's number, with a binary as its value: its entry in the
//! form of `postcard`, with the rows by outcome, the warnings, the sums of the amounts, the UUID of its report and the round in
//! which it was exhausted, if it was. So a commit is one conditional `UpdateItem` on an item of less than 1 KB: one write unit.
//! If the rows of a chunk have many currencies, the item is larger; there are fewer than two hundred currencies.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use postcard::{from_bytes, to_stdvec};
use saldo_domain::import::{Counts, ImportJob, Sums};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ChunkPart, ImportStore};
use crate::dynamodb::item::{EXPIRES_AT, Item, binary};
use crate::dynamodb::{Update, is};
use crate::failure::Failure;
use crate::jobs::expiry_value;
use crate::table_keys::JobKey;

/// The chunks in a bucket. With counts of six digits each and the sums of five outcomes in a currency, seven fit into
/// 1 KB, the most that one write unit pays for.
pub(super) const CHUNKS_PER_BUCKET: u32 = 7;

const WHAT: &str = "a bucket of chunks";

/// A committed chunk as its bucket holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) counts: Counts,
    pub(super) sums: Sums,
    pub(super) report: Option<Uuid>,
    /// The round of the job in which the chunk was exhausted, if it was.
    pub(super) exhausted_in: Option<u32>,
}

impl Entry {
    /// The entry for a chunk that is committed by a caller who read the job in this round.
    pub(super) fn of(part: &ChunkPart, round: u32) -> Self {
        let ChunkPart { counts, sums, report, exhausted, number: _ } = part.clone();
        Self { counts, sums, report, exhausted_in: exhausted.then_some(round) }
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

    fn to_value(&self) -> Result<AttributeValue, Failure> {
        to_stdvec(self).map(|bytes| binary(&bytes)).map_err(Failure::corrupt(WHAT))
    }

    fn of_value(value: &AttributeValue) -> Result<Self, Failure> {
        let bytes = value.as_b().map_err(|_| Failure::corrupt(WHAT)("a chunk has the wrong type"))?;
        from_bytes(bytes.as_ref()).map_err(Failure::corrupt(WHAT))
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
        let entries = chunks.map(|(chunk, value)| Ok((chunk, Entry::of_value(value)?)));
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
        update.require(is(chunk.to_string(), before.map(Entry::to_value).transpose()?));
        update.set(chunk.to_string(), after.to_value()?);
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
    use saldo_domain::import::{RowOutcome, StatedAmount};
    use saldo_domain::money::Decimal;

    use super::*;
    use crate::dynamodb::Key;
    use crate::dynamodb::item::{seconds, text};

    const OUTCOMES: [RowOutcome; 5] = [
        RowOutcome::Imported,
        RowOutcome::Updated,
        RowOutcome::Unchanged,
        RowOutcome::Superseded,
        RowOutcome::Failed,
    ];

    fn entry(count: u64, sums: Sums, report: bool, exhausted_in: Option<u32>) -> Entry {
        let counts = Counts {
            imported: count,
            updated: count,
            unchanged: count,
            superseded: count,
            failed: count,
            warnings: count,
        };
        Entry { counts, sums, report: report.then(Uuid::now_v7), exhausted_in }
    }

    /// The sums of all outcomes in these currencies.
    fn sums(currencies: &[&str], amount: Decimal) -> Sums {
        let mut sums = Sums::default();
        for currency in currencies {
            let currency = currency.parse().expect("a currency");
            for outcome in OUTCOMES {
                sums.add(outcome, Some(StatedAmount { amount, currency }));
            }
        }
        sums.add(RowOutcome::Failed, None);
        sums
    }

    proptest! {
        /// The condition of a commit compares bytes, so they must be the same however often an entry is read.
        #[test]
        fn entry_round_trips(count: u64, report: bool, exhausted_in: Option<u32>, mantissa: i64, scale in 0_u32..10) {
            let sums = sums(&["EUR", "JPY"], Decimal::new(mantissa, scale));
            let entry = entry(count, sums, report, exhausted_in);
            let value = entry.to_value().expect("a value");
            let read = Entry::of_value(&value).expect("an entry");
            prop_assert_eq!(&read, &entry);
            prop_assert_eq!(read.to_value().expect("a value"), value);
        }
    }

    /// The size of a full bucket by
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
    fn full_bucket_bytes(entry: &Entry) -> usize {
        let (org, id) = (OrgId::random().expect("randomness"), ImportId::of_seed(Uuid::now_v7()));
        let mut item = JobKey::bucket(&org, &id, 99_999).attributes();
        item.insert("expires_at".to_owned(), seconds(Timestamp::now()));
        for chunk in 999_993..1_000_000_u32 {
            item.insert(chunk.to_string(), entry.to_value().expect("a value"));
        }
        assert_eq!(item.len(), 3 + CHUNKS_PER_BUCKET as usize);
        let size = |value: &AttributeValue| match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
            AttributeValue::B(bytes) => bytes.as_ref().len(),
            other => panic!("{other:?}"),
        };
        item.iter().map(|(name, value)| name.len() + size(value)).sum()
    }

    #[test]
    fn full_bucket_fits_into_one_write_unit() {
        // A sum of 999,999,999.99 for each outcome.
        let bytes = full_bucket_bytes(&entry(
            999_999,
            sums(&["EUR"], Decimal::new(99_999_999_999, 2)),
            true,
            Some(99),
        ));
        assert!(bytes <= 1_024, "{bytes} bytes");
    }

    #[test]
    fn bucket_of_all_currencies_is_smaller_than_an_item_may_be() {
        let all: Vec<_> = saldo_domain::money::Currency::codes().collect();
        let largest = "9".repeat(28).parse().expect("an amount");
        let mut sums = sums(&all, largest);
        sums += &self::sums(&all, Decimal::new(1, 28));
        let bytes = full_bucket_bytes(&entry(999_999, sums, true, Some(99)));
        assert!(bytes < 400_000, "{bytes} bytes for {} currencies", all.len());
    }

    #[test]
    fn bucket_is_complete_when_no_chunk_is_missing_or_open() {
        let of_round = |round| entry(1, Sums::default(), false, round);
        let mut bucket = Bucket((7..12).map(|chunk| (chunk, of_round(None))).collect());
        assert!(bucket.is_complete(1, 12, 0), "its last chunk is the job's last");
        assert!(!bucket.is_complete(1, 13, 0), "the last chunk is missing");
        bucket.0.insert(9, of_round(Some(0)));
        assert!(bucket.is_complete(1, 12, 0), "exhausted in this round");
        assert!(!bucket.is_complete(1, 12, 1), "redriven since");
        assert!(Bucket::default().is_complete(0, 0, 0), "there is nothing to do");
    }

    #[test]
    fn processed_chunk_replaces_exhausted_one_and_not_the_other_way_round() {
        let [processed, first, second] =
            [None, Some(0), Some(1)].map(|round| entry(1, Sums::default(), false, round));
        assert!(processed.replaces(&first) && second.replaces(&first));
        assert!(
            !first.replaces(&processed) && !second.replaces(&processed) && !processed.replaces(&processed)
        );
        assert!(!first.replaces(&first) && !first.replaces(&second));
    }

    #[test]
    fn bucket_with_an_unknown_value_is_corrupt() {
        for value in [text("none"), binary(&[1, 2])] {
            let item = Item::from([("7".to_owned(), value)]);
            assert!(matches!(Bucket::of_item(&item), Err(Failure::Corrupt { .. })));
        }
    }
}
