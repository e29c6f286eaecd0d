//! Where ids come from: of chance, or of what they stand for, so that it has the same id however often
//! it is made.

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{
    AccessId, AccountId, ChallengeId, ClientId, DeliveryId, ExportId, ImportId, KeyId, NotificationId, OrgId,
    SyncId, TransactionId, UploadId,
};
use crate::money::Currency;

/// Bytes as base 32 in lower case: no digits beside 2 to 7, no escaping anywhere.
pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

/// 128 bits of a SHA-256 over length-prefixed parts, so that no two lists of parts can
/// run together into the same input.
fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes
}

impl OrgId {
    /// The id of no organization: of fewer bits than a new one's.
    pub fn nobody() -> Self {
        Self("a".repeat(16))
    }

    /// The id without its prefix, to derive other ids from.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// A new organization's id, of 80 random bits.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        random_text().map(Self)
    }
}

impl KeyId {
    /// A new key's id, of 80 random bits.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        random_text().map(Self)
    }

    /// The id of the key that `seed` stands for.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(of_seed(b"key", seed))
    }
}

impl ClientId {
    /// The id of the client that `seed` stands for.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(of_seed(b"client", seed))
    }
}

impl TransactionId {
    /// The id that is derived from these parts: equal parts give equal ids.
    pub(crate) fn of_parts(parts: &[&[u8]]) -> Self {
        Self(encode(&digest(parts)))
    }
}

/// The same seed is the same id, which is what makes a repeated request harmless.
fn of_seed(what: &[u8], seed: Uuid) -> String {
    encode(&digest(&[what, seed.as_bytes()]))
}

fn random_text() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes)?;
    Ok(encode(&bytes))
}

impl AccountId {
    /// The id that is derived from these parts: equal parts give equal ids.
    pub(crate) fn of_parts(parts: &[&[u8]]) -> Self {
        Self(encode(&digest(parts)))
    }

    /// The id of the account made by row `index` of an import that gave no external id:
    /// the same however often the row is delivered.
    #[must_use]
    pub fn of_row(import: &ImportId, index: u64) -> Self {
        Self(encode(&digest(&[b"row", import.0.as_bytes(), &index.to_be_bytes()])))
    }

    /// The id of the account that a provider access knows by `identity` (an IBAN, say) in this
    /// currency: the same, whatever the bank's own interface calls it.
    #[must_use]
    pub fn of_bank(access: &AccessId, identity: &str, currency: Currency) -> Self {
        let parts: [&[u8]; 4] =
            [b"bank", access.0.as_bytes(), identity.as_bytes(), currency.code().as_bytes()];
        Self(encode(&digest(&parts)))
    }

    /// The id of the account that `seed` stands for.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(of_seed(b"account", seed))
    }

    /// Which of `count` shards the account lies in. It follows from the id alone.
    #[must_use]
    pub fn shard(&self, count: u8) -> u8 {
        self.digest()[0] % count
    }

    /// 128 bits that stand for the id.
    #[must_use]
    pub fn digest(&self) -> [u8; 16] {
        digest(&[self.0.as_bytes()])
    }
}

impl ImportId {
    /// The import that `seed` stands for. The same seed is the same import, which is what
    /// makes a repeated request harmless.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(seed)
    }

    /// The id's 16 bytes, which sort like the id.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl UploadId {
    /// The upload that `seed` stands for. The same seed is the same upload.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(seed)
    }
}

impl ExportId {
    /// The export that `seed` stands for. The same seed is the same export.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(seed)
    }
}

impl SyncId {
    /// The synchronization that `seed` stands for. The same seed is the same one.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(seed)
    }

    /// The synchronization of an access that the schedule asks for at this moment: the same,
    /// however often it asks.
    #[must_use]
    pub fn of_schedule(access: &AccessId, at: Timestamp) -> Self {
        Self(of_moment(at, &[b"schedule", access.0.as_bytes()]))
    }

    /// The id's UUID, by which what it stored is told.
    #[must_use]
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl AccessId {
    /// The id of the access that `seed` stands for.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(of_seed(b"access", seed))
    }
}

impl ChallengeId {
    /// The id of the challenge number `number` of a synchronization.
    #[must_use]
    pub fn of_sync(sync: &SyncId, number: usize) -> Self {
        Self(encode(&digest(&[b"challenge", sync.0.as_bytes(), &number.to_be_bytes()])))
    }
}

impl NotificationId {
    /// The id of the notification endpoint that `seed` stands for.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(of_seed(b"notification", seed))
    }
}

impl DeliveryId {
    /// The delivery of an event, which has a name of its own, to an endpoint: the same, however
    /// often the event is told.
    #[must_use]
    pub fn of_event(endpoint: &NotificationId, event: &str, at: Timestamp) -> Self {
        Self(of_moment(at, &[b"delivery", endpoint.0.as_bytes(), event.as_bytes()]))
    }
}

/// A version 7 UUID of a moment whose other bits say what it stands for.
fn of_moment(at: Timestamp, what: &[&[u8]]) -> Uuid {
    let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or_default();
    let mut bits = [0; 10];
    bits.copy_from_slice(&digest(what)[..10]);
    Builder::from_unix_timestamp_millis(milliseconds, &bits).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_ids_sort_by_the_time_they_were_made() {
        let ids: Vec<_> = (0..100).map(|_| ImportId::of_seed(Uuid::now_v7())).collect();
        assert!(ids.is_sorted());
        assert!(ids.is_sorted_by_key(ImportId::to_string));
        assert!(ids.is_sorted_by_key(|id| *id.as_bytes()));
    }

    #[test]
    fn accounts_spread_evenly_over_the_shards() {
        let import = ImportId::of_seed(Uuid::now_v7());
        let mut counts = [0; 16];
        for index in 0..16_000 {
            counts[usize::from(AccountId::of_row(&import, index).shard(16))] += 1;
        }
        assert!(counts.iter().all(|n| (800..1200).contains(n)), "{counts:?}");
    }
}
