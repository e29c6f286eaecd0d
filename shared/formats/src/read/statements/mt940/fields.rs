//! Divides a text into fields: a tag between colons at the beginning of a line, and a value up to the next one.

use std::io::BufRead;

use super::super::super::ReadError;
use super::super::invalid_at;
use super::super::lines::{Line, Lines};
use super::FIELD_BYTES_MAX;

/// The tags of MT940 and MT942. A line of a text that begins with another word between colons is no tag.
const TAGS: [&str; 23] = [
    "13", "13D", "20", "21", "25", "25P", "28", "28C", "34F", "60F", "60M", "61", "62F", "62M", "64", "65",
    "65F", "86", "90C", "90D", "940", "942", "NS",
];

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The tag without its colons.
    pub(super) tag: String,
    /// The line on which it begins.
    pub(super) line: u64,
    /// The value.
    pub(super) value: Value,
}

/// Lines as they are, of which there are not too many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    lines: Vec<String>,
    /// The bytes of the lines and of their ends.
    bytes: usize,
}

impl Value {
    /// The lines.
    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    fn push(&mut self, line: &str) {
        self.lines.push(line.to_owned());
        self.bytes += line.len() + 1;
    }

    /// Adds the lines of another value.
    pub(super) fn append(&mut self, other: &Self) {
        self.lines.extend_from_slice(&other.lines);
        self.bytes += other.bytes;
    }

    /// Refuses too many lines of a field that begins on this line.
    pub(super) fn check(&self, line: u64) -> Result<(), ReadError> {
        match self.bytes > FIELD_BYTES_MAX {
            true => Err(invalid_at(line, format!("a field has more than {FIELD_BYTES_MAX} bytes"))),
            false => Ok(()),
        }
    }
}

impl Field {
    /// The first line of the value, without blanks around it.
    pub(super) fn first(&self) -> &str {
        self.value.lines.first().map_or("", |line| line.trim())
    }
}

/// What is next in a text.
pub(super) enum Next {
    Field(Field),
    /// The header of SWIFT's envelope, which names the message.
    Envelope {
        is_interim: bool,
    },
}

/// The fields of a text.
pub(super) struct Fields<R> {
    lines: Lines<R>,
    /// The first line of the next field, which has been read already, or an envelope.
    pending: Option<Line>,
}

impl<R: BufRead> Fields<R> {
    pub(super) fn new(lines: Lines<R>) -> Self {
        Self { lines, pending: None }
    }

    /// The next field or envelope. Lines outside of fields are passed over: banks and transports write headers there.
    pub(super) fn next(&mut self) -> Result<Option<Next>, ReadError> {
        let mut open: Option<Field> = None;
        loop {
            if let Some(field) = &open {
                field.value.check(field.line)?;
            }
            let line = match self.pending.take() {
                Some(line) => Some(line),
                None => self.lines.next()?,
            };
            let Some(Line { number, text }) = line else { break };
            let (envelope, text) = without_envelope(&text);
            let tagged = tag(text);
            let is_end = is_end(text);
            if open.is_some() && (envelope.is_some() || tagged.is_some()) {
                self.pending = Some(Line { number, text: [envelope.unwrap_or_default(), text].concat() });
                break;
            }
            if let Some(envelope) = envelope {
                self.pending = (!text.is_empty()).then(|| Line { number, text: text.to_owned() });
                return Ok(Some(Next::Envelope { is_interim: is_interim(envelope) }));
            }
            match (tagged, &mut open) {
                (Some((tag, value)), _) => {
                    let field =
                        open.insert(Field { tag: tag.to_owned(), line: number, value: Value::default() });
                    field.value.push(value);
                }
                (None, Some(_)) if is_end => break,
                (None, Some(field)) => field.value.push(text),
                (None, None) => {}
            }
        }
        Ok(open.map(Next::Field))
    }
}

/// The tag of a line, and what is behind it.
fn tag(line: &str) -> Option<(&str, &str)> {
    let (tag, value) = line.strip_prefix(':')?.split_once(':')?;
    TAGS.contains(&tag).then_some((tag, value))
}

/// Whether a line ends a message: `-` alone, or with the end of the envelope's block.
fn is_end(line: &str) -> bool {
    let line = line.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    line == "-" || line.starts_with("-}")
}

/// The blocks of the envelope in a line up to its text block, and the rest. Control characters stand before and behind
/// messages.
fn without_envelope(line: &str) -> (Option<&str>, &str) {
    let begin = line.find("{1:").filter(|at| {
        let before = line.get(..*at).unwrap_or_default();
        before.trim_matches(|c: char| c.is_control() || c.is_whitespace()).is_empty() || is_end(line)
    });
    let is_block = |line: &str| line.starts_with("{2:") || line.starts_with("{4:") || line.starts_with("{3:");
    let Some(begin) = begin.or_else(|| is_block(line).then_some(0)) else { return (None, line) };
    let envelope = line.get(begin..).unwrap_or_default();
    let end = envelope.find("{4:").map_or(envelope.len(), |at| at + 3);
    (envelope.get(..end), envelope.get(end..).unwrap_or_default())
}

/// Whether the application header (block 2) names MT942.
fn is_interim(envelope: &str) -> bool {
    envelope.contains("{2:I942") || envelope.contains("{2:O942")
}
