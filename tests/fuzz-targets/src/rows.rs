//! What a reader makes of a payload, to be compared.

use std::io::Read;

use saldo_domain::fields;
use saldo_domain::import::{Notation, RawRow, RowBody, Shape};
use saldo_formats::read;
use saldo_formats::read::{Fault, Unreadable};

/// The rows that are taken of a payload: a compressed one may have millions.
const ROWS_TAKEN_MAX: usize = 2_000;

/// What a reader has made of a payload.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<RawRow>,
    /// What the rows have in common, if there are any.
    pub(crate) shape: Option<Shape>,
    pub(crate) ended: Ended,
}

/// How reading ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Ended {
    AtTheEnd,
    /// There are more rows than are taken.
    Early,
    Unreadable(Unreadable),
}

impl Outcome {
    /// Reads a payload, and sees that its rows come in order.
    pub(crate) fn of(notation: &Notation, payload: impl Read) -> Self {
        let mut rows: Vec<RawRow> = Vec::new();
        let mut common = None;
        let read = read::read(notation, payload, |shape, row| {
            assert_eq!(common.get_or_insert_with(|| shape.clone()), shape, "all rows have one shape");
            assert_eq!(row.index, rows.len() as u64, "rows are counted from 0");
            let before = rows.last().and_then(|row| row.line);
            assert!(row.line >= before, "line {:?} follows line {before:?}", row.line);
            if rows.len() == ROWS_TAKEN_MAX {
                return Err(Fault::Stopped);
            }
            rows.push(row);
            Ok(())
        });
        let ended = match read {
            Ok(shape) => {
                assert_eq!(common.as_ref(), Some(&shape), "a payload that was read has rows");
                Ended::AtTheEnd
            }
            Err(Fault::Stopped) => Ended::Early,
            Err(Fault::Unreadable(unreadable)) => {
                assert!(unreadable.to_string().len() < 1_000, "a reason is short: {unreadable}");
                Ended::Unreadable(unreadable)
            }
            Err(Fault::SourceFailed) => panic!("the source does not fail"),
        };
        Self { rows, shape: common, ended }
    }

    /// Sees that the same bytes, had otherwise, have given the same rows or the same fault.
    ///
    /// Of several faults any may be the first to be met, that of an encoding before that of a row;
    /// and how many rows come before it depends on how far ahead bytes are decoded.
    pub(crate) fn assert_same(&self, other: &Self) {
        for (one, other) in self.rows.iter().zip(&other.rows) {
            assert!(same_row(one, other), "{one:?} was {other:?}");
        }
        match (&self.ended, &other.ended) {
            (Ended::Unreadable(one), Ended::Unreadable(other)) if of_bytes(one) || of_bytes(other) => {}
            (Ended::Unreadable(one), Ended::Unreadable(other)) => assert_eq!(one, other),
            // The fault lies behind the rows that are taken.
            (Ended::Unreadable(fault), Ended::Early) | (Ended::Early, Ended::Unreadable(fault)) => {
                assert!(of_bytes(fault), "{fault}");
            }
            (one, two) => {
                assert_eq!(one, two);
                assert_eq!(self.rows.len(), other.rows.len());
                assert_eq!(self.shape, other.shape);
            }
        }
    }

    /// The rows' own texts, in JSON and where there should be JSON.
    pub(crate) fn texts(&self) -> Vec<(Option<u64>, &str)> {
        let texts = self.rows.iter().map(|row| match &row.body {
            RowBody::Json(json) => (row.line, json.get()),
            RowBody::Broken(text) => (row.line, text.as_str()),
            RowBody::Cells(cells) | RowBody::Misquoted { cells, .. } => panic!("cells in JSON: {cells:?}"),
        });
        texts.collect()
    }
}

/// Whether it is the bytes that can't be read, whatever they say.
fn of_bytes(unreadable: &Unreadable) -> bool {
    let malformed = matches!(unreadable, Unreadable::Body(fields::Unreadable::Malformed { .. }));
    malformed || matches!(unreadable, Unreadable::BrokenGzip { .. })
}

pub(crate) fn same_row(one: &RawRow, other: &RawRow) -> bool {
    let same_body = match (&one.body, &other.body) {
        (RowBody::Json(one), RowBody::Json(other)) => one.get() == other.get(),
        (RowBody::Cells(one), RowBody::Cells(other)) => one == other,
        (RowBody::Misquoted { cells: one, how }, RowBody::Misquoted { cells: other, how: as_well }) => {
            (one, how) == (other, as_well)
        }
        (RowBody::Broken(one), RowBody::Broken(other)) => one == other,
        _ => false,
    };
    same_body && one.index == other.index && one.line == other.line
}
