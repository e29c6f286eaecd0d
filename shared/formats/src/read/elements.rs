//! Reads the elements of `{"accounts":[…]}` one by one, ahead of the parser of the whole text.
//!
//! `serde_json` reads a stream byte by byte, and a slice several times faster. So [`Elements`] keeps a part of the text in
//! memory and takes one element after the other from it. It knows no JSON beyond plain objects and the commas between elements: at
//! whatever else, such as the end of the array or a mistake, it stops, and the parser of the whole text reads on as if
//! it had read all before. Results and errors are therefore the same as without this module.

use std::io::{self, BufRead, Read};

use saldo_domain::fields::{Position, plain_object_len};
use serde::Deserialize;
use serde_json::value::RawValue;
use simdutf8::basic::from_utf8;

use super::ROW_BYTES_MAX;
use super::bounded::{BUFFER_BYTES, Buffer, too_long};

/// The text before the first element, without the blanks that may be between these parts.
const OPENING: [&str; 4] = ["{", "\"accounts\"", ":", "["];
/// The most bytes of an element and the blanks before it: exactly as many as the parser of the whole text may read for it.
const BYTES_MAX: usize = ROW_BYTES_MAX + BUFFER_BYTES;
/// An element.
const ELEMENT: &str = "{}";

/// The elements of a text.
pub(super) struct Elements<R> {
    text: Buffer<R>,
    read: Beginning,
}

/// The beginning of a text, which was read ahead of the parser of the whole text.
#[derive(Clone, Copy, Default)]
pub(super) struct Beginning {
    /// Whether the array has begun.
    is_opened: bool,
    /// Whether an element was read.
    pub(super) has_element: bool,
    /// The number of line breaks.
    lines: u64,
    /// The number of bytes after the last line break.
    column: u64,
}

impl<R: BufRead> Elements<R> {
    /// The elements of this text. If there is anything before the array, no elements are read ahead.
    pub(super) fn new(source: R) -> io::Result<Self> {
        let mut elements = Self { text: Buffer::new(source), read: Beginning::default() };
        elements.text.fill()?;
        let unread = elements.text.unread();
        let rest =
            OPENING.iter().try_fold(unread, |text, part| trim_start(text).strip_prefix(part.as_bytes()));
        if let Some(rest) = rest {
            let opening = unread.len() - rest.len();
            elements.text.advance(opening);
            elements.read.is_opened = true;
        }
        Ok(elements)
    }

    /// The next element; `None` if the text goes on in any other way.
    pub(super) fn next(&mut self) -> io::Result<Option<Box<str>>> {
        if !self.read.is_opened {
            return Ok(None);
        }
        loop {
            let unread = self.text.unread();
            match self.split(unread) {
                Split::Element { end: bytes, .. } if bytes > BYTES_MAX => return Err(too_long()),
                Split::Incomplete if unread.len() > BYTES_MAX => return Err(too_long()),
                // A number may go on.
                Split::Element { end, element } if end < unread.len() => {
                    self.text.advance(end);
                    self.read.has_element = true;
                    return Ok(Some(element));
                }
                Split::Other => return Ok(None),
                Split::Element { .. } | Split::Incomplete if self.text.has_ended() => return Ok(None),
                Split::Element { .. } | Split::Incomplete => {
                    // Twice as much, so that a long element is not parsed again for each block.
                    let wanted = 2 * unread.len();
                    self.count_lines();
                    self.text.fill()?;
                    while self.text.unread().len() < wanted && !self.text.has_ended() {
                        self.text.fill()?;
                    }
                }
            }
        }
    }

    /// The text for the parser of the whole text. What was read is replaced by a short text of the same meaning, with one
    /// element in place of all that were read.
    pub(super) fn rest(mut self) -> (impl Read, Beginning) {
        self.count_lines();
        (io::Cursor::new(self.read.short()).chain(self.text.into_unread()), self.read)
    }

    /// The element at the beginning of the text, behind the comma that follows another one.
    fn split(&self, unread: &[u8]) -> Split {
        let text = trim_start(unread);
        let text = match self.read.has_element {
            false => text,
            true if text.is_empty() => return Split::Incomplete,
            true => match text.strip_prefix(b",") {
                Some(text) => trim_start(text),
                None => return Split::Other,
            },
        };
        let before = unread.len() - text.len();
        let plain = plain_object_len(text).and_then(|length| from_utf8(text.get(..length)?).ok());
        if let Some(element) = plain {
            return Split::Element { end: before + element.len(), element: element.into() };
        }
        match <&RawValue>::deserialize(&mut serde_json::Deserializer::from_slice(text)) {
            Ok(element) => {
                let element = element.get();
                Split::Element { end: before + element.len(), element: element.into() }
            }
            Err(error) if error.is_eof() => Split::Incomplete,
            Err(_) => Split::Other,
        }
    }

    /// Counts the lines of the text that was passed, before it is dropped.
    fn count_lines(&mut self) {
        let passed = self.text.passed();
        match memchr::memrchr(b'\n', passed) {
            None => self.read.column += passed.len() as u64,
            Some(last) => {
                self.read.lines += memchr::memchr_iter(b'\n', passed).count() as u64;
                self.read.column = (passed.len() - last - 1) as u64;
            }
        }
    }
}

/// What a text begins with.
enum Split {
    /// An element, which ends at this position.
    Element { end: usize, element: Box<str> },
    /// A part of an element, or of the blanks before it.
    Incomplete,
    /// Anything else.
    Other,
}

impl Beginning {
    /// A short text of the same meaning.
    fn short(self) -> String {
        let opening = if self.is_opened { OPENING.concat() } else { String::new() };
        if self.has_element { opening + ELEMENT } else { opening }
    }

    /// The position in the whole text of one in the text with the short beginning.
    pub(super) fn position(self, short: Position) -> Position {
        let Position { line: Some(line), column: Some(column), .. } = short else { return short };
        let moved = (self.column + column).saturating_sub(self.short().len() as u64);
        let column = if line == 1 { moved } else { column };
        Position { line: Some(line + self.lines), column: Some(column), ..short }
    }
}

/// The text without the blanks of JSON at its beginning.
fn trim_start(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    text.get(blanks..).unwrap_or_default()
}
