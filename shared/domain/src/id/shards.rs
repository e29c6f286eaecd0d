//! Shards: the partitions over which the accounts of an organization are spread, and its clients.
//!
//! The id of an organization says how many shards it has, and the id of an account or a client in which of them it is.
//! So a key follows from the ids alone, and an organization can't have two numbers of shards.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::id::{AccountId, ClientId};

/// A number of shards: a power of two from 16 to 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shards(u16);

/// The text is not a number of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number of shards: 16, 32, 64, 128 or 256")]
pub struct InvalidShards;

/// The shards of a group. The accounts of each group have ids that are adjacent: all of one group come before those of
/// the next one.
const GROUP: u16 = 16;
/// The number of different digits in ids.
const RADIX: u16 = 32;

impl Shards {
    /// The number of an organization for which no other is chosen. One DynamoDB partition takes 1,000 writes a second;
    /// sixteen take what one import can send.
    pub const DEFAULT: Self = Self(GROUP);
    /// The most.
    pub const MAX: Self = Self(256);

    /// How many there are.
    #[must_use]
    pub fn count(self) -> u16 {
        self.0
    }

    /// The groups of shards, in the order of the ids in them. Within a group, ids are spread evenly.
    pub fn groups(self) -> impl Iterator<Item = Range<u16>> {
        (0..self.0 / GROUP).map(|group| group * GROUP..(group + 1) * GROUP)
    }

    /// The shard of the account, from 0.
    #[must_use]
    pub fn of_account(self, id: &AccountId) -> u16 {
        self.of(id.digits())
    }

    /// The shard of the client, from 0.
    #[must_use]
    pub fn of_client(self, id: &ClientId) -> u16 {
        self.of(id.digits())
    }

    /// The first digit decides the group, and the second one the shard in it. The digits of ids are random, or those of a
    /// digest.
    fn of(self, digits: &str) -> u16 {
        let mut digits = digits.bytes().map(rank);
        let (first, second) = (digits.next().unwrap_or_default(), digits.next().unwrap_or_default());
        let groups = self.0 / GROUP;
        first * groups / RADIX * GROUP + second % GROUP
    }
}

/// The place of a digit among the digits in the order in which they sort as text: 2 to 7, a to z.
fn rank(digit: u8) -> u16 {
    match digit {
        b'2'..=b'7' => u16::from(digit - b'2'),
        b'a'..=b'z' => u16::from(digit - b'a') + 6,
        _ => 0,
    }
}

impl Default for Shards {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl FromStr for Shards {
    type Err = InvalidShards;

    fn from_str(text: &str) -> Result<Self, InvalidShards> {
        match text {
            "16" => Ok(Self(16)),
            "32" => Ok(Self(32)),
            "64" => Ok(Self(64)),
            "128" => Ok(Self(128)),
            "256" => Ok(Self(256)),
            _ => Err(InvalidShards),
        }
    }
}

impl fmt::Display for Shards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn all() -> impl Iterator<Item = Shards> {
        ["16", "32", "64", "128", "256"].into_iter().map(|text| text.parse().expect("a number of shards"))
    }

    #[test]
    fn accounts_are_spread_evenly_over_shards() {
        for shards in all() {
            let mut counts = vec![0; usize::from(shards.count())];
            for _ in 0..1_000 * counts.len() {
                let id = AccountId::of_seed(Uuid::now_v7());
                counts[usize::from(shards.of_account(&id))] += 1;
            }
            assert!(counts.iter().all(|n| (800..1200).contains(n)), "{shards}: {counts:?}");
        }
    }

    #[test]
    fn ids_of_a_group_come_before_those_of_the_next() {
        for shards in all() {
            let groups: Vec<Range<u16>> = shards.groups().collect();
            assert!(groups.iter().cloned().flatten().eq(0..shards.count()), "{shards}");
            let mut ids: Vec<AccountId> = (0..10_000).map(|_| AccountId::of_seed(Uuid::now_v7())).collect();
            ids.sort_unstable();
            let group = |id: &AccountId| {
                groups.iter().position(|group| group.contains(&shards.of_account(id))).expect("a group")
            };
            assert!(ids.is_sorted_by_key(group), "{shards}");
        }
    }
}
