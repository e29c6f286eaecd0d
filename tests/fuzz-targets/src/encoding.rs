//! Decodes CSV in all encodings, and compares the result with that of `encoding_rs` for the whole file.
//!
//! The first byte of an input selects the encoding and the header, the second how the file is divided into pieces.
//! The rest is used as the bytes after the header, and as the text of a cell.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use saldo_domain::import::{Format, ImportOptions, Notation, RowBody};
use saldo_formats::formula::restored;

use crate::pieces::Pieces;
use crate::rows::{Ended, Outcome};

/// The byte order marks and encodings of files.
const FILES: [(&[u8], &Encoding); 5] = [
    (b"", UTF_8),
    (b"\xef\xbb\xbf", UTF_8),
    (b"\xff\xfe", UTF_16LE),
    (b"\xfe\xff", UTF_16BE),
    (b"", WINDOWS_1252),
];
/// A header that Windows-1252 and UTF-8 encode differently.
const HEADER: &str = "contact.name;total_amount;Straße\n";
/// A header that they encode equally, so that it does not reveal the encoding.
const ASCII_HEADER: &str = "contact.name;total_amount;status\n";

/// Tests with any input.
pub fn encoding(input: &[u8]) {
    let [how, seed, rest @ ..] = input else { return };
    let (mark, encoding) = FILES[usize::from(*how) % FILES.len()];
    let header = if how & 0x10 == 0 { HEADER } else { ASCII_HEADER };
    any_bytes(&[mark, &encode(header, encoding), rest].concat(), *seed);
    any_text(&String::from_utf8_lossy(rest), *seed);
}

/// Any bytes are read as the rows of the decoded text. If they can't be decoded, they are refused.
fn any_bytes(file: &[u8], seed: u8) {
    let notation = Notation::of(Format::Csv);
    let read = Outcome::of(&notation, file);
    read.assert_same(&Outcome::of(&notation, Pieces::new(file, seed)));
    if is_legacy(file) {
        // Read as the encoding that was assumed, if it was stated.
        if let Some(assumed) = read.assumed_encoding {
            let stated = Outcome { assumed_encoding: Some(assumed), ..Outcome::of(&stated(assumed), file) };
            read.assert_same(&stated);
        }
        return;
    }
    match decode(file) {
        Some(text) => read.assert_same(&Outcome::of(&notation, text.as_bytes())),
        None => assert!(matches!(read.ended, Ended::Unreadable(_)), "{:?}", read.ended),
    }
}

/// CSV in an encoding that the options state.
fn stated(encoding: &str) -> Notation {
    let encoding = Some(encoding.parse().expect("a label"));
    Notation {
        options: Box::new(ImportOptions { encoding, ..ImportOptions::default() }),
        ..Notation::of(Format::Csv)
    }
}

/// Any text, in any encoding, is read as the cell that it was written to.
fn any_text(text: &str, seed: u8) {
    let csv = format!("{HEADER}\"{}\";x;y\n", text.replace('"', "\"\""));
    for (mark, encoding) in FILES {
        if encoding == WINDOWS_1252 && WINDOWS_1252.encode(text).2 {
            continue; // It can't write it.
        }
        let file = [mark, &encode(&csv, encoding)].concat();
        let notation =
            if encoding == WINDOWS_1252 { stated("windows-1252") } else { Notation::of(Format::Csv) };
        let read = Outcome::of(&notation, Pieces::new(&file, seed));
        let [row] = read.rows.as_slice() else { panic!("one row: {read:?}") };
        // A line of the text may look like a row of the table.
        let (RowBody::Cells(cells) | RowBody::Misquoted { cells, .. }) = &row.body else {
            panic!("cells: {row:?}")
        };
        assert!(cells.iter().eq([&*restored(text), "x", "y"]), "{cells:?} in {}", encoding.name());
        assert_eq!((row.line, &read.ended), (Some(2), &Ended::AtTheEnd));
    }
}

/// Whether a file is in a legacy encoding: it has no byte order mark, and its first character beyond ASCII is not valid
/// UTF-8.
fn is_legacy(file: &[u8]) -> bool {
    let error = std::str::from_utf8(file).err();
    Encoding::for_bom(file).is_none() && error.is_some_and(|error| file[..error.valid_up_to()].is_ascii())
}

/// Decodes a file: according to its byte order mark, or else as UTF-8.
fn decode(file: &[u8]) -> Option<String> {
    let (encoding, mark) = Encoding::for_bom(file).unwrap_or((UTF_8, 0));
    let text = encoding.decode_without_bom_handling_and_without_replacement(&file[mark..]);
    text.map(String::from)
}

/// Encodes a text. The encoding must have its characters.
fn encode(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    if encoding == UTF_16LE {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    } else if encoding == UTF_16BE {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    } else {
        encoding.encode(text).0.into_owned()
    }
}
