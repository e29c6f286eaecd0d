//! The creation of ids: random, or derived from what they identify. A derived id is the same however often it is created,
//! which makes repeated requests and messages harmless.

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{
    AccessId, AccountId, AllocationId, ChallengeId, ClientId, DeliveryId, ExportId, ImportId, KeyId,
    NotificationId, OrgId, ProfileId, SyncId, TransactionId, UploadId,
};
use crate::id::shards::Shards;
use crate::money::Currency;

/// Bytes as base 32 in lower case: letters and the digits 2 to 7.
pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

/// 128 bits of the SHA-256 of length-prefixed parts. The lengths make different lists of parts different inputs.
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
    /// A placeholder id that no organization has: random ids are hardly ever sixteen equal letters.
    #[must_use]
    pub fn placeholder() -> Self {
        Self("a".repeat(16))
    }

    /// The id without its prefix, to derive other ids from.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The id of a new organization with the default number of shards, of 80 random bits.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        random_text().map(Self)
    }

    /// The same, with this number of shards.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn random_with(shards: Shards) -> Result<Self, getrandom::Error> {
        let Self(digits) = Self::random()?;
        Ok(Self(if shards == Shards::DEFAULT { digits } else { format!("{digits}-{shards}") }))
    }

    /// The number of the organization's shards.
    #[must_use]
    pub fn shards(&self) -> Shards {
        let stated = self.0.split_once('-').and_then(|(_, shards)| shards.parse().ok());
        stated.unwrap_or_default()
    }
}

impl KeyId {
    /// The id without its prefix.
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }

    /// A new key's id, of 80 random bits.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        random_text().map(Self)
    }

    /// The id of the key that is created with this seed.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(of_seed(b"key", seed))
    }
}

impl ClientId {
    /// The id that is derived from these parts: equal parts give equal ids.
    pub(crate) fn of_parts(parts: &[&[u8]]) -> Self {
        Self(encode(&digest(parts)))
    }

    /// The id without its prefix.
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }

    /// The id of the client that is created with this seed.
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

/// An id that is derived from a seed: a repeated request has the same seed, and so creates nothing twice.
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

    /// The id of the account that row `index` of an import creates, if the row has no id and no external id. It is the same
    /// however often the row is processed.
    #[must_use]
    pub fn of_row(import: &ImportId, index: u64) -> Self {
        Self(encode(&digest(&[b"row", import.0.as_bytes(), &index.to_be_bytes()])))
    }

    /// The id of the account with this identity, such as its IBAN, and currency in a provider access. It does not depend on
    /// the interface's own id of the account.
    #[must_use]
    pub fn of_bank(access: &AccessId, identity: &str, currency: Currency) -> Self {
        let parts: [&[u8]; 4] =
            [b"bank", access.0.as_bytes(), identity.as_bytes(), currency.code().as_bytes()];
        Self(encode(&digest(&parts)))
    }

    /// The id of the account that is created with this seed.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(of_seed(b"account", seed))
    }

    /// The id without its prefix.
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }

    /// A 128-bit digest of the id.
    #[must_use]
    pub fn digest(&self) -> [u8; 16] {
        digest(&[self.0.as_bytes()])
    }
}

impl AllocationId {
    /// The id of the allocation that is made with this seed.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(seed)
    }

    /// The UUID's 16 bytes, which sort like the id.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl ImportId {
    /// The id of the import that is created with this seed.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(seed)
    }

    /// A new id that sorts behind `other`, also if that was made by a machine whose clock is ahead.
    #[must_use]
    pub fn after(other: &Self) -> Self {
        let new = Uuid::now_v7();
        if new > other.0 {
            return Self(new);
        }
        let [m0, m1, m2, m3, m4, m5, ..] = *other.as_bytes();
        let milliseconds = u64::from_be_bytes([0, 0, m0, m1, m2, m3, m4, m5]);
        let mut bits = [0; 10];
        bits.copy_from_slice(&new.as_bytes()[6..]);
        Self(Builder::from_unix_timestamp_millis(milliseconds + 1, &bits).into_uuid())
    }

    /// The UUID's 16 bytes, which sort like the id.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// What the texts of ids begin with that are made in this millisecond. It sorts before them, and behind older ids.
    #[must_use]
    pub fn beginning_at(at: Timestamp) -> String {
        let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or_default();
        format!("{}{:08x}-{:04x}", Self::PREFIX, milliseconds >> 16, milliseconds & 0xffff)
    }
}

impl TryFrom<&[u8]> for ImportId {
    type Error = uuid::Error;

    fn try_from(bytes: &[u8]) -> Result<Self, uuid::Error> {
        Uuid::from_slice(bytes).map(Self)
    }
}

impl TryFrom<&[u8]> for SyncId {
    type Error = uuid::Error;

    fn try_from(bytes: &[u8]) -> Result<Self, uuid::Error> {
        Uuid::from_slice(bytes).map(Self)
    }
}

impl UploadId {
    /// The id of the upload that is created with this seed.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(seed)
    }
}

impl ProfileId {
    /// The id of the import profile that is created with this seed.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(of_seed(b"import profile", seed))
    }
}

impl ExportId {
    /// The id of the export that is created with this seed.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(seed)
    }
}

impl SyncId {
    /// The id of the synchronization that is created with this seed.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(seed)
    }

    /// The id of the synchronization of an access that is scheduled for this time. It is the same however often the schedule
    /// runs for that time.
    #[must_use]
    pub fn of_schedule(access: &AccessId, at: Timestamp) -> Self {
        Self(of_moment(at, &[b"schedule", access.0.as_bytes()]))
    }

    /// The UUID's 16 bytes, which sort like the id.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The UUID, which identifies the records that the synchronization has written.
    #[must_use]
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl AccessId {
    /// The id of the access that is created with this seed.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(of_seed(b"access", seed))
    }
}

impl ChallengeId {
    /// The id of challenge `number` of a synchronization, counting from 0.
    #[must_use]
    pub fn of_sync(sync: &SyncId, number: usize) -> Self {
        Self(encode(&digest(&[b"challenge", sync.0.as_bytes(), &number.to_be_bytes()])))
    }
}

impl NotificationId {
    /// The id of the notification endpoint that is created with this seed.
    #[must_use]
    pub fn of_seed(seed: Uuid) -> Self {
        Self(of_seed(b"notification", seed))
    }
}

impl DeliveryId {
    /// The id of the delivery of an event to an endpoint. `event` is the event's unique name. It is the same however often
    /// the event is processed.
    #[must_use]
    pub fn of_event(endpoint: &NotificationId, event: &str, at: Timestamp) -> Self {
        Self(of_moment(at, &[b"delivery", endpoint.0.as_bytes(), event.as_bytes()]))
    }
}

/// A version 7 UUID with this time; its other bits are derived from `what`.
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
    fn import_ids_sort_by_creation_time() {
        let ids: Vec<_> = (0..100).map(|_| ImportId::of_seed(Uuid::now_v7())).collect();
        assert!(ids.is_sorted());
        assert!(ids.is_sorted_by_key(ImportId::to_string));
        assert!(ids.is_sorted_by_key(|id| *id.as_bytes()));
    }

    #[test]
    fn id_after_another_sorts_behind_it_whatever_the_clock_says() {
        let seconds = u64::try_from(Timestamp::now().as_second()).expect("after 1970");
        for seconds in [seconds - 60, seconds + 60] {
            let time = uuid::Timestamp::from_unix_time(seconds, 0, 0, 0);
            let other = ImportId::of_seed(Uuid::new_v7(time));
            let [one, two] = [ImportId::after(&other), ImportId::after(&other)];
            assert!(one > other && two > other && one != two, "{other} {one} {two}");
            assert_eq!(one.to_string().parse(), Ok(one));
        }
    }
}
