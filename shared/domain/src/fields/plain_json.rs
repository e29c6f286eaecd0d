//! A quick reader of the JSON that most rows are: strings without escapes, numbers without exponents, and objects of them.
//!
//! At anything else, mistakes included, it gives up, and its caller asks `serde_json`, which takes several times as long.
//! What it reads, it reads as `serde_json` does, so results and errors do not depend on it.

use std::ops::Range;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::value::DIGITS;
use crate::text::repeated;

/// How deeply objects and arrays may be nested: less deeply than in `serde_json`, which allows 128.
const DEPTH_MAX: usize = 16;

/// The length of the plain object with which a text begins; `None` if it may be there, but is not plain or not whole.
#[must_use]
pub fn plain_object_len(text: &[u8]) -> Option<usize> {
    let mut scanner = Scanner { bytes: text, at: 1 };
    (*text.first()? == b'{').then_some(())?;
    scanner.skip_object(DEPTH_MAX)?;
    Some(scanner.at)
}

/// The text is not plain JSON.
#[derive(Debug, thiserror::Error)]
#[error("not plain JSON")]
pub(super) struct NotPlain;

impl Error for NotPlain {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

/// A position in a text, and what is there.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.bytes.get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Passes this byte, and blanks before it.
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Passes the comma before another member or element, and returns true, or this byte behind the last one.
    fn has_next(&mut self, end: u8) -> Option<bool> {
        let byte = self.peek()?;
        self.at += 1;
        (byte == b',' || byte == end).then_some(byte == b',')
    }

    /// Passes this byte if it is there, behind an opening bracket.
    fn is_empty(&mut self, end: u8) -> Option<bool> {
        let is_empty = self.peek()? == end;
        self.at += usize::from(is_empty);
        Some(is_empty)
    }

    /// Passes a string. Returns where its characters are.
    fn string(&mut self) -> Option<Range<usize>> {
        self.expect(b'"')?;
        let begin = self.at;
        let rest = self.bytes.get(begin..)?;
        let (words, last) = rest.as_chunks();
        let found = words.iter().map(|word| special(u64::from_le_bytes(*word)));
        let length = match found.enumerate().find(|(_, found)| *found != 0) {
            Some((word, found)) => 8 * word + found.trailing_zeros() as usize / 8,
            None => rest.len() - last.len() + last.iter().position(|byte| is_special(*byte))?,
        };
        self.at = begin + length;
        self.expect(b'"')?;
        Some(begin..begin + length)
    }

    /// Passes a number without an exponent. Returns where it is.
    fn number(&mut self) -> Option<Range<usize>> {
        let begin = self.at;
        self.at += usize::from(self.bytes.get(self.at) == Some(&b'-'));
        // A digit behind a zero in front is no comma, and is refused as whatever else follows.
        match self.bytes.get(self.at)? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        Some(begin..self.at)
    }

    /// Passes one digit or more.
    fn digits(&mut self) -> Option<()> {
        let begin = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > begin).then_some(())
    }

    /// Passes these letters.
    fn word(&mut self, word: &[u8]) -> Option<()> {
        let is_there = self.bytes.get(self.at..)?.starts_with(word);
        is_there.then(|| self.at += word.len())
    }

    /// Passes a value in which objects and arrays are nested less than `depth` times.
    fn skip(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' => {
                self.at += 1;
                self.skip_object(depth.checked_sub(1)?)
            }
            b'[' => {
                self.at += 1;
                self.skip_array(depth.checked_sub(1)?)
            }
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number().map(drop),
        }
    }

    fn skip_object(&mut self, depth: usize) -> Option<()> {
        let mut is_next = !self.is_empty(b'}')?;
        while is_next {
            self.string()?;
            self.expect(b':')?;
            self.skip(depth)?;
            is_next = self.has_next(b'}')?;
        }
        Some(())
    }

    fn skip_array(&mut self, depth: usize) -> Option<()> {
        let mut is_next = !self.is_empty(b']')?;
        while is_next {
            self.skip(depth)?;
            is_next = self.has_next(b']')?;
        }
        Some(())
    }
}

/// Whether a byte in a string has a meaning: a quotation mark, a backslash, and control characters, which are mistakes.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | ..b' ')
}

/// Finds the first of eight bytes that [`is_special`]: its highest bit is the lowest one of the result. Higher bits mean
/// nothing. If there is none, the result is zero.
fn special(bytes: u64) -> u64 {
    let below = |bytes: u64, bound: u8| bytes.wrapping_sub(repeated(bound)) & !bytes;
    let is = |byte: u8| below(bytes ^ repeated(byte), 1);
    (is(b'"') | is(b'\\') | below(bytes, b' ')) & repeated(0x80)
}

/// A text of plain JSON, for `serde`.
pub(super) struct PlainJson<'a> {
    text: &'a str,
    scanner: Scanner<'a>,
    depth: usize,
}

impl<'a> PlainJson<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, scanner: Scanner { bytes: text.as_bytes(), at: 0 }, depth: DEPTH_MAX }
    }

    /// Checks that nothing follows.
    pub(super) fn end(mut self) -> Result<(), NotPlain> {
        if self.scanner.peek().is_none() { Ok(()) } else { Err(NotPlain) }
    }

    /// A part of the text that the scanner has passed.
    fn part(&self, passed: Option<Range<usize>>) -> Result<&'a str, NotPlain> {
        passed.and_then(|part| self.text.get(part)).ok_or(NotPlain)
    }

    fn string(&mut self) -> Result<&'a str, NotPlain> {
        let passed = self.scanner.string();
        self.part(passed)
    }
}

impl<'de> Deserializer<'de> for &mut PlainJson<'de> {
    type Error = NotPlain;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        let passed = |passed: Option<()>| passed.ok_or(NotPlain);
        match self.scanner.peek().ok_or(NotPlain)? {
            b'"' => visitor.visit_borrowed_str(self.string()?),
            b'{' => self.deserialize_map(visitor),
            b'[' => Err(NotPlain),
            b't' => passed(self.scanner.word(b"true")).and_then(|()| visitor.visit_bool(true)),
            b'f' => passed(self.scanner.word(b"false")).and_then(|()| visitor.visit_bool(false)),
            b'n' => passed(self.scanner.word(b"null")).and_then(|()| visitor.visit_unit()),
            _ => {
                let number = self.scanner.number();
                visitor.visit_map(Number(Some(self.part(number)?)))
            }
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        self.scanner.expect(b'{').ok_or(NotPlain)?;
        self.depth = self.depth.checked_sub(1).ok_or(NotPlain)?;
        let is_next = !self.scanner.is_empty(b'}').ok_or(NotPlain)?;
        let mut members = Members { json: self, is_next };
        let value = visitor.visit_map(&mut members)?;
        if members.is_next {
            return Err(NotPlain);
        }
        self.depth += 1;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        self.scanner.skip(self.depth).ok_or(NotPlain)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct struct enum identifier
    }
}

/// The members of an object, of which there is another one if `is_next`.
struct Members<'j, 'a> {
    json: &'j mut PlainJson<'a>,
    is_next: bool,
}

impl<'de> MapAccess<'de> for &mut Members<'_, 'de> {
    type Error = NotPlain;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, NotPlain> {
        if !self.is_next {
            return Ok(None);
        }
        let name = self.json.string()?;
        self.json.scanner.expect(b':').ok_or(NotPlain)?;
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NotPlain> {
        let value = seed.deserialize(&mut *self.json)?;
        self.is_next = self.json.scanner.has_next(b'}').ok_or(NotPlain)?;
        Ok(value)
    }
}

/// A number in the form in which `serde_json` passes numbers on.
struct Number<'a>(Option<&'a str>);

impl<'de> MapAccess<'de> for Number<'de> {
    type Error = NotPlain;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, NotPlain> {
        self.0.map(|_| seed.deserialize(BorrowedStrDeserializer::new(DIGITS))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NotPlain> {
        let digits = self.0.take().ok_or(NotPlain)?;
        seed.deserialize(BorrowedStrDeserializer::new(digits))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;
    use crate::fields::Value;

    /// Texts that are JSON, or nearly.
    fn pieces() -> impl Strategy<Value = String> {
        let pieces = vec![
            "{", "}", "[", "]", ":", ",", "\"", "\"a\"", "\"long name\":", "\"é\"", "\\", "\u{1}", "\u{7f}", " ", "\n",
            "0", "-1", "2.50", "01", "1e5", ".5", "-", "true", "false", "null", "nul", "{}", "{\"a\":1}", "[1,\"b\"]",
            "$serde_json::private::Number", "\"12345678\"", "\"1234567\\\"\"",
        ];
        prop::collection::vec(prop::sample::select(pieces), 0..12).prop_map(|pieces| pieces.concat())
    }

    /// Objects, plain ones and others.
    fn object() -> impl Strategy<Value = String> {
        let values = vec![
            "1", "-2.5", "0", "1e5", "\"a\"", "\"\"", "\"Mar\u{ed}a Garc\u{ed}a\"", "\"\\u00e9\"", "null", "true",
            "false", "{}", "{\"a\" : {\"b\":[]}}", "[1,{\"a\":\"x\"}]", "12345678901234567890.125",
        ];
        let member = ("[a-z ]{0,9}", prop::sample::select(values))
            .prop_map(|(name, value)| format!("\"{name}\" : {value}"));
        prop::collection::vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(" ,")))
    }

    fn assert_same(text: &str) {
        if let Some(length) = plain_object_len(text.as_bytes()) {
            let mut json = serde_json::Deserializer::from_str(text);
            let object = <&RawValue>::deserialize(&mut json).map(|object| object.get().len());
            assert_eq!(object.ok(), Some(length), "{text}");
        }
        let mut plain = PlainJson::new(text);
        if let Ok(value) = Value::deserialize(&mut plain)
            && plain.end().is_ok()
        {
            assert_eq!(serde_json::from_str(text).ok(), Some(value), "{text}");
        }
    }

    proptest! {
        #[test]
        fn texts_are_read_as_by_serde_json(text in pieces()) {
            assert_same(&text);
            assert_same(&format!("{{{text}}}"));
        }

        #[test]
        fn objects_are_read_as_by_serde_json(object in object(), rest in "[ ,}]{0,2}") {
            assert_same(&object);
            assert_same(&format!("{object}{rest}"));
        }

        #[test]
        fn special_bytes_are_found(bytes in prop::array::uniform8(prop::sample::select(vec![
            0, 1, 0x1f, 0x20, 0x21, b'"', b'#', b'[', b'\\', b']', 0x7f, 0x80, 0xa2, 0xdc, 0xff,
        ]))) {
            let first = bytes.iter().position(|byte| is_special(*byte)).unwrap_or(8);
            prop_assert_eq!(special(u64::from_le_bytes(bytes)).trailing_zeros() as usize / 8, first);
        }
    }

    #[test]
    fn usual_rows_are_plain() {
        let row = r#"{"contact":{"name":"María","phone":null}, "total_amount" : -4.10,"paid":false,"tags":["a",{}]}"#;
        assert_eq!(plain_object_len(format!("{row},{{").as_bytes()), Some(row.len()));
        let object = &row.replace(r#","tags":["a",{}]"#, "");
        let mut plain = PlainJson::new(object);
        assert!(Value::deserialize(&mut plain).is_ok() && plain.end().is_ok());
    }

    #[test]
    fn deep_nesting_is_not_plain() {
        let nested = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert!(plain_object_len(nested(DEPTH_MAX).as_bytes()).is_some());
        assert!(plain_object_len(nested(100_000).as_bytes()).is_none());
        assert!(Value::deserialize(&mut PlainJson::new(&nested(100_000))).is_err());
    }
}
