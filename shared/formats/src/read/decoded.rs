//! Decodes text to UTF-8. The encoding is UTF-8 or UTF-16 with a byte order mark, UTF-8 without one, or
//! Windows-1252, which spreadsheets write.
//!
//! Windows-1252 has no byte order mark and no invalid bytes, so it can only be guessed: text without a mark is
//! Windows-1252 if its first character beyond ASCII is not valid UTF-8. If invalid bytes come after a valid
//! character, the text is refused.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, WINDOWS_1252};
use saldo_domain::fields::{PayloadErrorKind, Position};

use super::{TEXT_BYTES_MAX, io_error};

/// The number of bytes that are read and decoded at a time.
const BLOCK_BYTES: usize = 64 * 1024;
/// The number of bytes of the longest byte order mark.
const MARK_BYTES: usize = 3;
/// How many times longer text may be in UTF-8: three bytes for one of Windows-1252.
const GROWTH_MAX: usize = 3;

/// The text of a source in UTF-8. Errors are those of the source, or contain a
/// [`PayloadError`](saldo_domain::fields::PayloadError).
pub(super) struct Decoded<R> {
    source: R,
    /// Bytes that were read and not decoded: at most one block, and the beginning of a character.
    raw: Vec<u8>,
    /// The number of bytes that were decoded before `raw`.
    done: u64,
    ended: bool,
    /// Decoded bytes; those before `at` were returned.
    text: Vec<u8>,
    at: usize,
    encoding: State,
    or_windows: bool,
}

enum State {
    /// The text may begin with a byte order mark.
    Unknown,
    /// UTF-8. `proven` if a byte order mark or a character beyond ASCII has confirmed it.
    Utf8 {
        proven: bool,
    },
    Other(&'static Encoding, Decoder),
}

impl<R: Read> Decoded<R> {
    /// The text of `source`. It may be Windows-1252 if `or_windows` is set.
    pub(super) fn new(source: R, or_windows: bool) -> Self {
        let (raw, text) = (Vec::new(), Vec::new());
        Self { source, raw, done: 0, ended: false, text, at: 0, encoding: State::Unknown, or_windows }
    }

    /// Decodes one more block.
    fn advance(&mut self) -> io::Result<()> {
        let kept = self.raw.len();
        self.raw.resize(kept + BLOCK_BYTES, 0);
        let read = loop {
            match self.source.read(self.raw.get_mut(kept..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.raw.truncate(kept + read.as_ref().copied().unwrap_or_default());
        self.ended = read? == 0;
        if matches!(self.encoding, State::Unknown) {
            if self.raw.len() < MARK_BYTES && !self.ended {
                return Ok(());
            }
            self.take_mark();
        }
        if self.done > TEXT_BYTES_MAX {
            return Err(io_error(PayloadErrorKind::TooLong { bytes_max: TEXT_BYTES_MAX }));
        }
        if matches!(self.encoding, State::Utf8 { .. }) { self.check() } else { self.decode() }
    }

    fn take_mark(&mut self) {
        self.encoding = match Encoding::for_bom(&self.raw) {
            None => State::Utf8 { proven: false },
            Some((encoding, length)) => {
                self.raw.drain(..length);
                self.done += length as u64;
                match encoding == UTF_8 {
                    true => State::Utf8 { proven: true },
                    false => State::Other(encoding, encoding.new_decoder_without_bom_handling()),
                }
            }
        };
    }

    /// Passes on the bytes that are UTF-8.
    fn check(&mut self) -> io::Result<()> {
        let (good, broken) = match std::str::from_utf8(&self.raw) {
            Ok(text) => (text.len(), false),
            // The block ends in the middle of a character.
            Err(error) if error.error_len().is_none() && !self.ended => (error.valid_up_to(), false),
            Err(error) => (error.valid_up_to(), true),
        };
        let rest = self.raw.split_off(good);
        let text = std::mem::replace(&mut self.raw, rest);
        self.done += good as u64;
        let State::Utf8 { proven } = &mut self.encoding else { return Ok(()) };
        *proven = *proven || !text.is_ascii();
        let proven = *proven;
        self.hand_on(text);
        match broken {
            false => Ok(()),
            true if self.or_windows && !proven => {
                self.encoding = State::Other(WINDOWS_1252, WINDOWS_1252.new_decoder_without_bom_handling());
                self.decode()
            }
            true => Err(self.malformed("UTF-8", 0)),
        }
    }

    /// Decodes bytes in another encoding.
    fn decode(&mut self) -> io::Result<()> {
        let raw = std::mem::take(&mut self.raw);
        let State::Other(encoding, decoder) = &mut self.encoding else { return Ok(()) };
        let mut text = vec![0; GROWTH_MAX * (raw.len() + MARK_BYTES)];
        let (outcome, read, written) =
            decoder.decode_to_utf8_without_replacement(&raw, &mut text, self.ended);
        let name = encoding.name();
        self.done += read as u64;
        text.truncate(written);
        self.hand_on(text);
        match outcome {
            DecoderResult::Malformed(bad, after) => Err(self.malformed(name, u64::from(bad + after))),
            DecoderResult::InputEmpty | DecoderResult::OutputFull => Ok(()),
        }
    }

    /// Appends decoded text for the next calls of `read`.
    fn hand_on(&mut self, text: Vec<u8>) {
        if self.at == self.text.len() {
            (self.text, self.at) = (text, 0);
        } else {
            self.text.extend(text);
        }
    }

    fn malformed(&self, encoding: &'static str, back: u64) -> io::Error {
        let position = Position { byte: Some(self.done.saturating_sub(back)), ..Position::default() };
        io_error(PayloadErrorKind::InvalidEncoding { encoding }.at(position))
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.ended {
            self.advance()?;
        }
        let length = self.text.get(self.at..).unwrap_or_default().read(out)?;
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8], or_windows: bool) -> Result<String, String> {
        let mut text = String::new();
        // One byte at a time, so that every character is cut at every position.
        let bytes = bytes
            .chunks(1)
            .fold(Box::new(io::empty()) as Box<dyn Read>, |all, byte| Box::new(all.chain(byte)));
        let read = Decoded::new(bytes, or_windows).read_to_string(&mut text);
        read.map(|_| text).map_err(|error| error.to_string())
    }

    #[test]
    fn byte_order_mark_or_first_character_beyond_ascii_decides_the_encoding() {
        let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        let text = "Núñez, 5 €, 🦀";
        assert_eq!(decoded(text.as_bytes(), true).as_deref(), Ok(text));
        assert_eq!(decoded(format!("\u{feff}{text}").as_bytes(), true).as_deref(), Ok(text));
        assert_eq!(decoded(&utf16(text, u16::to_le_bytes), false).as_deref(), Ok(text));
        assert_eq!(decoded(&utf16(text, u16::to_be_bytes), false).as_deref(), Ok(text));
        assert_eq!(decoded(b"N\xfa\xf1ez, 5 \x80", true).as_deref(), Ok("Núñez, 5 €"));
        assert_eq!(decoded(b"", true).as_deref(), Ok(""));
        assert_eq!(decoded(b"ab", true).as_deref(), Ok("ab"));
    }

    #[test]
    fn broken_text_is_refused_where_it_breaks() {
        for (bytes, or_windows, expected) in [
            (&b"N\xfaz"[..], false, "byte 1: the text is not UTF-8"),
            ("é \u{e9}".as_bytes(), false, ""),
            (b"\xc3\xa9 \xfa", true, "byte 3: the text is not UTF-8"),
            (b"\xef\xbb\xbf \xfa", true, "byte 4: the text is not UTF-8"),
            (b"ab\xc3", false, "byte 2: the text is not UTF-8"),
            (b"\xff\xfea\0\x00\xd8b\0", true, "byte 4: the text is not UTF-16LE"),
        ] {
            assert_eq!(decoded(bytes, or_windows).err().unwrap_or_default(), expected);
        }
    }

    proptest! {
        #[test]
        fn utf_8_is_unchanged_wherever_blocks_end(text in "\\PC{0,40}") {
            let expected = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
            prop_assert_eq!(decoded(text.as_bytes(), true), Ok(expected));
        }

        #[test]
        fn any_bytes_are_text_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), or_windows: bool) {
            if let Ok(text) = decoded(&bytes, or_windows) {
                prop_assert!(text.len() <= GROWTH_MAX * bytes.len());
            }
        }
    }
}
