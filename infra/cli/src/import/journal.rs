//! What unfinished commands have begun, so that the same command continues after a kill: the uploads that were
//! announced, and the imports that were or will be requested, with their idempotency keys. An entry has no key and no
//! content of a file, and is found only by the same content, options, address and API key.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::private;

/// The API keeps an idempotency key for 24 hours; an hour is left for clocks and slow answers.
const IMPORT_VALID: Duration = Duration::from_hours(23);
/// The API keeps an upload for four days.
const UPLOAD_VALID: Duration = Duration::from_hours(3 * 24);

/// The folder of the entries.
pub(super) struct Journal {
    folder: PathBuf,
}

/// The place of an entry: the digest of what identifies the command.
#[derive(Clone, Debug)]
pub(super) struct Place(String);

/// An upload whose link was created.
#[derive(Serialize, Deserialize)]
pub(super) struct BegunUpload {
    pub upload_id: String,
    at: Timestamp,
}

/// An import that was requested, or will be.
#[derive(Serialize, Deserialize)]
pub(super) struct BegunImport {
    pub upload_id: String,
    pub idempotency_key: String,
    /// The job, once it is known.
    pub job: Option<String>,
    pub at: Timestamp,
}

impl Place {
    /// The place for these parts.
    pub(super) fn of(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Self(HEXLOWER.encode(&digest.finalize()))
    }
}

impl Journal {
    /// Opens the folder, and removes entries that are too old.
    ///
    /// # Errors
    /// When it can't be created.
    pub(super) fn open(state: &Path) -> Result<Self> {
        let folder = state.join("imports");
        private::create_folder(&folder).with_context(|| format!("{} can't be created", folder.display()))?;
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let age =
                entry.metadata().and_then(|about| about.modified()).ok().and_then(|at| at.elapsed().ok());
            if age.is_some_and(|age| age > UPLOAD_VALID) {
                let _removed_by_another = fs::remove_file(entry.path());
            }
        }
        Ok(Self { folder })
    }

    pub(super) fn upload(&self, place: &Place) -> Option<BegunUpload> {
        let begun: BegunUpload = self.read("upload", place)?;
        is_within(begun.at, UPLOAD_VALID).then_some(begun)
    }

    pub(super) fn begin_upload(&self, place: &Place, upload_id: &str) -> Result<()> {
        self.write("upload", place, &BegunUpload { upload_id: upload_id.to_owned(), at: Timestamp::now() })
    }

    pub(super) fn import(&self, place: &Place) -> Option<BegunImport> {
        let begun: BegunImport = self.read("import", place)?;
        is_within(begun.at, IMPORT_VALID).then_some(begun)
    }

    /// Records an import that will be requested. If the same command runs twice at once, both get what the first one
    /// has recorded, and so request one import.
    pub(super) fn begin_import(&self, place: &Place, begun: BegunImport) -> Result<BegunImport> {
        if self.import(place).is_none() {
            self.end(place); // what is too old or damaged
        }
        let file = self.file("import", place);
        let written = private::write_new(&file, &serde_json::to_vec(&begun)?);
        match written.with_context(|| format!("{} can't be written", file.display()))? {
            true => Ok(begun),
            false => Ok(self.import(place).unwrap_or(begun)),
        }
    }

    /// Records the job of an import.
    pub(super) fn accept_import(&self, place: &Place, begun: &BegunImport) -> Result<()> {
        self.write("import", place, begun)
    }

    /// Forgets an import, whose command has done its work.
    pub(super) fn end(&self, place: &Place) {
        let _never_begun = fs::remove_file(self.file("import", place));
    }

    fn file(&self, kind: &str, Place(digest): &Place) -> PathBuf {
        self.folder.join(format!("{kind}-{digest}.json"))
    }

    /// An entry; none if it is missing or damaged, which means to begin anew.
    fn read<T: DeserializeOwned>(&self, kind: &str, place: &Place) -> Option<T> {
        serde_json::from_slice(&fs::read(self.file(kind, place)).ok()?).ok()
    }

    fn write(&self, kind: &str, place: &Place, entry: &impl Serialize) -> Result<()> {
        let file = self.file(kind, place);
        let written = private::write(&file, &serde_json::to_vec(entry)?);
        written.with_context(|| format!("{} can't be written", file.display()))
    }
}

fn is_within(at: Timestamp, valid: Duration) -> bool {
    let age = Timestamp::now().duration_since(at);
    !age.is_negative() && age.unsigned_abs() < valid
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn entries_are_found_by_the_same_command_until_they_are_too_old() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = Journal::open(folder.path()).expect("a journal");
        let (place, other) = (Place::of(&["a", "bc"]), Place::of(&["ab", "c"]));
        assert!(journal.import(&place).is_none());
        let begun = |at| BegunImport {
            upload_id: "upl_1".to_owned(),
            idempotency_key: "k".to_owned(),
            job: None,
            at,
        };
        journal.begin_import(&place, begun(Timestamp::now())).expect("written");
        assert_eq!(journal.import(&place).expect("an entry").upload_id, "upl_1");
        let second = BegunImport { idempotency_key: "other".to_owned(), ..begun(Timestamp::now()) };
        assert_eq!(journal.begin_import(&place, second).expect("the first").idempotency_key, "k");
        assert!(journal.import(&other).is_none() && journal.upload(&place).is_none());

        journal.accept_import(&place, &begun(Timestamp::now() - 24.hours())).expect("written");
        assert!(journal.import(&place).is_none());
        journal.begin_import(&place, begun(Timestamp::now())).expect("written");
        journal.end(&place);
        assert!(journal.import(&place).is_none());
        fs::write(journal.file("import", &place), "{").expect("written");
        assert!(journal.import(&place).is_none(), "damaged");
    }
}
