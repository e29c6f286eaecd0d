//! Typed identifiers, each with its prefix on the wire: `org_…`, `acc_…`, `imp_…`,
//! `key_…`. A text with another prefix is no id of that type, so an id can never be
//! looked up in the wrong table.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::account::AccountIdentifier;
use crate::import::ExternalId;
use crate::money::Currency;
use crate::transaction::ExternalTransactionId;

/// The text is no id of the type asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this type, as the API gives them: {prefix} and what follows")]
pub struct InvalidId {
    prefix: &'static str,
}

/// An id of any type. As text it has at most 40 characters, none of them blank.
pub trait Id: fmt::Display {}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty), $prefix:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name($inner);

        impl $name {
            /// What every id of this type begins with.
            pub const PREFIX: &'static str = $prefix;
        }

        impl Id for $name {}

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix($prefix)
                    .and_then($valid)
                    .map(Self)
                    .ok_or(InvalidId { prefix: $prefix })
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

id!(
    /// An organization: the owner of all the data its keys reach.
    OrgId(String), "org_", opaque
);
id!(
    /// An API key's public name. It identifies the key in lists and logs and opens nothing.
    KeyId(String), "key_", opaque
);
id!(
    /// An account of any type.
    AccountId(String), "acc_", opaque
);
id!(
    /// A client, internal or external.
    ClientId(String), "cli_", opaque
);
id!(
    /// A transaction. In its account it is the deduplication key: what is the same
    /// transaction has the same id, whoever sends it, and whenever.
    TransactionId(String), "txn_", opaque
);
id!(
    /// An import job: a version 7 UUID, so that ids sort by the time they were made.
    ImportId(Uuid), "imp_", version_7
);
id!(
    /// An export job: a version 7 UUID, so that ids sort by the time they were made.
    ExportId(Uuid), "exp_", version_7
);

id!(
    /// A file that is sent to be imported: a version 7 UUID, so that ids sort by the time they
    /// were made.
    UploadId(Uuid), "upl_", version_7
);
id!(
    /// A synchronization: a version 7 UUID, so that ids sort by the time they were made.
    SyncId(Uuid), "syn_", version_7
);
id!(
    /// A provider access: an end user's connection to a bank.
    AccessId(String), "acs_", opaque
);
id!(
    /// A challenge: what the user is asked in the course of a synchronization.
    ChallengeId(String), "cha_", opaque
);
id!(
    /// A notification endpoint.
    NotificationId(String), "not_", opaque
);
id!(
    /// The delivery of a notification: a version 7 UUID, so that ids sort by the time they
    /// were made.
    DeliveryId(Uuid), "dlv_", version_7
);

/// A version 7 UUID (RFC 9562 section 5.7) in its one canonical spelling.
fn version_7(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| id.get_version_num() == 7 && id.to_string() == text)
}

/// The characters after the prefix of ids that are not UUIDs: 16 to 32 lower-case
/// base 32 digits (RFC 4648), which are safe in URLs, file names and spoken words.
fn opaque(text: &str) -> Option<String> {
    let valid =
        (16..=32).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
    valid.then(|| text.to_owned())
}

fn encode(bytes: &[u8]) -> String {
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
    pub(crate) fn nobody() -> Self {
        Self("a".repeat(16))
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
    /// The id of the transaction of an account that its source knows by `external_id`.
    #[must_use]
    pub fn of_external(
        org: &OrgId,
        account: &AccountIdentifier,
        external_id: &ExternalTransactionId,
    ) -> Self {
        let (account, external_id) = (account.as_str().as_bytes(), external_id.as_str().as_bytes());
        Self(encode(&digest(&[b"external", org.0.as_bytes(), account, external_id])))
    }

    /// The id of a transaction that has none of its source's: a digest of its fields as
    /// they were sent, and of how many of the same came before it.
    #[must_use]
    pub fn of_fields<'a>(
        org: &OrgId,
        fields: impl IntoIterator<Item = Option<&'a str>>,
        occurrence: u64,
    ) -> Self {
        let occurrence = occurrence.to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![b"fields", org.0.as_bytes(), &occurrence];
        for field in fields {
            // A field left out is told from an empty one.
            parts.push(if field.is_some() { b"1" } else { b"0" });
            parts.push(field.unwrap_or_default().as_bytes());
        }
        Self(encode(&digest(&parts)))
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
    /// The id of the account an organization knows by `external_id`: always the same, so
    /// an upsert needs no look-up and two accounts can't share an external id.
    #[must_use]
    pub fn of_external(org: &OrgId, external_id: &ExternalId) -> Self {
        Self(encode(&digest(&[b"external", org.0.as_bytes(), external_id.as_str().as_bytes()])))
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
    use proptest::prelude::*;

    #[test]
    fn an_id_of_another_type_is_refused() {
        let org = OrgId::random().expect("randomness");
        assert_eq!(org.to_string().parse(), Ok(org.clone()));
        assert!(org.to_string().parse::<KeyId>().is_err());
        for bad in [
            "imp_",
            "imp_x",
            "imp_00000000-0000-4000-8000-000000000000",
            "exp_01890000-0000-7000-8000-000000000000",
            "imp_01890000-0000-7000-8000-00000000000A",
        ] {
            assert!(bad.parse::<ImportId>().is_err(), "{bad}");
        }
    }

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

    proptest! {
        #[test]
        fn derived_account_ids_are_stable_and_distinct(a in "\\PC{1,20}", b in "\\PC{1,20}") {
            let org: OrgId = "org_aaaaaaaaaaaaaaaa".parse().expect("an id");
            if let (Ok(x), Ok(y)) = (a.parse::<ExternalId>(), b.parse::<ExternalId>()) {
                let (id, other) = (AccountId::of_external(&org, &x), AccountId::of_external(&org, &y));
                prop_assert_eq!(id.to_string().parse(), Ok(id.clone()));
                prop_assert_eq!(id == other, x == y);
            }
        }
    }
}
