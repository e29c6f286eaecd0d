//! The readers of CSV, NDJSON and JSON. The rows of a payload must be the same when it is read in pieces or
//! compressed, and the same as those of a simple reader of the whole text.
//!
//! The low bits of an input's first byte select the options of the payload, the second byte how it is divided into
//! pieces. In CSV with a mapping or with options, the first line of the rest has them.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use saldo_domain::fields::{Body, Fields, PayloadError, PayloadErrorKind};
use saldo_domain::import::{DecimalSeparator, Format, ImportOptions, Notation};
use saldo_formats::read::ImportMembers;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::pieces::Pieces;
use crate::plan;
use crate::rows::{Ended, Outcome};
use crate::strict_csv;

/// CSV: amounts have a decimal comma.
const DECIMAL_COMMA: u8 = 1;
/// JSON: the payload is a request body, and may have members beside the rows.
const IN_REQUEST: u8 = 1;
/// CSV: a mapping assigns columns to fields.
const MAPPING: u8 = 2;
/// CSV: the first line has all options as JSON, in place of a mapping.
const OPTIONS: u8 = 16;
/// The target compresses the payload before it reads it.
const COMPRESSED: u8 = 4;
/// The payload itself is a compressed file, which may be invalid.
const GZIP: u8 = 8;

/// CSV.
///
/// # Panics
/// When Saldo breaks a guarantee.
pub fn csv(input: &[u8]) {
    let Some((how, seed, rest)) = head(input) else { return };
    let read_options = match how & (MAPPING | OPTIONS) {
        MAPPING => first_line(rest, |line| {
            let mapping = serde_json::from_slice(line).ok()?;
            Some(ImportOptions { mapping: Some(mapping), ..ImportOptions::default() })
        }),
        how => options_line(how != 0, rest),
    };
    let Some((mut options, payload)) = read_options else { return };
    if how & DECIMAL_COMMA != 0 {
        options.decimal_separator = Some(DecimalSeparator::Comma);
    }
    // Options that a request is refused for.
    let Ok(notation) = Notation::with(options, Format::Csv, how & GZIP != 0) else { return };
    let outcome = read(&notation, how, seed, payload);
    let is_usual = notation.options.quote.is_none() && notation.options.encoding.is_none();
    if let Some(text) = plain_text(how, payload).filter(|_| is_usual) {
        strict_csv::compare(&outcome, text);
    }
}

/// The options that the first line has as JSON, and the rest behind it; without such a line, no options and everything.
pub(crate) fn options_line(has_line: bool, rest: &[u8]) -> Option<(ImportOptions, &[u8])> {
    if !has_line {
        return Some((ImportOptions::default(), rest));
    }
    first_line(rest, |line| {
        let fields = Fields::of_json(ImportOptions::FIELDS, line).ok()?;
        ImportOptions::read(fields, ()).ok()
    })
}

/// What the first line has, and the rest behind it.
fn first_line<T>(text: &[u8], read: impl Fn(&[u8]) -> Option<T>) -> Option<(T, &[u8])> {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    Some((read(line)?, rest.get(1..).unwrap_or_default()))
}

/// NDJSON.
///
/// # Panics
/// When Saldo breaks a guarantee.
pub fn ndjson(input: &[u8]) {
    let Some((how, seed, payload)) = head(input) else { return };
    let outcome = read(&notation(Format::Ndjson, how), how, seed, payload);
    let is_in_another_format = matches!(
        outcome.ended,
        Ended::Unreadable(PayloadError { kind: PayloadErrorKind::OtherFormat { .. }, .. })
    );
    if let Some(text) = plain_text(how, payload).filter(|_| !is_in_another_format) {
        let lines = (1..).zip(text.split('\n')).map(|(number, line)| (Some(number), line.trim()));
        let rows: Vec<_> = lines.filter(|(_, line)| !line.is_empty()).take(outcome.rows.len() + 1).collect();
        match outcome.ended {
            Ended::Early => assert!(rows.starts_with(&outcome.texts())),
            Ended::AtTheEnd | Ended::Unreadable(_) => assert_eq!(rows, outcome.texts()),
        }
        assert_eq!(matches!(outcome.ended, Ended::Unreadable(_)), rows.is_empty());
    }
}

/// JSON.
///
/// # Panics
/// When Saldo breaks a guarantee.
pub fn json(input: &[u8]) {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Envelope<'a> {
        #[serde(borrow)]
        accounts: Vec<&'a RawValue>,
        #[serde(default, deserialize_with = "is_there")]
        dry_run: bool,
        #[serde(default, deserialize_with = "is_there")]
        upload_id: bool,
    }
    let Some((how, seed, payload)) = head(input) else { return };
    let in_request = how & IN_REQUEST != 0;
    let notation = Notation { in_request, ..notation(Format::Json, how) };
    let outcome = read(&notation, how, seed, payload);
    let _at_a_glance = ImportMembers::of(payload);
    // Serde reads a struct also from an array.
    if let Some(text) = plain_text(how, payload).filter(|text| text.trim_ascii_start().starts_with('{')) {
        let rows = match serde_json::from_str(text) {
            Ok(Envelope { accounts, dry_run, upload_id }) if in_request || !(dry_run || upload_id) => {
                accounts
            }
            _ => Vec::new(),
        };
        match outcome.ended {
            Ended::AtTheEnd => {
                assert_eq!(rows.iter().map(|row| (None, row.get())).collect::<Vec<_>>(), outcome.texts());
            }
            Ended::Unreadable(_) => assert!(rows.is_empty(), "{rows:?}"),
            Ended::Early => {}
        }
    }
}

fn is_there<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

/// The options and the payload of an input.
pub(crate) fn head(input: &[u8]) -> Option<(u8, u8, &[u8])> {
    match input {
        [how, seed, payload @ ..] => Some((*how, *seed, payload)),
        _ => None,
    }
}

fn notation(format: Format, how: u8) -> Notation {
    Notation { gzip: how & GZIP != 0, ..Notation::of(format) }
}

/// The text of a payload up to a Ctrl-Z at its end, if it is UTF-8.
fn plain_text(how: u8, payload: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(payload).ok().filter(|_| how & GZIP == 0)?;
    // The byte order marks of UTF-16 are not UTF-8.
    Some(without_ctrl_z(text.strip_prefix('\u{feff}').unwrap_or(text)))
}

/// The text without a Ctrl-Z at its end, and the line breaks behind it.
fn without_ctrl_z(text: &str) -> &str {
    let end = text.trim_end_matches(['\u{1a}', '\r', '\n']).len();
    let lines = text[end..].find('\u{1a}');
    lines.map_or(text, |lines| &text[..end + lines])
}

/// Reads a payload in all ways: whole, in pieces, compressed.
fn read(notation: &Notation, how: u8, seed: u8, payload: &[u8]) -> Outcome {
    let outcome = Outcome::of(notation, payload);
    outcome.assert_same(&Outcome::of(notation, Pieces::new(payload, seed)));
    if how & COMPRESSED != 0 && !notation.gzip {
        let (one, two) = payload.split_at(payload.len() * usize::from(seed) / 256);
        let file = [gzip(one), gzip(two)].concat();
        let notation = Notation { gzip: true, ..notation.clone() };
        outcome.assert_same(&Outcome::of(&notation, Pieces::new(&file, seed)));
    }
    plan::follow(&outcome, &notation.rules(), 1 + usize::from(seed % 16));
    outcome
}

/// Compresses bytes.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("in memory")
}
