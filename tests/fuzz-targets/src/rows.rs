//! The result of reading a payload, for comparisons.

use std::io::Read;

use saldo_domain::fields::{PayloadError, PayloadErrorKind};
use saldo_domain::import::{Notation, RawRow, RowBody, Shape};
use saldo_formats::read::{self, ReadError};

/// The most rows that are read from a payload: a compressed one may have millions.
const ROWS_TAKEN_MAX: usize = 2_000;

/// The result of reading a payload.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<RawRow>,
    /// The shape that the rows have in common, if there are any.
    pub(crate) shape: Option<Shape>,
    /// The legacy encoding that was assumed.
    pub(crate) assumed_encoding: Option<&'static str>,
    pub(crate) ended: Ended,
}

/// How reading ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Ended {
    AtTheEnd,
    /// The payload has more rows than are read.
    Early,
    Unreadable(PayloadError),
}

impl Outcome {
    /// Reads a payload, and checks that its rows are numbered in order.
    pub(crate) fn of(notation: &Notation, payload: impl Read) -> Self {
        let mut rows: Vec<RawRow> = Vec::new();
        let mut common = None;
        let read = read::read(notation, payload, |shape, row| {
            assert_eq!(common.get_or_insert_with(|| shape.clone()), shape, "all rows have one shape");
            assert_eq!(row.index, rows.len() as u64, "rows are counted from 0");
            let before = rows.last().and_then(|row| row.line);
            assert!(row.line >= before, "line {:?} follows line {before:?}", row.line);
            if rows.len() == ROWS_TAKEN_MAX {
                return Err(ReadError::Stopped);
            }
            rows.push(row);
            Ok(())
        });
        let mut assumed_encoding = None;
        let ended = match read {
            Ok(contents) => {
                assert_eq!(common.as_ref(), Some(&contents.shape), "a payload that was read has rows");
                assumed_encoding = contents.assumed_encoding;
                Ended::AtTheEnd
            }
            Err(ReadError::Stopped) => Ended::Early,
            Err(ReadError::Payload(unreadable)) => {
                assert!(unreadable.to_string().len() < 2_500, "a reason is short: {unreadable}");
                Ended::Unreadable(unreadable)
            }
            Err(ReadError::SourceEnded(_)) => panic!("the source has not ended early"),
        };
        Self { rows, shape: common, assumed_encoding, ended }
    }

    /// Checks that the same bytes, read in another way, have given the same rows and the same error.
    ///
    /// If a payload has several errors, such as one of the encoding and one of a row, any of them may be found
    /// first. How many rows come before it depends on how many bytes are decoded ahead.
    pub(crate) fn assert_same(&self, other: &Self) {
        for (one, other) in self.rows.iter().zip(&other.rows) {
            assert!(same_row(one, other), "{one:?} was {other:?}");
        }
        match (&self.ended, &other.ended) {
            (Ended::Unreadable(one), Ended::Unreadable(other)) if of_bytes(one) || of_bytes(other) => {}
            (Ended::Unreadable(one), Ended::Unreadable(other)) => assert_eq!(one, other),
            // The error comes after the last row that is read.
            (Ended::Unreadable(fault), Ended::Early) | (Ended::Early, Ended::Unreadable(fault)) => {
                assert!(of_bytes(fault), "{fault}");
            }
            (one, two) => {
                assert_eq!(one, two);
                assert_eq!(self.rows.len(), other.rows.len());
                assert_eq!(self.shape, other.shape);
                assert_eq!(self.assumed_encoding, other.assumed_encoding);
            }
        }
    }

    /// The texts of the rows that are, or should be, JSON.
    pub(crate) fn texts(&self) -> Vec<(Option<u64>, &str)> {
        let texts = self.rows.iter().map(|row| match &row.body {
            RowBody::Json(json) => (row.line, &**json),
            RowBody::Cells(cells) | RowBody::Misquoted { cells, .. } => panic!("cells in JSON: {cells:?}"),
        });
        texts.collect()
    }
}

/// Whether the error concerns the encoding or the compression, not the rows.
fn of_bytes(error: &PayloadError) -> bool {
    matches!(error.kind, PayloadErrorKind::InvalidEncoding { .. } | PayloadErrorKind::InvalidGzip { .. })
}

pub(crate) fn same_row(one: &RawRow, other: &RawRow) -> bool {
    let same_body = match (&one.body, &other.body) {
        (RowBody::Json(one), RowBody::Json(other)) => one == other,
        (RowBody::Cells(one), RowBody::Cells(other)) => one == other,
        (RowBody::Misquoted { cells: one, how }, RowBody::Misquoted { cells: other, how: as_well }) => {
            (one, how) == (other, as_well)
        }
        _ => false,
    };
    same_body && one.index == other.index && one.line == other.line
}
