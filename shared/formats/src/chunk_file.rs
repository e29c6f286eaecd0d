//! The file of a chunk: its rows on their way from the planner of an import to the worker.
//!
//! A file is the [`VERSION`] of the format, one byte, and the chunk in the form of `postcard`: texts as they are, with their
//! lengths, so that rows are neither escaped nor parsed. The form has no names and depends on the types of
//! [`Chunk`]; a change of them is a new version.

use postcard::{from_bytes, to_extend};
use saldo_domain::import::Chunk;

/// The version of the format.
const VERSION: u8 = 6;

/// The media type of a file.
pub const MEDIA_TYPE: &str = "application/octet-stream";

/// The bytes are not a file of this version, or the chunk can't be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkFileError {
    /// The file is of another version, or empty.
    #[error("not a chunk file of version {VERSION}")]
    OtherVersion,
    /// The file is broken.
    #[error(transparent)]
    Broken(#[from] postcard::Error),
}

/// The file of a chunk.
///
/// # Errors
/// None that are known: every chunk can be written.
pub fn encode(chunk: &Chunk) -> Result<Vec<u8>, ChunkFileError> {
    Ok(to_extend(chunk, vec![VERSION])?)
}

/// The chunk in a file.
///
/// # Errors
/// [`ChunkFileError`] if the bytes are not a whole file of this version.
pub fn decode(file: &[u8]) -> Result<Chunk, ChunkFileError> {
    match file {
        [VERSION, chunk @ ..] => Ok(from_bytes(chunk)?),
        _ => Err(ChunkFileError::OtherVersion),
    }
}

#[cfg(test)]
mod tests {
    use saldo_domain::import::{
        AccountField, AmountAt, CellMark, Cells, Column, LostValues, Misquoting, RawRow, RowBody, Shape,
        SupersededRow,
    };

    use super::*;

    fn chunk() -> Chunk {
        let cells: Cells = ["A, \"B\"", "", "ñ\n"].into_iter().collect();
        let mut marked = cells.clone();
        marked.push_marked("1", Some(CellMark::Number));
        let column = |header: &str, field| Column { header: header.to_owned(), field };
        let columns = vec![column("Kunde", Some(AccountField::ContactName)), column("x", None)];
        let amount = Some(AmountAt::DebitCredit { debit: 4, credit: 5 });
        let shape = Shape::Columns { columns, delimiter: ';', header_line: 3, amount };
        let how = Misquoting::HoldsARow { line: 7 };
        let bodies = [
            RowBody::Json(r#"{"notes":"a \"b\""}"#.into()),
            RowBody::Cells(marked),
            RowBody::Misquoted { cells, how },
        ];
        let row = |(index, body): (u64, _)| RawRow { index, line: (index > 0).then_some(index + 2), body };
        let superseded = SupersededRow { row: row((7, RowBody::Json("5".into()))), by: 300 };
        let lost = vec![LostValues { index: 2, fields: vec![AccountField::Notes] }];
        let rows = (0..).zip(bodies).map(row).collect();
        Chunk { number: 300, shape, rows, superseded: vec![superseded], lost }
    }

    #[test]
    fn chunks_of_all_kinds_of_rows_are_read_back() {
        let file = encode(&chunk()).expect("a file");
        assert_eq!(format!("{:?}", decode(&file).expect("a chunk")), format!("{:?}", chunk()));
    }

    /// If this fails because a type has changed, increase [`VERSION`]: workers must not read files of another form.
    #[test]
    fn form_belongs_to_its_version() {
        let file = encode(&chunk()).expect("a file");
        let form = b"\x06\xac\x02\x01\x02\x05Kunde\x01\x05\x01x\x00\x01;\x03\x01\x00\x04\x05\x03\x00\x00\x00\x13\
            {\"notes\":\"a \\\"b\\\"\"}\x01\x01\x03\x01\x0dA, \"B\",,\xc3\xb1\n,1\x04\x06\x07\x0b\x0d\x01\x03\x00\
            \x02\x01\x04\x02\x0bA, \"B\",,\xc3\xb1\n\x03\x06\x07\x0b\x00\x02\x07\
            \x01\x07\x01\x09\x00\x015\xac\x02\x01\x02\x01\x0f";
        assert_eq!((VERSION, file.as_slice()), (6, &form[..]));
    }

    /// A chunk with every field, kind of cell and mistake, one after the other.
    fn every_kind(amount: Option<AmountAt>) -> Chunk {
        let column = |field: &AccountField| Column { header: String::new(), field: Some(*field) };
        let columns = AccountField::ALL.iter().map(column).collect();
        let mut marked = Cells::default();
        for mark in
            [CellMark::Number, CellMark::LongNumber, CellMark::Date, CellMark::Error, CellMark::NoResult]
        {
            marked.push_marked("", Some(mark));
        }
        let misquoted = |how| RowBody::Misquoted { cells: Cells::default(), how };
        let mistakes =
            [Misquoting::TextAfterQuote, Misquoting::BlankBeforeQuote, Misquoting::HoldsARow { line: 1 }];
        let bodies = [RowBody::Json("".into()), RowBody::Cells(marked)].into_iter();
        let row = |body| RawRow { index: 0, line: None, body };
        let rows = bodies.chain(mistakes.map(misquoted)).map(row).collect();
        let shape = Shape::Columns { columns, delimiter: ',', header_line: 1, amount };
        Chunk { number: 1, shape, rows, superseded: Vec::new(), lost: Vec::new() }
    }

    /// As [`form_belongs_to_its_version`]. A new field changes the form, too: workers of before do not know it.
    #[test]
    fn numbers_of_all_kinds_belong_to_the_version() {
        let (objects, fields, both) =
            (&b"\x06\x01\x00\x00\x00\x00"[..], 30, AmountAt::DebitCredit { debit: 0, credit: 1 });
        let empty = Chunk {
            number: 1,
            shape: Shape::Objects,
            rows: Vec::new(),
            superseded: Vec::new(),
            lost: Vec::new(),
        };
        assert_eq!((VERSION, encode(&empty).expect("a file").as_slice()), (6, objects));
        let amounts = [
            (None, &b"\x00"[..]),
            (Some(both), b"\x01\x00\x00\x01"),
            (Some(AmountAt::Signed { column: 0, sign: 1 }), b"\x01\x01\x00\x01"),
        ];
        let rows = b"\x05\x00\x00\x00\x00\x00\x00\x01\x04,,,,\x05\x00\x01\x02\x03\x04\
            \x05\x00\x00\x01\x01\x02\x02\x03\x03\x04\x04\
            \x00\x00\x02\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x02\x00\x00\x00\x02\x01\x00";
        for (amount, of_amount) in amounts {
            let columns = (0..fields).flat_map(|number| [0, 1, number]);
            let form = [5, 1, 1, fields].into_iter().chain(columns).chain(*b"\x01,\x01");
            let form: Vec<u8> = form.chain(of_amount.iter().copied()).chain(*rows).collect();
            assert_eq!((VERSION, encode(&every_kind(amount)).expect("a file")), (5, form));
        }
    }

    #[test]
    fn broken_files_are_refused() {
        let file = encode(&chunk()).expect("a file");
        for length in 1..file.len() {
            assert!(matches!(decode(&file[..length]), Err(ChunkFileError::Broken(_))), "{length}");
        }
        for other in [&b""[..], b"{\"number\":0}", &[VERSION + 1]] {
            assert_eq!(decode(other).err(), Some(ChunkFileError::OtherVersion));
        }
    }
}
