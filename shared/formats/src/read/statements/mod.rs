//! Reads bank statements: bytes become [`Item`]s, one at a time, so that memory does not grow with the number of entries.
//!
//! A reader refuses a file only if it can't be divided into statements and entries. An entry that can't be read is a finding
//! with its place, and the next one is read.

mod amount;
mod bai2;
mod camt;
mod lines;
mod mt940;
mod ofx;
mod output;
mod recognized;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::io::{Cursor, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use saldo_domain::fields::PayloadErrorKind;
use saldo_domain::statement::{Item, StatementFinding, StatementFindingCode, StatementFormat};

use super::ReadError;
use super::bounded::{Counted, Expanded};
use super::decoded::{Decoded, Wanted};
use output::Output;

pub use recognized::recognized as statement_format_of;

/// Receives items until it returns an error.
pub trait ItemSink: FnMut(Item) -> Result<(), ReadError> {}

impl<S: FnMut(Item) -> Result<(), ReadError>> ItemSink for S {}

/// The characters of a reason. Those of the XML parser quote names of the file.
const REASON_CHARS_MAX: usize = 200;
/// The beginning of a gzip file (RFC 1952).
const GZIP: &[u8] = b"\x1f\x8b";

/// Reads the statements of a file, passes each item to `sink`, and returns the format of the file. A file of gzip is
/// decompressed. Memory holds one entry, with the parts of a batch, and a few buffers.
///
/// # Errors
/// [`ReadError`] when the file is none of the formats, when it can't be divided into entries, or when the source or the sink
/// stopped the reading. The items before the error were passed to the sink.
pub fn read_statements(
    mut payload: impl Read,
    sink: &mut impl ItemSink,
) -> Result<StatementFormat, ReadError> {
    let mut head = Vec::new();
    (&mut payload).take(GZIP.len() as u64).read_to_end(&mut head)?;
    let is_gzip = head == GZIP;
    let payload = Cursor::new(head).chain(payload);
    if !is_gzip {
        return read_text(payload, sink);
    }
    let bytes = Rc::new(Cell::new(0));
    let counted = Counted { source: payload, bytes: Rc::clone(&bytes) };
    read_text(Expanded::new(MultiGzDecoder::new(counted), bytes), sink)
}

fn read_text(mut bytes: impl Read, sink: &mut impl ItemSink) -> Result<StatementFormat, ReadError> {
    let mut head = Vec::new();
    (&mut bytes).take(recognized::HEAD_BYTES).read_to_end(&mut head)?;
    let format = recognized::recognized(&head)?;
    let assumed = Rc::new(Cell::new(None));
    let wanted = recognized::encoding(format, &head)
        .map_or_else(|| Wanted::Detected(Rc::clone(&assumed)), Wanted::Stated);
    let text = Decoded::new(Cursor::new(head).chain(bytes), wanted);
    let mut output = Output::new(sink);
    match format {
        StatementFormat::Camt => camt::read(text, &mut output)?,
        StatementFormat::Mt940 => mt940::read(text, &mut output)?,
        StatementFormat::Ofx => ofx::read(text, &mut output)?,
        StatementFormat::Bai2 => bai2::read(text, &mut output)?,
    }
    if let Some(encoding) = assumed.get() {
        let reason = format!("the file does not say its encoding; {} was assumed", encoding.name());
        output.finding(StatementFinding::of_statement(StatementFindingCode::AssumedEncoding, reason))?;
    }
    match output.statements {
        0 => Err(PayloadErrorKind::NoStatements.into()),
        _ => Ok(format),
    }
}

/// An error of a file whose statements can't be divided.
fn invalid(reason: impl Into<String>) -> PayloadErrorKind {
    PayloadErrorKind::InvalidStatement { reason: reason.into().chars().take(REASON_CHARS_MAX).collect() }
}

/// The same at a place.
fn invalid_at(line: u64, reason: impl Into<String>) -> ReadError {
    invalid(reason).at(saldo_domain::fields::Position::line(line)).into()
}
