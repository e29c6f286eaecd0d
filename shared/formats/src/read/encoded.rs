//! The beginning of a file as a text, with the encoding that it was in.

use std::io::Read;
use std::rc::Rc;

use encoding_rs::Encoding;
use saldo_domain::fields::PayloadError;
use saldo_domain::import::Format;

use super::decoded::{Decoded, Wanted};
use super::{ReadError, recognized};

/// A text, and the encoding that it was in.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) text: String,
    /// The name of the encoding.
    pub(crate) encoding: &'static str,
    /// Whether a byte order mark names the encoding.
    has_mark: bool,
    /// Whether the encoding is the most likely one, but not certain.
    pub(crate) is_assumed: bool,
}

impl Encoded {
    /// The encoding that options must state so that the next file is read in it, too: none if a byte order mark states it, or if
    /// the text is ASCII, which proves nothing.
    pub(crate) fn to_state(&self) -> Option<&'static str> {
        (!self.has_mark && !self.text.is_ascii()).then_some(self.encoding)
    }
}

/// Decodes the beginning of a file, which is read as a whole.
///
/// # Errors
/// When the bytes are no text of this format.
pub(crate) fn text(
    bytes: &[u8],
    format: Format,
    stated: Option<&'static Encoding>,
) -> Result<Encoded, PayloadError> {
    let assumed = Rc::default();
    let wanted = match (format, stated) {
        (Format::Csv, Some(stated)) => Wanted::Stated(stated),
        (Format::Csv, None) => Wanted::Detected(Rc::clone(&assumed)),
        (Format::Json | Format::Ndjson | Format::Xlsx, _) => Wanted::Unicode,
    };
    let mut text = String::new();
    let read = || -> Result<usize, ReadError> {
        Ok(Decoded::new(recognized::checked(bytes, format)?, wanted).read_to_string(&mut text)?)
    };
    match read() {
        Err(ReadError::Payload(error)) => return Err(error),
        Err(ReadError::SourceEnded(_) | ReadError::Stopped) | Ok(_) => {}
    }
    let mark = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let assumed = assumed.get();
    let encoding = mark.or(stated).or(assumed).unwrap_or(encoding_rs::UTF_8).name();
    Ok(Encoded { text, encoding, has_mark: mark.is_some(), is_assumed: assumed.is_some() })
}
