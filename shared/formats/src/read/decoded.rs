//! Decodes text to UTF-8. The encoding is UTF-8 or UTF-16 with a byte order mark, the stated one, UTF-8, or a legacy
//! one such as Windows-1252, which spreadsheets write.
//!
//! Legacy encodings have no byte order mark and hardly any invalid bytes, so they can only be guessed: text without a
//! mark is in one of them if its first character beyond ASCII is not valid UTF-8. The bytes from there on decide which
//! one. If invalid bytes come after a valid character, the text is refused.
//!
//! A Ctrl-Z (U+001A) at the end, with or without line breaks behind it, is not part of the text: programs of the CP/M
//! tradition end files with it.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use saldo_domain::fields::{PayloadErrorKind, Position};

use super::{TEXT_BYTES_MAX, io_error};

/// The number of bytes that are read and decoded at a time.
const BLOCK_BYTES: usize = 64 * 1024;
/// The number of bytes of the longest byte order mark.
const MARK_BYTES: usize = 3;
/// The bytes from the first character beyond ASCII on that decide on a legacy encoding.
const SAMPLE_BYTES: usize = 64 * 1024;
/// The character that ends files of the CP/M tradition.
const CTRL_Z: u8 = 0x1a;

/// How the encoding of a text is found.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// A Unicode encoding.
    Unicode,
    /// This one, unless a byte order mark names another.
    Stated(&'static Encoding),
    /// A Unicode encoding, or else the legacy encoding that the bytes are most likely in. It is stored here.
    Detected(Rc<Cell<Option<&'static Encoding>>>),
}

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
    wanted: Wanted,
    /// The end of the decoded text, if it may be the end of the file: a Ctrl-Z, and line breaks behind it.
    held: Vec<u8>,
}

enum State {
    /// The text may begin with a byte order mark.
    Unknown,
    /// UTF-8. `proven` if a byte order mark or a character beyond ASCII has confirmed it.
    Utf8 {
        proven: bool,
    },
    /// A legacy encoding that is still to be found.
    Legacy,
    Other(&'static Encoding, Decoder),
}

impl<R: Read> Decoded<R> {
    /// The text of `source`.
    pub(super) fn new(source: R, wanted: Wanted) -> Self {
        let (raw, text, held) = (Vec::new(), Vec::new(), Vec::new());
        Self { source, raw, done: 0, ended: false, text, at: 0, encoding: State::Unknown, wanted, held }
    }

    /// Decodes one more block.
    fn advance(&mut self) -> io::Result<()> {
        self.read_block()?;
        if matches!(self.encoding, State::Unknown) {
            if self.raw.len() < MARK_BYTES && !self.ended {
                return Ok(());
            }
            self.take_mark();
        }
        if self.done > TEXT_BYTES_MAX {
            return Err(io_error(PayloadErrorKind::TooLong { bytes_max: TEXT_BYTES_MAX }));
        }
        match self.encoding {
            State::Utf8 { .. } => self.check(),
            State::Legacy => self.find_legacy(),
            State::Unknown | State::Other(..) => self.decode(),
        }
    }

    /// Reads a block behind the bytes that were not decoded.
    fn read_block(&mut self) -> io::Result<()> {
        let kept = self.raw.len();
        // Text that was returned is overwritten, and so neither allocated nor cleared again.
        let mut block = match self.at == self.text.len() {
            true => std::mem::take(&mut self.text),
            false => Vec::new(),
        };
        if self.text.is_empty() {
            self.at = 0;
        }
        block.resize(kept + BLOCK_BYTES, 0);
        let (begin, rest) = block.split_at_mut(kept);
        begin.copy_from_slice(&self.raw);
        let read = loop {
            match self.source.read(rest) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        block.truncate(kept + read.as_ref().copied().unwrap_or_default());
        self.raw = block;
        self.ended = read? == 0;
        Ok(())
    }

    fn take_mark(&mut self) {
        let stated = if let Wanted::Stated(encoding) = self.wanted { Some(encoding) } else { None };
        self.encoding = match Encoding::for_bom(&self.raw) {
            None => match stated.filter(|encoding| *encoding != UTF_8) {
                Some(encoding) => State::Other(encoding, encoding.new_decoder_without_bom_handling()),
                None => State::Utf8 { proven: stated.is_some() },
            },
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
        let (good, broken) = match simdutf8::compat::from_utf8(&self.raw) {
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
            true if matches!(self.wanted, Wanted::Detected(_)) && !proven => {
                self.encoding = State::Legacy;
                self.find_legacy()
            }
            true => Err(self.malformed("UTF-8", 0)),
        }
    }

    /// Finds the legacy encoding as soon as the whole sample is read, so that it does not depend on how the bytes arrive.
    fn find_legacy(&mut self) -> io::Result<()> {
        let sample = self.raw.get(..SAMPLE_BYTES);
        if sample.is_none() && !self.ended {
            return Ok(());
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(sample.unwrap_or(&self.raw), sample.is_none());
        let encoding = detector.guess(None, Utf8Detection::Deny);
        if let Wanted::Detected(found) = &self.wanted {
            found.set(Some(encoding));
        }
        self.encoding = State::Other(encoding, encoding.new_decoder_without_bom_handling());
        self.decode()
    }

    /// Decodes bytes in another encoding.
    fn decode(&mut self) -> io::Result<()> {
        let raw = std::mem::take(&mut self.raw);
        let State::Other(encoding, decoder) = &mut self.encoding else { return Ok(()) };
        let longest = decoder.max_utf8_buffer_length_without_replacement(raw.len());
        let mut text = vec![0; longest.ok_or_else(|| io::Error::other("a block of text is too long"))?];
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

    /// Appends decoded text for the next calls of `read`, except for what may be the end of the file.
    fn hand_on(&mut self, mut text: Vec<u8>) {
        if !text.is_empty() && !self.held.is_empty() {
            self.held.append(&mut text);
            text = std::mem::take(&mut self.held);
        }
        if text.last().is_some_and(|last| matches!(last, &CTRL_Z | b'\r' | b'\n')) {
            let end = text
                .iter()
                .rposition(|byte| !matches!(byte, &CTRL_Z | b'\r' | b'\n'))
                .map_or(0, |last| last + 1);
            let lines = text.iter().skip(end).take_while(|byte| **byte != CTRL_Z).count();
            // A longer end is none that a program writes. It is passed on as text, so that memory stays bounded.
            if (1..=BLOCK_BYTES).contains(&(text.len() - end - lines)) {
                self.held = text.split_off(end + lines);
            }
        }
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

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at == self.text.len() && !self.ended {
            self.advance()?;
        }
        Ok(self.text.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, bytes: usize) {
        self.at = self.text.len().min(self.at + bytes);
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(out)?;
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8], or_legacy: bool) -> Result<String, String> {
        let wanted = if or_legacy { Wanted::Detected(Rc::default()) } else { Wanted::Unicode };
        decoded_as(bytes, wanted)
    }

    fn decoded_as(bytes: &[u8], wanted: Wanted) -> Result<String, String> {
        let mut text = String::new();
        // One byte at a time, so that every character is cut at every position.
        let bytes = bytes
            .chunks(1)
            .fold(Box::new(io::empty()) as Box<dyn Read>, |all, byte| Box::new(all.chain(byte)));
        let read = Decoded::new(bytes, wanted).read_to_string(&mut text);
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
    fn legacy_encoding_is_detected_or_stated() {
        let polish = "Łódź Świętokrzyska; Gdańsk, ul. Żółwia 5";
        let (bytes, _, _) = encoding_rs::WINDOWS_1250.encode(polish);
        let found = Rc::default();
        assert_eq!(decoded_as(&bytes, Wanted::Detected(Rc::clone(&found))).as_deref(), Ok(polish));
        assert_eq!(found.get(), Some(encoding_rs::WINDOWS_1250));
        let (bytes, _, _) = encoding_rs::ISO_8859_2.encode("Łódź");
        assert_eq!(decoded_as(&bytes, Wanted::Stated(encoding_rs::ISO_8859_2)).as_deref(), Ok("Łódź"));
        assert_eq!(decoded_as(b"a\0b\0", Wanted::Stated(encoding_rs::UTF_16LE)).as_deref(), Ok("ab"));
        // A byte order mark is certain.
        assert_eq!(
            decoded_as("\u{feff}é".as_bytes(), Wanted::Stated(encoding_rs::ISO_8859_2)).as_deref(),
            Ok("é")
        );
        assert!(decoded_as(b"\xe9", Wanted::Stated(UTF_8)).is_err());
    }

    #[test]
    fn ctrl_z_at_the_end_ends_the_file() {
        for (text, expected) in [
            ("a\n\u{1a}", "a\n"),
            ("a\u{1a}", "a"),
            ("a\r\n\u{1a}\r\n", "a\r\n"),
            ("a\n\u{1a}\u{1a}\n\n", "a\n"),
            ("\u{1a}", ""),
            ("a\u{1a}b", "a\u{1a}b"),
            ("a\n\u{1a}\nb\n", "a\n\u{1a}\nb\n"),
        ] {
            assert_eq!(decoded(text.as_bytes(), true).as_deref(), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn file_of_ctrl_z_is_not_kept_in_memory() {
        let source = io::repeat(CTRL_Z).take(8 * BLOCK_BYTES as u64);
        let mut decoded = Decoded::new(source, Wanted::Unicode);
        let mut text: Vec<u8> = Vec::new();
        let mut block = [0; 1_000];
        loop {
            let read = decoded.read(&mut block).expect("text");
            assert!(decoded.held.len() + decoded.text.len() <= 3 * BLOCK_BYTES);
            match read {
                0 => break,
                _ => text.extend(block.iter().take(read)),
            }
        }
        assert!(text.len() >= 7 * BLOCK_BYTES && text.iter().all(|byte| *byte == CTRL_Z));
    }

    #[test]
    fn broken_text_is_refused_where_it_breaks() {
        for (bytes, or_legacy, expected) in [
            (&b"N\xfaz"[..], false, "byte 1: the text is not UTF-8"),
            ("é \u{e9}".as_bytes(), false, ""),
            (b"\xc3\xa9 \xfa", true, "byte 3: the text is not UTF-8"),
            (b"\xef\xbb\xbf \xfa", true, "byte 4: the text is not UTF-8"),
            (b"ab\xc3", false, "byte 2: the text is not UTF-8"),
            (b"\xff\xfea\0\x00\xd8b\0", true, "byte 4: the text is not UTF-16LE"),
        ] {
            assert_eq!(decoded(bytes, or_legacy).err().unwrap_or_default(), expected);
        }
    }

    proptest! {
        #[test]
        fn utf_8_is_unchanged_wherever_blocks_end(text in "\\PC{0,40}") {
            let expected = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
            prop_assert_eq!(decoded(text.as_bytes(), true), Ok(expected));
        }

        #[test]
        fn any_bytes_are_text_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), or_legacy: bool) {
            let _read = decoded(&bytes, or_legacy);
        }
    }
}
