//! Recognizes files of other formats by their first bytes, so that a workbook that is called CSV is not read as text.

use std::io::{self, Read};

use saldo_domain::fields::PayloadErrorKind;
use saldo_domain::import::Format;

use super::ReadError;

/// The first bytes that are examined.
const HEAD_BYTES: usize = 512;

/// The beginning of a ZIP archive, and so of a workbook.
pub(super) const ZIP: &[u8] = b"PK\x03\x04";
/// The beginning of a file of Microsoft's Compound File Binary format: an old or an encrypted workbook.
pub(super) const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// What to do about a workbook in another format.
pub(super) const SAVE_AS: &str = "save it as .xlsx or CSV, and import that";

/// The beginnings of files that are not text, each with what it is and what to do about it.
const MAGIC: [(&[u8], &str, &str); 8] = [
    (ZIP, "a ZIP archive or an Excel workbook (.xlsx)", "import a workbook with the format `xlsx`"),
    (OLE, "an Excel workbook of an old version (.xls), or an encrypted one", SAVE_AS),
    (b"\x1f\x8b", "compressed with gzip", "upload it under a name that ends in .gz"),
    (b"%PDF-", "a PDF document", "export the list as CSV"),
    (b"BZh", "compressed with bzip2", "decompress it, or compress it with gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", "decompress it, or compress it with gzip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "decompress it, or compress it with gzip"),
    (b"\xfd7zXZ\x00", "compressed with xz", "decompress it, or compress it with gzip"),
];
/// The beginnings of texts that are not tables, in lower case.
const MARKUP: [(&str, &str); 4] = [
    ("<?xml", "an XML document"),
    ("<!doctype html", "an HTML page"),
    ("<html", "an HTML page"),
    ("<table", "an HTML page"),
];

/// The source, unless its first bytes are those of another format.
///
/// # Errors
/// [`PayloadErrorKind::OtherFormat`]; errors of the source.
pub(super) fn checked<R: Read>(mut source: R, format: Format) -> Result<impl Read, ReadError> {
    let mut head = Vec::new();
    (&mut source).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    if let Some((is, advice)) = other_format(&head, format) {
        return Err(PayloadErrorKind::OtherFormat { is, advice }.into());
    }
    Ok(io::Cursor::new(head).chain(source))
}

/// What the bytes are the beginning of, if that is not this format, and what to do about it.
pub(super) fn other_format(head: &[u8], format: Format) -> Option<(&'static str, &'static str)> {
    if let Some((_, is, advice)) = MAGIC.iter().find(|(magic, _, _)| head.starts_with(magic)) {
        return Some((is, advice));
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |start: &str| {
        text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start.as_bytes()))
    };
    if let Some((_, is)) = MARKUP.iter().find(|(start, _)| begins(start)) {
        return Some((is, "export the list as CSV"));
    }
    let is_json = format.is_table()
        && (text.starts_with(b"{\"")
            || text.starts_with(b"[{")
            || text.starts_with(b"{ \"")
            || text.starts_with(b"{\n"));
    let other = || {
        (format == Format::Xlsx)
            .then_some(("not an Excel workbook", "state the format `csv` if it is a table of text"))
    };
    is_json.then_some(("JSON", "state the format `json` or `ndjson`")).or_else(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_formats_are_recognized() {
        for (head, is) in [
            (&b"PK\x03\x04\x14\0"[..], "a ZIP archive or an Excel workbook (.xlsx)"),
            (b"\x1f\x8b\x08\0", "compressed with gzip"),
            (b"\xef\xbb\xbf <?XML version=\"1.0\"?>", "an XML document"),
            (b"<html><table>", "an HTML page"),
            (b"{\"accounts\":[]}", "JSON"),
        ] {
            assert_eq!(other_format(head, Format::Csv).map(|(is, _)| is), Some(is));
        }
        for (head, format) in [
            (&b"a;b"[..], Format::Csv),
            (b"", Format::Csv),
            (b"PK;Name", Format::Csv),
            (b"{\"a\":1}", Format::Ndjson),
        ] {
            assert_eq!(other_format(head, format), None);
        }
    }
}
