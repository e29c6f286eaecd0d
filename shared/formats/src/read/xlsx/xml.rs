//! The XML of a workbook's parts.

use std::cell::Cell;
use std::io::{BufReader, Read};

use super::super::ReadError;
use super::super::bounded::{BUFFER_BYTES, Metered};
use super::super::xml;
use super::error::{invalid, too_large};

pub(super) use super::super::xml::Event;

/// The events of a part, between two of which there may be as many bytes as in a row.
pub(super) type Xml<'a, R> = xml::Xml<'a, BufReader<Metered<'a, R>>>;

/// The events of a part. `since_event` is for this alone.
pub(super) fn events<R: Read>(source: R, since_event: &Cell<usize>) -> Xml<'_, R> {
    let source = BufReader::with_capacity(BUFFER_BYTES, Metered { source, since_row: since_event });
    xml::Xml::new(source, since_event, invalid)
}

/// Adds the text up to the end of the current element to `text`, which may have `bytes_max` bytes. Elements in it are passed
/// over.
pub(super) fn text_into<R: Read>(
    xml: &mut Xml<'_, R>,
    text: &mut String,
    bytes_max: usize,
) -> Result<(), ReadError> {
    let mut inner = 0_usize;
    loop {
        match xml.next()? {
            Event::Start(_) => inner += 1,
            Event::End(_) => match inner.checked_sub(1) {
                Some(less) => inner = less,
                None => return Ok(()),
            },
            Event::Text(more) if inner == 0 => {
                if text.len() + more.len() > bytes_max {
                    return Err(too_large(bytes_max as u64, "bytes in a text").into());
                }
                text.push_str(&more);
            }
            Event::Text(_) => {}
            Event::Eof => return Ok(()),
        }
    }
}
