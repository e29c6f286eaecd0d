//! Recognizes the format of a file by its first bytes, so that a workbook that is called CSV is not read as text.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use saldo_domain::fields::{PayloadError, PayloadErrorKind};
use saldo_domain::import::{AccountField, Format};

use super::ReadError;

/// The first bytes that are examined.
const HEAD_BYTES: usize = 512;
/// The members of a JSON body, as its first one may be named.
const BODY_MEMBERS: [&str; 2] = ["accounts", "dry_run"];
/// The extensions of files, each with its format.
const EXTENSIONS: [(&str, Format); 8] = [
    ("csv", Format::Csv),
    ("tsv", Format::Csv),
    ("txt", Format::Csv),
    ("xlsx", Format::Xlsx),
    ("xlsm", Format::Xlsx),
    ("json", Format::Json),
    ("ndjson", Format::Ndjson),
    ("jsonl", Format::Ndjson),
];

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

/// The format of a file that begins with these bytes: the stated one, or else the one that the bytes are in.
///
/// # Errors
/// [`PayloadErrorKind::OtherFormat`] if no format is stated, and the bytes are in none that can be imported, or in
/// another one than the file's name says. Whether a stated format is that of the file shows when it is read.
pub fn format_of(
    head: &[u8],
    gzip: bool,
    stated: Option<Format>,
    filename: Option<&str>,
) -> Result<Format, PayloadError> {
    if let Some(stated) = stated {
        return Ok(stated);
    }
    let begin = match gzip {
        true => decompressed(head),
        false => head.get(..HEAD_BYTES).unwrap_or(head).to_vec(),
    };
    let found = found(&begin);
    let refused = match found {
        Format::Xlsx if gzip => Some((
            "an Excel workbook in a file of gzip",
            "upload the workbook itself, which is compressed already",
        )),
        Format::Xlsx => None,
        _ => not_a_list(&begin),
    };
    if let Some((is, advice)) = refused {
        return Err(PayloadErrorKind::OtherFormat { is, advice }.into());
    }
    match filename.and_then(of_name) {
        Some(named) if named != found && !begin.is_empty() => {
            let advice = "its name says another format: state the `format` of the file, or rename it";
            Err(PayloadErrorKind::OtherFormat { is: described(found).0, advice }.into())
        }
        Some(named) => Ok(named),
        None => Ok(found),
    }
}

/// The format that the name of a file says.
fn of_name(name: &str) -> Option<Format> {
    let name = name.to_ascii_lowercase();
    let (_, extension) = name.strip_suffix(".gz").unwrap_or(&name).rsplit_once('.')?;
    EXTENSIONS.iter().find(|(known, _)| *known == extension).map(|(_, format)| *format)
}

/// The first bytes of a gzip file's content, or the bytes themselves if they are no gzip file.
fn decompressed(head: &[u8]) -> Vec<u8> {
    let mut begin = Vec::new();
    // The head may end within the file; what came before the end counts.
    let _ended = MultiGzDecoder::new(head).take(HEAD_BYTES as u64).read_to_end(&mut begin);
    if begin.is_empty() { head.get(..HEAD_BYTES).unwrap_or(head).to_vec() } else { begin }
}

/// What the bytes are the beginning of, if that is not this format, and what to do about it.
pub(super) fn other_format(head: &[u8], format: Format) -> Option<(&'static str, &'static str)> {
    if let Some(other) = not_a_list(head) {
        return Some(other);
    }
    let found = found(head);
    let is_certain = match (format, found) {
        (Format::Csv, Format::Json | Format::Ndjson) => begins_as_json(&plain(head)),
        (Format::Json, Format::Ndjson) => has_two_objects(&plain(head)),
        (Format::Ndjson, Format::Json) => is_a_body(&plain(head)),
        (Format::Json | Format::Ndjson, Format::Csv) => has_a_header(&plain(head)),
        (Format::Xlsx, Format::Json | Format::Ndjson) => true,
        (Format::Xlsx, Format::Csv) => {
            return Some(("not an Excel workbook", "state the format `csv` if it is a table of text"));
        }
        _ => false,
    };
    is_certain.then(|| described(found))
}

/// What a file in this format is called, and the advice to say so.
fn described(format: Format) -> (&'static str, &'static str) {
    match format {
        Format::Csv => ("a table (CSV)", "state the format `csv`"),
        Format::Json => ("JSON", "state the format `json`"),
        Format::Xlsx => ("an Excel workbook (.xlsx)", "state the format `xlsx`"),
        Format::Ndjson => ("JSON with an object on each line (NDJSON)", "state the format `ndjson`"),
    }
}

/// What the bytes are the beginning of, if that is no list that can be imported, and what to do about it.
fn not_a_list(head: &[u8]) -> Option<(&'static str, &'static str)> {
    if let Some(binary) = binary(head) {
        return Some(binary);
    }
    let text = plain(head);
    let begins = |start: &str| {
        text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start.as_bytes()))
    };
    let markup = MARKUP.iter().find(|(start, _)| begins(start));
    markup.map(|(_, is)| (*is, "export the list as CSV"))
}

/// What the bytes are the beginning of, if they are no text, and what to do about it.
pub(super) fn binary(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let found = MAGIC.iter().find(|(magic, _, _)| head.starts_with(magic));
    found.map(|(_, is, advice)| (*is, *advice))
}

/// The format in which a file most likely is: a workbook if it is a ZIP archive, or else that in which the text begins.
fn found(head: &[u8]) -> Format {
    if head.starts_with(ZIP) {
        return Format::Xlsx;
    }
    let text = plain(head);
    match first_member(&text) {
        Some(member) if is_of_body(member) => Format::Json,
        Some(_) => Format::Ndjson,
        None if begins_as_json(&text) => Format::Json,
        None => Format::Csv,
    }
}

/// The text behind the quotation mark that opens the first member of an object.
fn first_member(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")
}

/// Whether this text begins with the name of a member of a body.
fn is_of_body(member: &[u8]) -> bool {
    BODY_MEMBERS.iter().any(|name| member.starts_with(format!("{name}\"").as_bytes()))
}

/// Whether a text begins as JSON does, and hardly any table.
fn begins_as_json(text: &[u8]) -> bool {
    let within = |open: u8, next: &[u8]| match text.split_first() {
        Some((first, rest)) if *first == open => {
            rest.trim_ascii_start().first().is_some_and(|byte| next.contains(byte))
        }
        _ => false,
    };
    within(b'{', b"\"}") || within(b'[', b"{")
}

/// Whether a text begins as a whole body does, and no line of NDJSON: with an array of objects, or with a member of a body.
fn is_a_body(text: &[u8]) -> bool {
    text.starts_with(b"[") || first_member(text).is_some_and(is_of_body)
}

/// Whether the second line begins another object than the first.
fn has_two_objects(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    lines.next().is_some_and(|first| first.ends_with(b"}"))
        && lines.next().is_some_and(|next| next.starts_with(b"{"))
}

/// Whether the first line is the header of a table: several names, one of them that of a field.
fn has_a_header(text: &[u8]) -> bool {
    let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut cells = line.split([',', ';', '\t', '|']).map(|cell| cell.trim_matches('"'));
    line.contains([',', ';', '\t', '|']) && cells.any(|cell| AccountField::of_header(cell).is_some())
}

/// The text without a byte order mark and blanks before it. That of UTF-16 loses the zeros of its ASCII characters.
pub(super) fn plain(head: &[u8]) -> Vec<u8> {
    let text = match head.strip_prefix(b"\xff\xfe").or_else(|| head.strip_prefix(b"\xfe\xff")) {
        Some(wide) => wide.iter().copied().filter(|byte| *byte != 0).collect(),
        None => head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).to_vec(),
    };
    text.trim_ascii_start().to_vec()
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
            (b"{\"a\":1}\n", Format::Json),
            (b"{\n\"accounts\": [", Format::Json),
            (b"nonsense, and more", Format::Ndjson),
        ] {
            assert_eq!(other_format(head, format), None);
        }
    }

    #[test]
    fn lists_in_another_format_than_the_stated_one_are_recognized() {
        for (head, stated, is) in [
            (&b"{\"accounts\": ["[..], Format::Ndjson, Format::Json),
            (b"{\"notes\":\"a\"}\n{\"notes\":\"b\"}\n", Format::Json, Format::Ndjson),
            (b"{\"notes\":1}\n", Format::Csv, Format::Ndjson),
            (b"[{}]", Format::Csv, Format::Json),
            (b"\xff\xfe{\0\"\0a\0\"\0", Format::Csv, Format::Ndjson),
            (b"External ID;Kunde\nA;B\n", Format::Json, Format::Csv),
            (b"notes,x\n", Format::Ndjson, Format::Csv),
        ] {
            assert_eq!(other_format(head, stated), Some(described(is)));
        }
    }

    fn format(head: &[u8], name: &str) -> Result<Format, &'static str> {
        let name = (!name.is_empty()).then_some(name);
        format_of(
            head,
            name.and_then(|name| name.rsplit_once('.')).is_some_and(|(_, last)| last == "gz"),
            None,
            name,
        )
        .map_err(|error| match error.kind {
            PayloadErrorKind::OtherFormat { is, .. } => is,
            _ => "",
        })
    }

    #[test]
    fn format_follows_from_the_first_bytes_and_agrees_with_the_name() {
        let (json, ndjson, csv) = (&b"{ \"accounts\": []}"[..], &b"{\"notes\":1}"[..], &b"a;b\n1;2"[..]);
        for (head, names, found) in [
            (json, ["", "list", "a.json"], Format::Json),
            (ndjson, ["", "a.JSONL", "a.ndjson"], Format::Ndjson),
            (csv, ["", "a.b.csv", "a.txt"], Format::Csv),
        ] {
            for name in names {
                assert_eq!(format(head, name), Ok(found), "{name}");
            }
        }
        for (head, name, is) in [
            (json, "a.csv", "JSON"),
            (ndjson, "a.json", "JSON with an object on each line (NDJSON)"),
            (csv, "a.ndjson", "a table (CSV)"),
            (&b"PK\x03\x04"[..], "a.csv", "an Excel workbook (.xlsx)"),
            (&b"\x1f\x8b\x08"[..], "a.csv", "compressed with gzip"),
        ] {
            assert_eq!(format(head, name), Err(is), "{name}");
        }
        assert_eq!(format_of(json, false, Some(Format::Csv), Some("a.json")), Ok(Format::Csv), "stated");
    }
}
