//! Divides OFX into tags and texts. A document type declaration is refused: there are no entities but those of XML.

use std::io::BufRead;

use memchr::{memchr, memchr_iter, memmem};
use quick_xml::escape::resolve_xml_entity;

use super::super::super::ReadError;
use super::super::super::bounded::Buffer;
use super::super::invalid_at;

/// The most bytes of a tag or a value. Values have up to 255 characters; banks add some to memos.
const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// A tag, or the text between two tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A start tag: its name in capitals.
    Open(String),
    /// An end tag.
    Close(String),
    /// A text, without blanks around it.
    Text(String),
}

/// The tokens of a text.
pub(super) struct Tokens<R> {
    text: Buffer<R>,
    line: u64,
    /// The end tag of an element that ends itself (`<MEMO/>`).
    pending: Option<String>,
}

impl<R: BufRead> Tokens<R> {
    pub(super) fn new(text: R) -> Self {
        Self { text: Buffer::new(text), line: 1, pending: None }
    }

    /// The next token, with its line; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Token)>, ReadError> {
        if let Some(name) = self.pending.take() {
            return Ok(Some((self.line, Token::Close(name))));
        }
        loop {
            let line = self.line;
            let text = self.until(b"<")?;
            let text = unescaped(text.trim());
            if !text.is_empty() {
                return Ok(Some((line, Token::Text(text))));
            }
            if self.text.unread().is_empty() {
                return Ok(None);
            }
            let line = self.line;
            if let Some(token) = self.tag()? {
                return Ok(Some((line, token)));
            }
        }
    }

    /// Reads a tag; `None` for a comment or a processing instruction.
    fn tag(&mut self) -> Result<Option<Token>, ReadError> {
        let line = self.line;
        let begins = |text: &Self, begin: &[u8]| text.text.unread().starts_with(begin);
        if begins(self, b"<!--") {
            self.until(b"-->")?;
            self.skip(3);
            return Ok(None);
        }
        if begins(self, b"<![CDATA[") {
            self.skip(9);
            let text = self.until(b"]]>")?;
            self.skip(3);
            return Ok(Some(Token::Text(text.trim().to_owned())).filter(|_| !text.trim().is_empty()));
        }
        self.skip(1);
        let tag = self.until(b">")?;
        self.skip(1);
        let name = tag.trim().to_ascii_uppercase();
        match name.as_bytes().first() {
            Some(b'?') => Ok(None),
            Some(b'!') => Err(invalid_at(line, "it has a document type declaration")),
            Some(b'/') => Ok(Some(Token::Close(name.trim_start_matches('/').trim().to_owned()))),
            _ => {
                let ends_itself = name.ends_with('/');
                let name =
                    name.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default().to_owned();
                self.pending = ends_itself.then(|| name.clone());
                Ok(Some(Token::Open(name)))
            }
        }
    }

    /// The text before `end`, or up to the end of the file.
    fn until(&mut self, end: &[u8]) -> Result<String, ReadError> {
        let length = self.text.length_before(|text| match end {
            [one] => memchr(*one, text),
            more => memmem::find(text, more),
        })?;
        let bytes = self.text.unread().get(..length).unwrap_or_default();
        if length > TOKEN_BYTES_MAX {
            return Err(invalid_at(
                self.line,
                format!("a tag or a text has more than {TOKEN_BYTES_MAX} bytes"),
            ));
        }
        // A cut within the end mark can only be in front of it.
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.skip(length);
        Ok(text)
    }

    fn skip(&mut self, bytes: usize) {
        let passed = self.text.unread().get(..bytes).unwrap_or_else(|| self.text.unread());
        self.line += memchr_iter(b'\n', passed).count() as u64;
        self.text.advance(bytes);
    }
}

/// The text with its entities resolved. Banks write bare ampersands, too.
fn unescaped(text: &str) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        resolved.push_str(before);
        let entity = after.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        if let Some((character, after)) = entity {
            resolved.push_str(&character);
            rest = after;
        } else {
            resolved.push('&');
            rest = after;
        }
    }
    resolved.push_str(rest);
    resolved
}

fn character(name: &str) -> Option<String> {
    if name.eq_ignore_ascii_case("nbsp") {
        return Some(" ".to_owned());
    }
    if let Some(character) = resolve_xml_entity(name) {
        return Some(character.to_owned());
    }
    let number = match name.strip_prefix('#')? {
        hex if hex.starts_with(['x', 'X']) => u32::from_str_radix(hex.get(1..)?, 16).ok(),
        decimal => decimal.parse().ok(),
    };
    number.and_then(char::from_u32).map(String::from)
}
