//! Typed ids. As text each has the prefix of its type: `org_…`, `acc_…`, `imp_…`, `key_…`. Text with another prefix does
//! not parse, so an id can't be used with the wrong table.

pub mod shards;

mod origin;

pub(crate) use origin::encode;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use shards::Shards;

/// The text is not an id of the expected type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this type, as the API gives them: {prefix} and what follows")]
pub struct InvalidId {
    prefix: &'static str,
}

/// An id of any type. Its text has at most 40 characters and no whitespace.
pub trait Id: fmt::Display {}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty), $prefix:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name($inner);

        impl $name {
            /// The prefix of every id of this type.
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
    /// The id of an organization, the owner of all data that its API keys can access.
    ///
    /// If the organization has another number of shards than [`Shards::DEFAULT`], the id ends with it: `org_…-64`.
    OrgId(String), "org_", organization
);
id!(
    /// The id of an API key. It identifies the key in lists and logs, and is not secret.
    KeyId(String), "key_", opaque
);
id!(
    /// The id of an account.
    AccountId(String), "acc_", opaque
);
id!(
    /// The id of a client.
    ClientId(String), "cli_", opaque
);
id!(
    /// The id of a transaction, which is its deduplication key: a transaction that its source reports again has the same id.
    TransactionId(String), "txn_", opaque
);
id!(
    /// The id of an import: a version 7 UUID, so that ids sort by creation time.
    ImportId(Uuid), "imp_", version_7
);
id!(
    /// The id of an allocation: a version 7 UUID, so that ids sort by creation time.
    AllocationId(Uuid), "all_", version_7
);
id!(
    /// The id of an export: a version 7 UUID, so that ids sort by creation time.
    ExportId(Uuid), "exp_", version_7
);

id!(
    /// The id of an uploaded file: a version 7 UUID, so that ids sort by creation time.
    UploadId(Uuid), "upl_", version_7
);
id!(
    /// The id of an import profile.
    ProfileId(String), "ipr_", opaque
);
id!(
    /// The id of a synchronization: a version 7 UUID, so that ids sort by creation time.
    SyncId(Uuid), "syn_", version_7
);
id!(
    /// The id of a provider access: an end user's connection to a bank.
    AccessId(String), "acs_", opaque
);
id!(
    /// The id of a challenge: a question to the user during a synchronization.
    ChallengeId(String), "cha_", opaque
);
id!(
    /// The id of a notification endpoint.
    NotificationId(String), "not_", opaque
);
id!(
    /// The id of a delivery of a notification: a version 7 UUID, so that ids sort by creation time.
    DeliveryId(Uuid), "dlv_", version_7
);

/// A version 7 UUID (RFC 9562 section 5.7) in its canonical form.
fn version_7(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| id.get_version_num() == 7 && id.to_string() == text)
}

/// The part after the prefix of an id that is not a UUID: 16 to 32 base 32 digits (RFC 4648) in lower case, which are safe
/// in URLs and file names and can be read aloud.
fn opaque(text: &str) -> Option<String> {
    let valid =
        (16..=32).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
    valid.then(|| text.to_owned())
}

/// The part after the prefix of an organization's id: 16 to 32 digits, and the number of shards if it is not the
/// default.
fn organization(text: &str) -> Option<String> {
    let digits = match text.split_once('-') {
        None => text,
        Some((digits, shards)) => {
            let _other = shards.parse::<Shards>().ok().filter(|shards| *shards != Shards::DEFAULT)?;
            digits
        }
    };
    opaque(digits).map(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_of_organization_says_its_shards() {
        for (text, shards) in [("", "16"), ("-32", "32"), ("-64", "64"), ("-128", "128"), ("-256", "256")] {
            let org: OrgId = format!("org_aaaaaaaaaaaaaaaa{text}").parse().expect("an id");
            assert_eq!(org.shards().to_string(), shards);
            let random = OrgId::random_with(org.shards()).expect("randomness");
            assert_eq!((random.shards(), random.to_string().parse()), (org.shards(), Ok(random)));
        }
        for bad in ["-", "-16", "-8", "-512", "-064", "-64-64", "-64 "] {
            assert!(format!("org_aaaaaaaaaaaaaaaa{bad}").parse::<OrgId>().is_err(), "{bad}");
        }
        assert!("org_-64".parse::<OrgId>().is_err());
        let longest = format!("org_{}-256", "a".repeat(32)).parse::<OrgId>().expect("an id");
        assert_eq!(longest.to_string().len(), 40, "no longer than ids may be");
    }

    #[test]
    fn ids_of_other_types_are_refused() {
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
