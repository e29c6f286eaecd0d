//! The plan of an import: which rows are superseded, and how the others are divided into chunks.
//!
//! Planning reads the payload twice. The first time, a [`DuplicateScan`] keeps 16 bytes of each row,
//! enough to recognize rows about the same account; the second time, a [`Chunker`] divides the rows and marks the superseded
//! ones. The same payload always gives the same chunks, so that an interrupted plan can be continued.

use std::mem::take;

use serde::{Deserialize, Serialize};

use super::membership::{DIGEST_BYTES, Membership};
use super::row::Identified;
use super::{LostValues, LostValuesScan, RawRow, Shape};
use crate::id::OrgId;

/// The most rows in a chunk. A chunk costs one write unit besides its rows, 0.2 % of the cost of 500 rows. A chunk of this
/// size takes seconds and is one small S3 object.
pub const ROWS_PER_CHUNK: usize = 500;
/// The bytes of rows after which a chunk ends, even if it has fewer rows: a worker has several chunks in memory.
const CHUNK_BYTES: usize = 2_000_000;
/// The chunks that are queued between two writes of the planner's progress: 20,000 rows per write.
pub const CHUNKS_AT_ONCE: u32 = 40;

/// Rows that are processed, counted and committed together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Chunk {
    /// The chunk's number in the import, counting from 0.
    pub number: u32,
    /// What its rows have in common.
    pub shape: Shape,
    /// Its rows in the order of the payload, without superseded ones.
    pub rows: Vec<RawRow>,
    /// The superseded rows between them, which are reported and not written.
    pub superseded: Vec<SupersededRow>,
    /// The values that rows lack, and that rows had which they supersede, also in other chunks.
    pub lost: Vec<LostValues>,
}

/// A row that a later row about the same account supersedes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SupersededRow {
    /// The row.
    pub row: RawRow,
    /// The index of the last row about the account, which counts.
    pub by: u64,
}

/// The bits of a row's index, below the digest of its account.
const INDEX_BITS: u32 = 40;
const INDEX_MASK: u128 = (1 << INDEX_BITS) - 1;

/// Finds the rows of a payload that a later row about the same account supersedes.
#[derive(Debug)]
pub struct DuplicateScan {
    org: OrgId,
    total: u64,
    bytes: usize,
    /// An 88-bit digest of the account's id above the 40-bit index of the row. Sorted, rows about one account are
    /// adjacent, in their order. Among ten million different ids, the probability of two equal digests is below 10⁻¹².
    digests: Vec<u128>,
    unidentified: u64,
    /// The rows with an id beyond ASCII, which depends on the encoding.
    beyond_ascii: u64,
}

/// The accounts that a complete file names.
#[derive(Debug)]
pub struct Named {
    /// The accounts.
    pub membership: Membership<Vec<u8>>,
    /// The rows of which it is not certain what they name.
    pub unidentified: u64,
}

impl DuplicateScan {
    /// A scan without rows.
    #[must_use]
    pub fn new(org: OrgId) -> Self {
        Self { org, total: 0, bytes: 0, digests: Vec::new(), unidentified: 0, beyond_ascii: 0 }
    }

    /// Adds the next row of a complete file.
    pub fn add_of_complete_file(&mut self, shape: &Shape, row: &RawRow) {
        self.add(shape, row);
        match row.identified_by(&self.org, shape) {
            Identified::ForCertain => {}
            Identified::BeyondAscii => self.beyond_ascii += 1,
            Identified::No => self.unidentified += 1,
        }
    }

    /// The accounts that the rows of a complete file name, whose encoding may have been assumed.
    #[must_use]
    pub fn named(&mut self, assumed_encoding: bool) -> Named {
        self.digests.sort_unstable();
        let digests = self.digests.iter().map(|digest| {
            let [digest @ .., _, _, _, _, _] = digest.to_be_bytes();
            let digest: [u8; DIGEST_BYTES] = digest;
            digest
        });
        let uncertain = if assumed_encoding { self.beyond_ascii } else { 0 };
        Named { membership: Membership::of_sorted(digests), unidentified: self.unidentified + uncertain }
    }

    /// Adds the next row.
    pub fn add(&mut self, shape: &Shape, row: &RawRow) {
        self.total += 1;
        self.bytes = self.bytes.saturating_add(row.body.len());
        if let Some(id) = row.account_id(&self.org, shape) {
            let high = u128::from_be_bytes(id.digest());
            self.digests.push((high & !INDEX_MASK) | (u128::from(row.index) & INDEX_MASK));
        }
    }

    /// The superseded rows.
    #[must_use]
    pub fn finish(self) -> Superseded {
        let Self { total, bytes, mut digests, .. } = self;
        // From the last row about an account to the first. Each is replaced by its index above that of the last one, in
        // place: all rows of a payload may be about one account.
        digests.sort_unstable_by(|a, b| b.cmp(a));
        let mut last: Option<u128> = None;
        digests.retain_mut(|digest| match last {
            Some(last) if last >> INDEX_BITS == *digest >> INDEX_BITS => {
                *digest = (*digest & INDEX_MASK) << INDEX_BITS | last & INDEX_MASK;
                true
            }
            _ => {
                last = Some(*digest);
                false
            }
        });
        digests.sort_unstable();
        digests.shrink_to_fit();
        Superseded { total, bytes, rows: digests }
    }
}

/// The rows of a payload that a later row about the same account supersedes.
#[derive(Clone, Debug)]
pub struct Superseded {
    /// The number of all rows.
    pub total: u64,
    /// The memory that all rows take, in bytes.
    bytes: usize,
    /// The superseded rows, ascending: the index of each, and below it that of the row that counts.
    rows: Vec<u128>,
}

impl Superseded {
    /// The number of superseded rows.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.rows.len() as u64
    }

    /// The index of the row that supersedes the one with this index, if one does.
    #[must_use]
    pub fn by(&self, index: u64) -> Option<u64> {
        let at = self.rows.binary_search_by_key(&u128::from(index), |row| row >> INDEX_BITS).ok()?;
        self.rows.get(at).map(last_of)
    }

    /// Whether all rows fit into one chunk of at most `rows_per_chunk` rows.
    #[must_use]
    pub fn fit_one_chunk(&self, rows_per_chunk: usize) -> bool {
        self.total <= rows_per_chunk as u64 && self.bytes < CHUNK_BYTES
    }
}

/// The index of the row that supersedes another one.
fn last_of(superseded: &u128) -> u64 {
    u64::try_from(superseded & INDEX_MASK).unwrap_or(u64::MAX)
}

/// Divides the rows of a payload, in their order, into chunks. Superseded rows count for the size of a chunk as the others do.
#[derive(Debug)]
pub struct Chunker {
    superseded: std::iter::Peekable<std::vec::IntoIter<u128>>,
    rows_per_chunk: usize,
    number: u32,
    rows: Vec<RawRow>,
    superseded_rows: Vec<SupersededRow>,
    lost: Vec<LostValues>,
    lost_scan: LostValuesScan,
    bytes: usize,
}

impl Chunker {
    /// Divides after `rows_per_chunk` rows, at least one.
    #[must_use]
    pub fn new(superseded: Superseded, rows_per_chunk: usize) -> Self {
        let superseded = superseded.rows.into_iter().peekable();
        let rows_per_chunk = rows_per_chunk.max(1);
        Self {
            superseded,
            rows_per_chunk,
            number: 0,
            rows: Vec::new(),
            superseded_rows: Vec::new(),
            lost: Vec::new(),
            lost_scan: LostValuesScan::default(),
            bytes: 0,
        }
    }

    /// Adds the next row. Returns a chunk when it is full.
    pub fn push(&mut self, shape: &Shape, row: RawRow) -> Option<Chunk> {
        self.bytes += row.body.len();
        let is_of_row = |superseded: &u128| superseded >> INDEX_BITS == u128::from(row.index);
        if let Some(superseded) = self.superseded.next_if(is_of_row) {
            let by = last_of(&superseded);
            self.lost_scan.add_superseded(shape, &row, by);
            self.superseded_rows.push(SupersededRow { row, by });
        } else {
            self.lost.extend(self.lost_scan.add(shape, &row));
            self.rows.push(row);
        }
        let rows = self.rows.len() + self.superseded_rows.len();
        let full = rows >= self.rows_per_chunk || self.bytes >= CHUNK_BYTES;
        full.then(|| self.take_chunk(shape))
    }

    /// The last chunk, if rows are left.
    pub fn finish(&mut self, shape: &Shape) -> Option<Chunk> {
        let is_empty = self.rows.is_empty() && self.superseded_rows.is_empty();
        (!is_empty).then(|| self.take_chunk(shape))
    }

    fn take_chunk(&mut self, shape: &Shape) -> Chunk {
        let number = self.number;
        self.number += 1;
        self.bytes = 0;
        let (rows, superseded) = (take(&mut self.rows), take(&mut self.superseded_rows));
        Chunk { number, shape: shape.clone(), rows, superseded, lost: take(&mut self.lost) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::RowBody;
    use proptest::prelude::*;

    fn row(index: u64, external_id: &str) -> RawRow {
        let json = serde_json::json!({ "external_id": external_id });
        let body = RowBody::Json(json.to_string().into());
        RawRow { index, line: None, body }
    }

    fn plan(rows: &[RawRow], size: usize) -> (Superseded, Vec<Chunk>) {
        let shape = Shape::Objects;
        let mut scan = DuplicateScan::new("org_aaaaaaaaaaaaaaaa".parse().expect("an id"));
        for row in rows {
            scan.add(&shape, row);
        }
        let superseded = scan.finish();
        let mut chunker = Chunker::new(superseded.clone(), size);
        let mut chunks: Vec<_> = rows.iter().filter_map(|row| chunker.push(&shape, row.clone())).collect();
        chunks.extend(chunker.finish(&shape));
        (superseded, chunks)
    }

    #[test]
    fn chunks_of_long_rows_have_fewer_rows() {
        let rows: Vec<_> = (0..7).map(|index| row(index, &"x".repeat(900_000))).collect();
        let (_, chunks) = plan(&rows, 500);
        assert_eq!(chunks.iter().map(|chunk| chunk.rows.len()).collect::<Vec<_>>(), [3, 3, 1]);
    }

    proptest! {
        #[test]
        fn last_row_of_each_external_id_is_kept_and_every_row_is_counted(ids in prop::collection::vec("[a-f]?", 0..60), size in 1usize..9) {
            let rows: Vec<_> = ids.iter().zip(0..).map(|(id, index)| row(index, id)).collect();
            let (superseded, chunks) = plan(&rows, size);
            let kept: Vec<u64> = chunks.iter().flat_map(|c| c.rows.iter().map(|r| r.index)).collect();
            let expected: Vec<u64> = (0..ids.len())
                .filter(|&i| ids[i].is_empty() || !ids[i + 1..].contains(&ids[i]))
                .map(|i| i as u64)
                .collect();
            prop_assert_eq!(&kept, &expected);
            prop_assert_eq!(superseded.total, ids.len() as u64);
            prop_assert_eq!(superseded.count() + kept.len() as u64, superseded.total);
            for row in chunks.iter().flat_map(|chunk| &chunk.superseded) {
                let id = |index: u64| &ids[usize::try_from(index).expect("an index")];
                prop_assert!(kept.contains(&row.by) && row.by > row.row.index);
                prop_assert_eq!(id(row.by), id(row.row.index));
            }
            let sizes = chunks.iter().map(|chunk| chunk.rows.len() + chunk.superseded.len());
            prop_assert_eq!(sizes.clone().sum::<usize>(), ids.len());
            prop_assert!(sizes.into_iter().all(|rows| (1..=size).contains(&rows)));
            prop_assert!(chunks.iter().zip(0..).all(|(chunk, number)| chunk.number == number));
            prop_assert_eq!(superseded.fit_one_chunk(size), chunks.len() <= 1);
        }
    }
}
