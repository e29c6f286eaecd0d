//! The lines of a text, each with its number. All kinds of line breaks end one: LF, CRLF and a lone CR.

use std::io::BufRead;

use memchr::memchr2;
use simdutf8::basic::from_utf8;

use super::super::ReadError;
use super::super::bounded::Buffer;

/// The lines of a source.
pub(super) struct Lines<R> {
    text: Buffer<R>,
    /// The number of the line that was read last, from 1.
    number: u64,
    /// Whether that line has ended with a CR, so that a LF behind it belongs to it.
    after_cr: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(text: R) -> Self {
        Self { text: Buffer::new(text), number: 0, after_cr: false }
    }

    /// The next line without its line break; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Line>, ReadError> {
        loop {
            let on_line = |error: std::io::Error| ReadError::from(error).on_line(self.number + 1);
            let length = self.text.length_before(|text| memchr2(b'\r', b'\n', text)).map_err(on_line)?;
            let unread = self.text.unread();
            let end = unread.get(length).copied();
            if length == 0 && end == Some(b'\n') && std::mem::take(&mut self.after_cr) {
                self.text.advance(1);
                continue;
            }
            if length == 0 && end.is_none() {
                return Ok(None);
            }
            let bytes = unread.get(..length).unwrap_or_default();
            // The text is UTF-8, and so are its lines.
            let text = from_utf8(bytes).map_err(std::io::Error::other)?.to_owned();
            self.after_cr = end == Some(b'\r');
            self.text.advance(length + 1);
            self.number += 1;
            return Ok(Some(Line { number: self.number, text }));
        }
    }
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its text.
    pub(super) text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_line_breaks_end_a_line() {
        let mut lines = Lines::new(&b"a\r\n\nb\rc\r\rd"[..]);
        let mut read = Vec::new();
        while let Some(Line { number, text }) = lines.next().expect("text") {
            read.push((number, text));
        }
        let expected = [(1, "a"), (2, ""), (3, "b"), (4, "c"), (5, ""), (6, "d")];
        assert!(read.iter().map(|(number, text)| (*number, text.as_str())).eq(expected), "{read:?}");
    }
}
