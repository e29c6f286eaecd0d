//! Who changed a stored item last: an account, a client or a transaction. Every item says so, for the log of changes.

use uuid::Uuid;

use crate::id::{ImportId, KeyId, SyncId};

/// Who changed an item last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedBy {
    /// The key, or the job.
    pub by: Changer,
    /// The id of the request, if it was a request: that of `X-Request-Id` without its prefix.
    pub request: Option<Uuid>,
}

/// The key whose request changed an item, or the job that changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changer {
    /// A request with this key.
    Key(KeyId),
    /// A row of this import.
    Import(ImportId),
    /// What a bank reported to this synchronization.
    Sync(SyncId),
}

/// The bytes don't say who changed an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not who changed an item")]
pub struct InvalidChangedBy;

const KEY: u8 = 1;
const IMPORT: u8 = 2;
const SYNC: u8 = 3;
/// The bit of the first byte that says that the id of a request follows it.
const HAS_REQUEST: u8 = 0x80;
/// The bytes of a UUID.
const UUID_BYTES: usize = 16;

impl ChangedBy {
    /// The most bytes that [`Self::to_bytes`] returns: the kind, a UUID, and the digits of a key's id.
    pub const BYTES_MAX: usize = 1 + UUID_BYTES + 32;

    /// A request with this key.
    #[must_use]
    pub fn key(id: KeyId, request: Uuid) -> Self {
        Self { by: Changer::Key(id), request: Some(request) }
    }

    /// A row of this import.
    #[must_use]
    pub fn import(id: ImportId) -> Self {
        Self { by: Changer::Import(id), request: None }
    }

    /// What a bank reported to this synchronization.
    #[must_use]
    pub fn sync(id: SyncId) -> Self {
        Self { by: Changer::Sync(id), request: None }
    }

    /// The bytes that items store: the kind, the id of the request if there is one, and the id of the key or the job.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (kind, id) = match &self.by {
            Changer::Key(id) => (KEY, id.digits().as_bytes()),
            Changer::Import(id) => (IMPORT, &id.as_bytes()[..]),
            Changer::Sync(id) => (SYNC, &id.as_bytes()[..]),
        };
        let request = self.request.as_ref().map_or(&[][..], |request| request.as_bytes());
        let kind = if self.request.is_some() { kind | HAS_REQUEST } else { kind };
        [&[kind], request, id].concat()
    }
}

impl TryFrom<&[u8]> for ChangedBy {
    type Error = InvalidChangedBy;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidChangedBy> {
        let (kind, rest) = bytes.split_first().ok_or(InvalidChangedBy)?;
        let (request, id) = if kind & HAS_REQUEST == 0 {
            (None, rest)
        } else {
            let (request, id) = rest.split_first_chunk::<UUID_BYTES>().ok_or(InvalidChangedBy)?;
            (Some(Uuid::from_bytes(*request)), id)
        };
        let by = match kind & !HAS_REQUEST {
            KEY => {
                let digits = str::from_utf8(id).map_err(|_| InvalidChangedBy)?;
                let id = format!("{}{digits}", KeyId::PREFIX).parse();
                Changer::Key(id.map_err(|_| InvalidChangedBy)?)
            }
            IMPORT => Changer::Import(id.try_into().map_err(|_| InvalidChangedBy)?),
            SYNC => Changer::Sync(id.try_into().map_err(|_| InvalidChangedBy)?),
            _ => return Err(InvalidChangedBy),
        };
        Ok(Self { by, request })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_who_changed_an_item() {
        let (seed, request) = (Uuid::now_v7(), Uuid::now_v7());
        let longest: KeyId = format!("key_{}", "a".repeat(32)).parse().expect("an id");
        for by in [
            ChangedBy::key(KeyId::of_seed(seed), request),
            ChangedBy::key(longest, request),
            ChangedBy::import(ImportId::of_seed(seed)),
            ChangedBy::sync(SyncId::of_seed(seed)),
        ] {
            let bytes = by.to_bytes();
            assert!(bytes.len() <= ChangedBy::BYTES_MAX, "{by:?}: {} bytes", bytes.len());
            assert_eq!(ChangedBy::try_from(&bytes[..]), Ok(by));
            assert_eq!(ChangedBy::try_from(&bytes[..bytes.len() / 2]), Err(InvalidChangedBy));
        }
        assert_eq!(ChangedBy::try_from(&[][..]), Err(InvalidChangedBy));
        assert_eq!(ChangedBy::try_from(&[9; 17][..]), Err(InvalidChangedBy));
    }
}
