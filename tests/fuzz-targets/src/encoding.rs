//! The encodings of text, as CSV in each of them: compared with what `encoding_rs` makes of
//! the whole file.
//!
//! Of an input, the first byte says which encoding the header has and the second how the file is
//! cut into pieces. The rest is what follows the header, as it is; and, as text, a cell.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use saldo_domain::import::{Format, Notation, RowBody};
use saldo_formats::formula::unguarded;

use crate::pieces::Pieces;
use crate::rows::{Ended, Outcome};

/// How a file begins, and so in which encoding it is.
const FILES: [(&[u8], &Encoding); 5] = [
    (b"", UTF_8),
    (b"\xef\xbb\xbf", UTF_8),
    (b"\xff\xfe", UTF_16LE),
    (b"\xfe\xff", UTF_16BE),
    (b"", WINDOWS_1252),
];
/// A header that Windows-1252 and UTF-8 write differently.
const HEADER: &str = "contact.name;total_amount;Straße\n";
/// One that they write the same, so that it tells nothing.
const ASCII_HEADER: &str = "contact.name;total_amount;status\n";

/// Text in any encoding.
pub fn encoding(input: &[u8]) {
    let [how, seed, rest @ ..] = input else { return };
    let (mark, encoding) = FILES[usize::from(*how) % FILES.len()];
    let header = if how & 0x10 == 0 { HEADER } else { ASCII_HEADER };
    any_bytes(&[mark, &encode(header, encoding), rest].concat(), *seed);
    any_text(&String::from_utf8_lossy(rest), *seed);
}

/// Any bytes are the rows of the text they are, or unreadable where they are none.
fn any_bytes(file: &[u8], seed: u8) {
    let notation = Notation::of(Format::Csv);
    let read = Outcome::of(&notation, file);
    read.assert_same(&Outcome::of(&notation, Pieces::new(file, seed)));
    match decode(file) {
        Some(text) => read.assert_same(&Outcome::of(&notation, text.as_bytes())),
        None => assert!(matches!(read.ended, Ended::Unreadable(_)), "{:?}", read.ended),
    }
}

/// Any text is the cell that it is, whichever encoding it is in.
fn any_text(text: &str, seed: u8) {
    let csv = format!("{HEADER}\"{}\";x;y\n", text.replace('"', "\"\""));
    for (mark, encoding) in FILES {
        if encoding == WINDOWS_1252 && WINDOWS_1252.encode(text).2 {
            continue; // It can't write it.
        }
        let file = [mark, &encode(&csv, encoding)].concat();
        let read = Outcome::of(&Notation::of(Format::Csv), Pieces::new(&file, seed));
        let [row] = read.rows.as_slice() else { panic!("one row: {read:?}") };
        // A line of the text may look like a row of the table.
        let (RowBody::Cells(cells) | RowBody::Misquoted { cells, .. }) = &row.body else {
            panic!("cells: {row:?}")
        };
        assert_eq!(cells, &[&*unguarded(text), "x", "y"], "{}", encoding.name());
        assert_eq!((row.line, &read.ended), (Some(2), &Ended::AtTheEnd));
    }
}

/// The text that a file is: by its mark, as UTF-8, or, if the first character beyond ASCII is none
/// of UTF-8, as Windows-1252.
fn decode(file: &[u8]) -> Option<String> {
    let (encoding, text) = match Encoding::for_bom(file) {
        Some((encoding, mark)) => (encoding, &file[mark..]),
        None => match std::str::from_utf8(file) {
            Err(error) if file[..error.valid_up_to()].is_ascii() => (WINDOWS_1252, file),
            _ => (UTF_8, file),
        },
    };
    encoding.decode_without_bom_handling_and_without_replacement(text).map(String::from)
}

/// A text in an encoding that can write it.
fn encode(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    if encoding == UTF_16LE {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    } else if encoding == UTF_16BE {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    } else {
        encoding.encode(text).0.into_owned()
    }
}
