//! The plan of an import: which rows count, and how they are cut into chunks.

use serde::{Deserialize, Serialize};

use super::{RawRow, Shape};
use crate::id::OrgId;

/// The most rows in a chunk. A chunk costs about five write units of bookkeeping, so 500
/// rows keep that at 1 % of the rows' own cost, while a chunk still takes only seconds
/// and its rows fit in one small object.
pub const ROWS_PER_CHUNK: usize = 500;

/// Rows that are processed, counted and committed together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Chunk {
    /// Which chunk of the import it is, counting from 0.
    pub number: u32,
    /// What its rows have in common.
    pub shape: Shape,
    /// Its rows, in the order of the payload, superseded ones left out.
    pub rows: Vec<RawRow>,
}

/// The plan of an import. The same payload always gives the same plan.
#[derive(Debug)]
pub struct Plan {
    /// The rows of the payload.
    pub total: u64,
    /// The rows that a later row about the same account replaces.
    pub superseded: u64,
    /// What is left, in chunks.
    pub chunks: Vec<Chunk>,
}

impl Plan {
    /// Plans the rows of an organization's payload, `rows_per_chunk` at a time (at least 1).
    #[must_use]
    pub fn of(org: &OrgId, shape: &Shape, mut rows: Vec<RawRow>, rows_per_chunk: usize) -> Self {
        let total = rows.len() as u64;
        let superseded = superseded(org, shape, &rows);
        if !superseded.is_empty() {
            rows.retain(|row| superseded.binary_search(&row.index).is_err());
        }
        let mut chunks = Vec::with_capacity(rows.len().div_ceil(rows_per_chunk.max(1)));
        let mut rows = rows.into_iter();
        for number in 0.. {
            let rows: Vec<_> = rows.by_ref().take(rows_per_chunk.max(1)).collect();
            if rows.is_empty() {
                break;
            }
            chunks.push(Chunk { number, shape: shape.clone(), rows });
        }
        Self { total, superseded: superseded.len() as u64, chunks }
    }
}

/// The indexes, ascending, of rows that name an account that a later row names too.
///
/// Takes 16 bytes a row: 88 bits of a digest of the account's id above the row's index in
/// the 40 bits below. Sorted, rows about one account lie side by side, the last one last.
/// Two different ids among a hundred million meet in 88 bits with a chance of one in
/// ten thousand million.
fn superseded(org: &OrgId, shape: &Shape, rows: &[RawRow]) -> Vec<u64> {
    const INDEX_BITS: u32 = 40;
    const INDEX_MASK: u128 = (1 << INDEX_BITS) - 1;
    let mut digests: Vec<u128> = rows
        .iter()
        .filter_map(|row| {
            let high = u128::from_be_bytes(row.account_id(org, shape)?.digest());
            Some((high & !INDEX_MASK) | (u128::from(row.index) & INDEX_MASK))
        })
        .collect();
    digests.sort_unstable();
    let mut superseded: Vec<u64> = digests
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a >> INDEX_BITS == b >> INDEX_BITS))
        .filter_map(|pair| u64::try_from(pair.first()? & INDEX_MASK).ok())
        .collect();
    superseded.sort_unstable();
    superseded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::RowBody;
    use proptest::prelude::*;

    fn row(index: u64, external_id: &str) -> RawRow {
        let json = serde_json::json!({ "external_id": external_id });
        let body = RowBody::Json(serde_json::from_str(&json.to_string()).expect("JSON"));
        RawRow { index, line: None, body }
    }

    proptest! {
        #[test]
        fn the_last_row_of_each_external_id_is_kept_and_every_row_counted(ids in prop::collection::vec("[a-f]?", 0..60), size in 1usize..9) {
            let rows = ids.iter().zip(0..).map(|(id, index)| row(index, id)).collect();
            let org = "org_aaaaaaaaaaaaaaaa".parse().expect("an id");
            let plan = Plan::of(&org, &Shape::Objects, rows, size);
            let kept: Vec<u64> = plan.chunks.iter().flat_map(|c| c.rows.iter().map(|r| r.index)).collect();
            let expected: Vec<u64> = (0..ids.len())
                .filter(|&i| ids[i].is_empty() || !ids[i + 1..].contains(&ids[i]))
                .map(|i| i as u64)
                .collect();
            prop_assert_eq!(&kept, &expected);
            prop_assert_eq!(plan.total, ids.len() as u64);
            prop_assert_eq!(plan.superseded + kept.len() as u64, plan.total);
            prop_assert!(plan.chunks.iter().zip(0..).all(|(c, n)| c.number == n && !c.rows.is_empty() && c.rows.len() <= size));
        }
    }
}
