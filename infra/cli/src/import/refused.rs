//! The refused rows of an import as a file, in the notation in which they were sent: it is corrected and imported again.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::api::{Answer, Api, Download};
use crate::file::Sink;
use crate::job::JobId;
use crate::progress::Progress;

/// What asks for rows as they were sent: JSON stays JSON, and CSV stays CSV.
const AS_SENT: &str = "application/x-ndjson";
const SUFFIX: &str = "-refused";
/// The most files of refused rows that lie next to each other.
const NUMBER_MAX: u32 = 10_000;

/// Writes the refused rows into a file, which is replaced if it exists.
///
/// # Errors
/// When they can't be had or written.
pub(crate) async fn save(api: &Api, id: &JobId, file: &Path) -> Result<()> {
    let answer = rows(api, id).await?;
    let mut sink = Sink::create(file)?;
    write(api, &answer, &mut sink).await?;
    sink.finish()
}

/// Writes the refused rows into a new file next to the imported one, whose name is returned. A file of refused rows
/// that is being corrected is not replaced.
///
/// # Errors
/// When they can't be had or written.
pub(super) async fn save_beside(api: &Api, id: &JobId, imported: &Path) -> Result<Option<PathBuf>> {
    let answer = rows(api, id).await?;
    let extension = if media_type(&answer).starts_with(AS_SENT) { "ndjson" } else { "csv" };
    let mut names = names(imported, extension);
    let first = names.next().unwrap_or_default();
    let mut sink = Sink::create(&first)?;
    write(api, &answer, &mut sink).await?;
    sink.finish_as_new(std::iter::once(first).chain(names))
}

async fn rows(api: &Api, id: &JobId) -> Result<Answer> {
    api.get(&format!("{}/errors", id.path()), AS_SENT).await.map_err(|error| id.explain(error))
}

/// The media type of the rows: that of the answer, or of the file that the answer links to.
fn media_type(answer: &Answer) -> String {
    match link(answer) {
        Some((_, media_type)) => media_type,
        None => answer.header("content-type").to_owned(),
    }
}

/// The link to rows that do not fit into an answer, and their media type.
fn link(answer: &Answer) -> Option<(String, String)> {
    if !answer.header("content-type").starts_with("application/json") {
        return None;
    }
    let document = answer.document().ok()?;
    let url = document.json["url"].as_str()?.to_owned();
    Some((url, document.text_of("media_type").to_owned()))
}

/// Writes a file that is the answer, or that the answer links to.
///
/// # Errors
/// When it can't be had or written.
pub(crate) async fn write(api: &Api, answer: &Answer, sink: &mut Sink) -> Result<()> {
    match link(answer) {
        Some((url, _)) => {
            let progress = Progress::of_bytes("Receiving", None);
            api.download(Download { url: &url, bytes: None }, sink, &progress).await?;
        }
        None => sink.write_all(&answer.body)?,
    }
    Ok(())
}

/// `debitoren-refused.csv`, `debitoren-refused-2.csv`, …, also for a file that has such a name already.
fn names(imported: &Path, extension: &'static str) -> impl Iterator<Item = PathBuf> {
    let name = imported.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let stem =
        Path::new(name).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let unnumbered = stem.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
    let stem =
        [stem.as_str(), unnumbered].into_iter().find_map(|stem| stem.strip_suffix(SUFFIX)).unwrap_or(&stem);
    let (folder, stem) = (imported.parent().unwrap_or(Path::new("")).to_owned(), stem.to_owned());
    (1..=NUMBER_MAX).map(move |number| {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        folder.join(format!("{stem}{SUFFIX}{number}.{extension}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_next_to_the_imported_file() {
        for (imported, wanted) in [
            ("a/debitoren.csv", ["a/debitoren-refused.csv", "a/debitoren-refused-2.csv"]),
            ("debitoren.csv.gz", ["debitoren-refused.csv", "debitoren-refused-2.csv"]),
            ("debitoren-refused-12.csv", ["debitoren-refused.csv", "debitoren-refused-2.csv"]),
            ("2026-11.txt", ["2026-11-refused.csv", "2026-11-refused-2.csv"]),
        ] {
            let names: Vec<_> = names(Path::new(imported), "csv").take(2).collect();
            assert_eq!(names, wanted.map(PathBuf::from));
        }
    }
}
