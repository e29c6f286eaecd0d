//! Reads XML event by event. Names count without their prefixes, since programs choose prefixes differently. Document type
//! declarations are refused: there are no entities but the predefined ones.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufRead};

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{self, BytesEnd, BytesRef, BytesStart};
use quick_xml::name::QName;
use quick_xml::{Error, Reader, XmlVersion};
use saldo_domain::fields::{PayloadError, PayloadErrorKind};

use super::{ReadError, SourceEnded};

/// The error of a document, for a reason.
pub(super) type Refuse = fn(String) -> PayloadErrorKind;

/// The elements that may be within each other. Workbooks and statements have some ten.
const DEPTH_MAX: usize = 100;

/// The events of a document.
pub(super) struct Xml<'a, R: BufRead> {
    reader: Reader<R>,
    buffer: Vec<u8>,
    /// The bytes since the last event, which the source counts and limits.
    since_event: &'a Cell<usize>,
    depth: usize,
    refuse: Refuse,
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
pub(super) struct Element<'a>(BytesStart<'a>, Refuse);

/// The end of an element.
pub(super) struct End<'a>(BytesEnd<'a>);

impl Element<'_> {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

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
            let attribute = attribute.map_err(|error| (self.1)(error.to_string()))?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| (self.1)(error.to_string()))?;
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

impl<'a, R: BufRead> Xml<'a, R> {
    /// The events of a source, which counts bytes in `since_event`. `refuse` makes the error of a document that is not
    /// well-formed.
    pub(super) fn new(source: R, since_event: &'a Cell<usize>, refuse: Refuse) -> Self {
        let mut reader = Reader::from_reader(source);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), since_event, depth: 0, refuse }
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Result<Event<'_>, ReadError> {
        self.buffer.clear();
        self.since_event.set(0);
        let refuse = self.refuse;
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| of_xml(&error, refuse))?;
        Ok(match event {
            events::Event::Start(start) | events::Event::Empty(start) => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(refuse(format!("more than {DEPTH_MAX} elements are in each other")).into());
                }
                Event::Start(Element(start, refuse))
            }
            events::Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                Event::End(End(end))
            }
            events::Event::Text(text) => Event::Text(text.xml10_content()),
            events::Event::CData(text) => Event::Text(text.xml10_content()),
            events::Event::GeneralRef(reference) => Event::Text(entity(&reference, refuse)?),
            events::Event::Comment(_) | events::Event::Decl(_) | events::Event::PI(_) => {
                Event::Text(Cow::Borrowed(""))
            }
            events::Event::DocType(_) => {
                return Err(refuse("it has a document type declaration".to_owned()).into());
            }
            // The file ended within an element.
            events::Event::Eof if self.depth > 0 => {
                return Err(refuse("it is cut short".to_owned()).into());
            }
            events::Event::Eof => Event::Eof,
        })
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
fn entity(reference: &BytesRef<'_>, refuse: Refuse) -> Result<Cow<'static, str>, ReadError> {
    let character = reference.resolve_char_ref().map_err(|error| of_xml(&error, refuse))?;
    match character {
        Some(character) => Ok(Cow::Owned(character.to_string())),
        None => match resolve_xml_entity(reference) {
            Some(text) => Ok(Cow::Borrowed(text)),
            None => Err(refuse("it has an unknown entity".to_owned()).into()),
        },
    }
}

fn of_xml(error: &Error, refuse: Refuse) -> ReadError {
    match error {
        Error::Io(error) => of_source(error, refuse),
        other => refuse(other.to_string()).into(),
    }
}

/// The error of a source, which may be one of this crate's readers, or else is the decompressor's.
pub(super) fn of_source(error: &io::Error, refuse: Refuse) -> ReadError {
    let inner = error.get_ref();
    if let Some(ended) = inner.and_then(|inner| inner.downcast_ref::<SourceEnded>()) {
        return (*ended).into();
    }
    match inner.and_then(|inner| inner.downcast_ref::<PayloadError>()) {
        Some(error) => error.clone().into(),
        None => refuse(error.to_string()).into(),
    }
}
