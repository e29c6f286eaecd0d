//! Reads the XML of a workbook's parts event by event. Names count without their prefixes, since programs choose prefixes
//! differently. Document type declarations are refused: there are no entities but the predefined ones.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{BufReader, Read};

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{self, BytesEnd, BytesRef, BytesStart};
use quick_xml::name::QName;
use quick_xml::{Error, Reader, XmlVersion};

use super::super::ReadError;
use super::super::bounded::{BUFFER_BYTES, Metered};
use super::error::{invalid, of_source, too_large};

/// The elements that may be within each other. Workbooks have some ten.
const DEPTH_MAX: usize = 100;

/// The events of a part.
pub(super) struct Xml<'a, R: Read> {
    reader: Reader<BufReader<Metered<'a, R>>>,
    buffer: Vec<u8>,
    /// The bytes since the last event, of which a source may have as many as a row.
    since_event: &'a Cell<usize>,
    depth: usize,
}

/// An event.
pub(super) enum Event<'a> {
    Start(Element<'a>),
    End(End<'a>),
    /// Text, or a part of it.
    Text(Cow<'a, str>),
    Eof,
}

/// The start of an element.
pub(super) struct Element<'a>(BytesStart<'a>);

/// The end of an element.
pub(super) struct End<'a>(BytesEnd<'a>);

impl Element<'_> {
    /// Whether it has this name.
    pub(super) fn is(&self, name: &str) -> bool {
        is(self.0.name(), name)
    }

    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Result<Option<String>, ReadError> {
        let mut value = None;
        self.attributes(|found, text| {
            if found == name {
                value = Some(text.to_owned());
            }
        })?;
        Ok(value)
    }

    /// Passes each attribute, with its name without a prefix and its value.
    pub(super) fn attributes(&self, mut each: impl FnMut(&str, &str)) -> Result<(), ReadError> {
        for attribute in self.0.attributes() {
            let attribute = attribute.map_err(|error| invalid(error.to_string()))?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| invalid(error.to_string()))?;
            each(attribute.key.local_name().into_inner(), &value);
        }
        Ok(())
    }
}

impl End<'_> {
    /// Whether the element has this name.
    pub(super) fn is(&self, name: &str) -> bool {
        is(self.0.name(), name)
    }
}

fn is(element: QName<'_>, name: &str) -> bool {
    element.local_name().into_inner() == name
}

impl<'a, R: Read> Xml<'a, R> {
    /// The events of a source. `since_event` is for this alone.
    pub(super) fn new(source: R, since_event: &'a Cell<usize>) -> Self {
        let source = BufReader::with_capacity(BUFFER_BYTES, Metered { source, since_row: since_event });
        let mut reader = Reader::from_reader(source);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), since_event, depth: 0 }
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Result<Event<'_>, ReadError> {
        self.buffer.clear();
        self.since_event.set(0);
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| of_xml(&error))?;
        Ok(match event {
            events::Event::Start(start) | events::Event::Empty(start) => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(invalid(format!("more than {DEPTH_MAX} elements are in each other")).into());
                }
                Event::Start(Element(start))
            }
            events::Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                Event::End(End(end))
            }
            events::Event::Text(text) => Event::Text(text.xml10_content()),
            events::Event::CData(text) => Event::Text(text.xml10_content()),
            events::Event::GeneralRef(reference) => Event::Text(entity(&reference)?),
            events::Event::Comment(_) | events::Event::Decl(_) | events::Event::PI(_) => {
                Event::Text(Cow::Borrowed(""))
            }
            events::Event::DocType(_) => {
                return Err(invalid("it has a document type declaration").into());
            }
            // The file ended within an element.
            events::Event::Eof if self.depth > 0 => {
                return Err(invalid("a part is cut short").into());
            }
            events::Event::Eof => Event::Eof,
        })
    }

    /// Adds the text up to the end of the current element to `text`, which may have `bytes_max` bytes. Elements in it are
    /// passed over.
    pub(super) fn text_into(&mut self, text: &mut String, bytes_max: usize) -> Result<(), ReadError> {
        let mut inner = 0_usize;
        loop {
            match self.next()? {
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

    /// Passes over the rest of the current element.
    pub(super) fn skip(&mut self) -> Result<(), ReadError> {
        let depth = self.depth;
        while self.depth >= depth {
            if let Event::Eof = self.next()? {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// What a reference stands for: a character, or one of XML's own entities.
fn entity(reference: &BytesRef<'_>) -> Result<Cow<'static, str>, ReadError> {
    let character = reference.resolve_char_ref().map_err(|error| of_xml(&error))?;
    match character {
        Some(character) => Ok(Cow::Owned(character.to_string())),
        None => match resolve_xml_entity(reference) {
            Some(text) => Ok(Cow::Borrowed(text)),
            None => Err(invalid("it has an unknown entity").into()),
        },
    }
}

fn of_xml(error: &Error) -> ReadError {
    match error {
        Error::Io(error) => of_source(error),
        other => invalid(other.to_string()).into(),
    }
}
