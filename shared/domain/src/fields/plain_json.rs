//! A quick reader of the JSON that most rows are: strings without escapes, numbers without exponents, and objects of them.
//!
//! At anything else, mistakes included, it gives up, and its caller asks `serde_json`, which takes several times as long.
//! What it reads, it reads as `serde_json` does, so results and errors do not depend on it.

use std::borrow::Cow;
use std::ops::Range;

use super::Value;
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

/// A position in a text, and what is there.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        match *self.bytes.get(self.at)? {
            ..=b' ' => self.peek_behind_blanks(),
            byte => Some(byte),
        }
    }

    #[cold]
    fn peek_behind_blanks(&mut self) -> Option<u8> {
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.bytes.get(self.at..)?.iter().take_while(is_blank).count();
        self.bytes.get(self.at).copied()
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
    #[expect(
        clippy::inline_always,
        reason = "most strings are so short that a call takes a third of the time"
    )]
    #[inline(always)]
    fn string(&mut self) -> Option<Range<usize>> {
        self.expect(b'"')?;
        let begin = self.at;
        let end = begin + special_at(self.bytes.get(begin..)?)?;
        self.at = end + 1;
        (*self.bytes.get(end)? == b'"').then_some(begin..end)
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

/// The position of the first byte that [`is_special`].
#[inline]
fn special_at(text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks();
    let mut at = 0;
    for word in words {
        match special(u64::from_le_bytes(*word)) {
            0 => at += word.len(),
            found => return Some(at + found.trailing_zeros() as usize / 8),
        }
    }
    rest.iter().position(|byte| is_special(*byte)).map(|in_rest| at + in_rest)
}

/// Finds the first of eight bytes that [`is_special`]: its highest bit is the lowest one of the result. Higher bits mean
/// nothing. If there is none, the result is zero.
fn special(bytes: u64) -> u64 {
    let below = |bytes: u64, bound: u8| bytes.wrapping_sub(repeated(bound));
    // With one bit changed, control characters stay control characters, and a quotation mark becomes a blank.
    let quotes_and_controls = below(bytes ^ repeated(b'"' ^ b' '), b' ' + 1);
    let backslashes = below(bytes ^ repeated(b'\\'), 1);
    (quotes_and_controls | backslashes) & !bytes & repeated(0x80)
}

/// A text of plain JSON.
pub(super) struct PlainJson<'a> {
    text: &'a str,
    scanner: Scanner<'a>,
}

impl<'a> PlainJson<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, scanner: Scanner { bytes: text.as_bytes(), at: 0 } }
    }

    /// Passes the members of an object. Each is passed by `member`, from its value on.
    pub(super) fn object(&mut self, mut member: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.scanner.expect(b'{')?;
        let mut is_next = !self.scanner.is_empty(b'}')?;
        while is_next {
            let name = self.string()?;
            self.scanner.expect(b':')?;
            member(self, name)?;
            is_next = self.scanner.has_next(b'}')?;
        }
        Some(())
    }

    /// Passes a value that is no object and no array.
    pub(super) fn scalar(&mut self) -> Option<Value<'a>> {
        Some(match self.scanner.peek()? {
            b'"' => Value::Text(Cow::Borrowed(self.string()?)),
            b'-' | b'0'..=b'9' => {
                let number = self.scanner.number()?;
                Value::Number(Cow::Borrowed(self.text.get(number)?))
            }
            b't' => self.scanner.word(b"true").map(|()| Value::Other(true.into()))?,
            b'f' => self.scanner.word(b"false").map(|()| Value::Other(false.into()))?,
            b'n' => self.scanner.word(b"null").map(|()| Value::Null)?,
            _ => return None,
        })
    }

    /// Passes a value of any type.
    pub(super) fn skip(&mut self) -> Option<()> {
        self.scanner.skip(DEPTH_MAX)
    }

    /// Whether nothing follows.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.scanner.peek().is_none()
    }

    #[expect(clippy::inline_always, reason = "as for the scanner's strings")]
    #[inline(always)]
    fn string(&mut self) -> Option<&'a str> {
        let string = self.scanner.string()?;
        self.text.get(string)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;

    /// Texts that are JSON, or nearly.
    fn pieces() -> impl Strategy<Value = String> {
        let pieces = vec![
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "\"a\"",
            "\"long name\":",
            "\"é\"",
            "\\",
            "\u{1}",
            "\u{7f}",
            " ",
            "\n",
            "0",
            "-1",
            "2.50",
            "01",
            "1e5",
            ".5",
            "-",
            "true",
            "false",
            "null",
            "nul",
            "{}",
            "{\"a\":1}",
            "[1,\"b\"]",
            "$serde_json::private::Number",
            "\"12345678\"",
            "\"1234567\\\"\"",
        ];
        prop::collection::vec(prop::sample::select(pieces), 0..12).prop_map(|pieces| pieces.concat())
    }

    /// Objects, plain ones and others.
    fn object() -> impl Strategy<Value = String> {
        let values = vec![
            "1",
            "-2.5",
            "0",
            "1e5",
            "\"a\"",
            "\"\"",
            "\"Mar\u{ed}a Garc\u{ed}a\"",
            "\"\\u00e9\"",
            "null",
            "true",
            "false",
            "{}",
            "{\"a\" : {\"b\":[]}}",
            "[1,{\"a\":\"x\"}]",
            "12345678901234567890.125",
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
        if let Some(value) = plain.scalar().filter(|_| plain.is_at_end()) {
            assert_eq!(serde_json::from_str(text).ok(), Some(value), "{text}");
        }
    }

    proptest! {
        #[test]
        fn texts_are_read_as_by_serde_json(text in pieces()) {
            assert_same(&text);
            assert_same(&format!("{{{text}}}"));
            assert_same(&format!("\"{text}\""));
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
    }

    #[test]
    fn deep_nesting_is_not_plain() {
        let nested = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert!(plain_object_len(nested(DEPTH_MAX).as_bytes()).is_some());
        assert!(plain_object_len(nested(100_000).as_bytes()).is_none());
        assert!(PlainJson::new(&nested(100_000)).skip().is_none());
    }
}
