//! The container of a workbook: a ZIP archive of parts, which relationships connect (ISO/IEC 29500-2).
//!
//! The size of the archive, its directory and the expansion of each part are bounded. A file that is something else is
//! refused by its name.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use saldo_domain::fields::PayloadErrorKind;
use saldo_domain::import::Format;
use zip::ZipArchive;
use zip::result::ZipError;

use super::super::bounded::Expanded;
use super::super::recognized::{OLE, SAVE_AS, ZIP, other_format};
use super::super::{ReadError, io_error};
use super::WORKBOOK_BYTES_MAX;
use super::error::{invalid, of_source, too_large};
use super::xml::{self, Event};

/// The first bytes that are examined to say what a file is that is not a workbook.
const HEAD_BYTES: u64 = 512;
/// The parts that a workbook may have: sheets, drawings and pictures.
const PARTS_MAX: usize = 10_000;
/// The bytes that may be read to find the parts: some hundred for each.
const DIRECTORY_BYTES_MAX: u64 = 4_000_000;
/// The bytes of a workbook that are searched for the sign of encryption.
const OLE_DIRECTORY_BYTES: u64 = 4_096;
/// The relationships of a part that are read.
const RELATIONSHIPS_MAX: usize = 10_000;
/// The bytes of the names in a list of parts or sheets.
pub(super) const NAME_BYTES_MAX: usize = 1_000_000;

/// A workbook's parts.
pub(super) struct Package<R> {
    archive: ZipArchive<Metered<R>>,
    /// The bytes of the archive.
    bytes: u64,
    /// The parts by their names, in lower case and without a slash in front.
    parts: HashMap<String, usize>,
}

/// A relationship of a part to another one.
pub(super) struct Relationship {
    pub(super) id: String,
    /// The last segment of its type: `worksheet`, `styles`.
    pub(super) kind: String,
    /// The name of the other part.
    pub(super) target: String,
}

/// A source of which no more than so many bytes may be read.
struct Metered<R> {
    source: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(out)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(io_error(too_large(PARTS_MAX as u64, "parts"))),
        }
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

impl<R: Read + Seek> Package<R> {
    /// Finds the parts.
    pub(super) fn open(mut source: R) -> Result<Self, ReadError> {
        let bytes = source.seek(SeekFrom::End(0))?;
        source.rewind()?;
        let mut head = Vec::new();
        (&mut source).take(HEAD_BYTES).read_to_end(&mut head)?;
        if head.starts_with(OLE) {
            return Err(of_ole(&mut source, &head)?);
        }
        if !head.starts_with(ZIP) {
            return Err(match other_format(&head, Format::Xlsx) {
                Some((is, advice)) if !head.is_empty() => PayloadErrorKind::OtherFormat { is, advice }.into(),
                _ => PayloadErrorKind::NoRows.into(),
            });
        }
        if bytes > WORKBOOK_BYTES_MAX {
            return Err(too_large(WORKBOOK_BYTES_MAX, "bytes").into());
        }
        let left = Rc::new(Cell::new(DIRECTORY_BYTES_MAX));
        let archive = ZipArchive::new(Metered { source, left: Rc::clone(&left) }).map_err(of_archive)?;
        left.set(u64::MAX);
        if archive.len() > PARTS_MAX {
            return Err(too_large(PARTS_MAX as u64, "parts").into());
        }
        let mut parts = HashMap::new();
        for (at, name) in archive.file_names().enumerate() {
            parts.insert(normalized(&name.map_err(of_archive)?), at);
        }
        let package = Self { archive, bytes, parts };
        match package.other_document() {
            Some((is, advice)) => Err(PayloadErrorKind::OtherFormat { is, advice }.into()),
            None => Ok(package),
        }
    }

    /// What the archive is, if it is not a workbook.
    fn other_document(&self) -> Option<(&'static str, &'static str)> {
        let has = |part: &str| self.parts.contains_key(part);
        let has_folder = |folder: &str| self.parts.keys().any(|part| part.starts_with(folder));
        if has("xl/workbook.bin") {
            return Some(("a binary Excel workbook (.xlsb)", SAVE_AS));
        }
        if has("_rels/.rels") && !has_folder("word/") && !has_folder("ppt/") {
            return None;
        }
        Some(if has_folder("word/") {
            ("a Word document (.docx)", "export the list as CSV or .xlsx")
        } else if has_folder("ppt/") {
            ("a PowerPoint presentation (.pptx)", "export the list as CSV or .xlsx")
        } else if has("mimetype") && has("content.xml") {
            ("an OpenDocument file (.ods)", SAVE_AS)
        } else {
            ("a ZIP archive without a workbook", "decompress it, and import the file in it")
        })
    }

    /// A part; `None` if there is none of this name.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<impl Read>, ReadError> {
        let Some(at) = self.parts.get(&normalized(name)) else { return Ok(None) };
        let part = self.archive.by_index(*at).map_err(of_archive)?;
        // The archive states the compressed size, perhaps wrongly.
        let compressed = part.compressed_size().min(self.bytes);
        Ok(Some(Expanded::new(part, Rc::new(Cell::new(compressed)))))
    }

    /// The relationships of a part, or of the whole workbook if `part` is empty.
    pub(super) fn relationships(&mut self, part: &str) -> Result<Vec<Relationship>, ReadError> {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let of_part = match folder {
            "" => format!("_rels/{name}.rels"),
            folder => format!("{folder}/_rels/{name}.rels"),
        };
        let Some(source) = self.part(&of_part)? else { return Ok(Vec::new()) };
        let since_event = Cell::new(0);
        let (mut xml, mut found, mut bytes) = (xml::events(source, &since_event), Vec::new(), 0);
        loop {
            match xml.next()? {
                Event::Start(element) if element.is("Relationship") => {
                    let attribute = |name| element.attribute(name);
                    let is_external = attribute("TargetMode")?.is_some_and(|mode| mode == "External");
                    let (id, kind, target) = (attribute("Id")?, attribute("Type")?, attribute("Target")?);
                    if let (Some(id), Some(kind), Some(target), false) = (id, kind, target, is_external) {
                        bytes += id.len() + kind.len() + target.len();
                        if bytes > NAME_BYTES_MAX {
                            return Err(
                                too_large(NAME_BYTES_MAX as u64, "bytes in the names of parts").into()
                            );
                        }
                        let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                        found.push(Relationship { id, kind, target: resolved(folder, &target) });
                    }
                    if found.len() > RELATIONSHIPS_MAX {
                        return Err(too_large(RELATIONSHIPS_MAX as u64, "relationships").into());
                    }
                }
                Event::Start(_) | Event::End(_) | Event::Text(_) => {}
                Event::Eof => return Ok(found),
            }
        }
    }
}

/// The name of a part for comparison. Some programs write backslashes.
fn normalized(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

/// The name of a part that is named in a folder.
fn resolved(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let (base, target) = match target.strip_prefix('/') {
        Some(absolute) => ("", absolute),
        None => (folder, target.as_str()),
    };
    let mut segments: Vec<&str> = Vec::new();
    for segment in base.split('/').chain(target.split('/')) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    segments.join("/")
}

/// The error about a file in Microsoft's Compound File Binary format ([MS-CFB]): an old workbook or, if its directory has a
/// stream of that name, an encrypted one ([MS-OFFCRYPTO], section 2.3.4).
fn of_ole(source: &mut (impl Read + Seek), head: &[u8]) -> Result<ReadError, ReadError> {
    let number = |at: usize, bytes: usize| {
        let bytes = head.get(at..at + bytes).unwrap_or_default();
        bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let (shift, sector) = (number(30, 2).min(16), number(48, 4));
    source.seek(SeekFrom::Start((sector + 1) << shift))?;
    let mut directory = Vec::new();
    source.take(OLE_DIRECTORY_BYTES).read_to_end(&mut directory)?;
    let wanted: Vec<u8> = "EncryptedPackage".bytes().flat_map(|byte| [byte, 0]).collect();
    let is_encrypted = directory.windows(wanted.len()).any(|window| window == wanted);
    let (is, advice) = match is_encrypted {
        true => ("an encrypted workbook", "remove its password, and import it again"),
        false => ("an Excel workbook of an old version (.xls)", SAVE_AS),
    };
    Ok(PayloadErrorKind::OtherFormat { is, advice }.into())
}

/// The error of an archive.
fn of_archive(error: ZipError) -> ReadError {
    match error {
        ZipError::Io(error) => of_source(&error),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            let (is, advice) = ("an encrypted archive", "remove its password, and import it again");
            PayloadErrorKind::OtherFormat { is, advice }.into()
        }
        other => invalid(other.to_string()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_resolved_in_their_folder() {
        for (folder, target, part) in [
            ("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "/xl/styles.xml", "xl/styles.xml"),
            ("", "xl\\workbook.xml", "xl/workbook.xml"),
            ("xl/worksheets", "../sharedStrings.xml", "xl/sharedStrings.xml"),
            ("", "../../a", "a"),
        ] {
            assert_eq!(resolved(folder, target), part, "{folder} {target}");
        }
    }
}
