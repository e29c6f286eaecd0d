//! The texts of a workbook that cells refer to by their numbers, of bounded number and size.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::Read;

use super::super::ReadError;
use super::error::too_large;
use super::xml::{self, Event, Xml};

/// The different texts that a workbook may have: a million rows of four different texts each, and more.
const STRINGS_MAX: usize = 5_000_000;
/// The bytes of all texts together. They are in memory while the sheet is read.
const STRING_BYTES_MAX: usize = 100_000_000;

/// The texts, one after the other.
#[derive(Debug, Default)]
pub(super) struct SharedStrings {
    text: String,
    /// The positions in `text` at which they end.
    ends: Vec<u32>,
}

impl SharedStrings {
    /// Reads the texts of their part, or so many of them.
    pub(super) fn read(source: impl Read, at_most: usize) -> Result<Self, ReadError> {
        let since_event = Cell::new(0);
        let mut xml = xml::events(source, &since_event);
        let mut strings = Self::default();
        let mut raw = String::new();
        while strings.ends.len() < at_most {
            let is_text = match xml.next()? {
                Event::Start(element) => element.is("si"),
                Event::End(_) | Event::Text(_) => false,
                Event::Eof => return Ok(strings),
            };
            if is_text {
                raw.clear();
                rich_text(&mut xml, &mut raw, STRING_BYTES_MAX)?;
                strings.push(&unescaped(&raw))?;
            }
        }
        Ok(strings)
    }

    fn push(&mut self, text: &str) -> Result<(), ReadError> {
        if self.text.len() + text.len() > STRING_BYTES_MAX {
            return Err(too_large(STRING_BYTES_MAX as u64, "bytes of different texts").into());
        }
        if self.ends.len() == STRINGS_MAX {
            return Err(too_large(STRINGS_MAX as u64, "different texts").into());
        }
        self.text.push_str(text);
        // The bound is below four gigabytes.
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        Ok(())
    }

    /// The text with this number, counting from 0.
    pub(super) fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let begin = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.text.get(usize::try_from(begin).ok()?..usize::try_from(end).ok()?)
    }
}

/// Adds the text of the current element, which may be of several runs with formats of their own, without what says how it
/// is pronounced (ISO/IEC 29500-1, section 18.4.6).
pub(super) fn rich_text<R: Read>(
    xml: &mut Xml<'_, R>,
    text: &mut String,
    bytes_max: usize,
) -> Result<(), ReadError> {
    enum Of {
        Text,
        Reading,
        Other,
    }
    let mut inner = 0_usize;
    loop {
        let begun = match xml.next()? {
            Event::Start(element) if element.is("t") => Of::Text,
            Event::Start(element) if element.is("rPh") => Of::Reading,
            Event::Start(_) => {
                inner += 1;
                Of::Other
            }
            Event::End(_) => match inner.checked_sub(1) {
                Some(less) => {
                    inner = less;
                    Of::Other
                }
                None => return Ok(()),
            },
            Event::Text(_) => Of::Other,
            Event::Eof => return Ok(()),
        };
        match begun {
            Of::Text => xml::text_into(xml, text, bytes_max)?,
            Of::Reading => xml.skip()?,
            Of::Other => {}
        }
    }
}

/// The text of which some characters are written by their numbers: `_x000D_` is a carriage return
/// (ISO/IEC 29500-1, section 22.9.2.19).
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    const MARK: &str = "_x";
    if !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(MARK) {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let digits = escape.get(2..6).filter(|_| escape.as_bytes().get(6) == Some(&b'_'));
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let character =
            digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        let length = if let Some(character) = character {
            plain.push(character);
            MARK.len() + 5
        } else {
            plain.push('_');
            1
        };
        rest = escape.get(length..).unwrap_or_default();
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_joined_and_readings_left_out() {
        let xml = r#"<?xml version="1.0"?><x:sst xmlns:x="s"><x:si><x:t xml:space="preserve"> A &amp; B&#10;</x:t></x:si>
            <x:si><x:r><x:rPr><x:b/></x:rPr><x:t>Mül</x:t></x:r><x:r><x:t>ler</x:t></x:r><x:rPh sb="0" eb="1"><x:t>no</x:t></x:rPh></x:si>
            <x:si/><x:si><x:t>_x0041_ _x005F_x000D_ _xZZZZ_ _x41_</x:t></x:si></x:sst>"#;
        let strings = SharedStrings::read(xml.as_bytes(), usize::MAX).expect("texts");
        let texts: Vec<_> = (0..5).map(|at| strings.get(at)).collect();
        let expected = [" A & B\n", "Müller", "", "A _x000D_ _xZZZZ_ _x41_"];
        assert_eq!(texts, expected.map(Some).into_iter().chain([None]).collect::<Vec<_>>());
        let first = SharedStrings::read(xml.as_bytes(), 2).expect("texts");
        assert_eq!((first.get(1), first.get(2)), (Some("Müller"), None));
    }
}
