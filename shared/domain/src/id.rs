//! Typed identifiers, each with its prefix on the wire: `org_…`, `acc_…`, `imp_…`,
//! `key_…`. A text with another prefix is no id of that type, so an id can never be
//! looked up in the wrong table.

mod origin;

pub(crate) use origin::encode;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
