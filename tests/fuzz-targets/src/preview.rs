//! Previews of all formats. The options that a preview proposes must read the file as the preview shows it, and a preview
//! with these options must propose the same.
//!
//! The low bits of an input's first byte select the format and what the rest is, the second byte where the file is cut.

use jiff::Timestamp;
use saldo_domain::date::Date;
use saldo_domain::id::OrgId;
use saldo_domain::import::{Format, ImportOptions, Notation, RowDefaults};
use saldo_formats::preview::{Beginning, Preview, ROWS_SHOWN, Setting, preview as preview_of};
use saldo_formats::read::ReadError;

use crate::readers::{gzip, head, options_line};
use crate::rows::{Ended, Outcome};
use crate::workbook::archive;

/// The formats, by the lowest bits.
const FORMATS: [Format; 4] = [Format::Csv, Format::Ndjson, Format::Json, Format::Xlsx];
/// The first line of the rest has options as JSON.
const OPTIONS: u8 = 4;
/// Text: the target compresses it. A workbook: the rest is the file, and not the contents of its parts.
const PACKED: u8 = 8;
/// The file is cut at a place that the second byte decides.
const CUT: u8 = 16;

/// Previews.
///
/// # Panics
/// When Saldo breaks a guarantee.
pub fn preview(input: &[u8]) {
    let Some((how, cut, rest)) = head(input) else { return };
    let format = FORMATS[usize::from(how) % FORMATS.len()];
    let Some((options, content)) = options_line(how & OPTIONS != 0, rest) else { return };
    let is_packed = how & PACKED != 0;
    let file = match (format, is_packed) {
        (Format::Xlsx, false) => archive(content),
        (Format::Xlsx, true) | (_, false) => content.to_vec(),
        (_, true) => gzip(content),
    };
    let gzip = is_packed && format != Format::Xlsx;
    // Options that a request is refused for.
    if Notation::with(options.clone(), format, gzip).is_err() {
        return;
    }
    let is_whole = how & CUT == 0 || format == Format::Xlsx;
    let end = if is_whole { file.len() } else { file.len() * usize::from(cut) / 256 };
    let beginning = Beginning { bytes: &file[..end], is_whole, gzip };
    let Some(first) = previewed(beginning, format, &options) else { return };
    if first.is_whole {
        assert_imported(&first, format, gzip, &file);
    }
    assert_proposed_again(&first, beginning, format);
}

/// The preview; `None` if the file is refused.
fn previewed(beginning: Beginning<'_>, format: Format, options: &ImportOptions) -> Option<Preview> {
    let org: OrgId = "org_aaaaaaaaaaaaaaaa".parse().expect("an id");
    let (currency, now) = ("EUR".parse().expect("a currency"), Timestamp::UNIX_EPOCH);
    let defaults = RowDefaults { currency, as_of: Date::ZERO, as_of_max: Date::MAX, amounts: None };
    let setting = Setting { org: &org, defaults, now };
    match preview_of(beginning, format, options, setting) {
        Ok(preview) => {
            let rows = &preview.rows;
            assert!(rows.refused + rows.superseded <= rows.read);
            assert_eq!(rows.first.len() as u64, rows.read.min(ROWS_SHOWN as u64));
            Some(preview)
        }
        Err(ReadError::Payload(error)) => {
            assert!(error.to_string().len() < 2_500, "a reason is short: {error}");
            None
        }
        Err(error @ (ReadError::SourceEnded(_) | ReadError::Stopped)) => panic!("{error}"),
    }
}

/// Checks that an import with the proposed options reads the rows that the preview has read.
fn assert_imported(preview: &Preview, format: Format, gzip: bool, file: &[u8]) {
    let options = preview.options.clone();
    let notation = Notation::with(options, format, gzip).expect("the proposed options are valid");
    let imported = Outcome::of(&Notation { in_request: true, ..notation }, file);
    let rows = &preview.rows;
    match imported.ended {
        Ended::AtTheEnd => {
            assert_eq!((rows.refusal.as_ref(), rows.read), (None, imported.rows.len() as u64));
        }
        Ended::Unreadable(error) => assert!(rows.refusal.is_some(), "an import is refused: {error}"),
        Ended::Early => {}
    }
}

/// Checks that the proposed options are what a request may state, and are not changed by another preview.
fn assert_proposed_again(first: &Preview, beginning: Beginning<'_>, format: Format) {
    let json = serde_json::to_vec(&first.options).expect("JSON");
    let (stated, _) = options_line(true, &json).expect("options of a request");
    assert_eq!(stated, first.options);
    let second = previewed(beginning, format, &stated).expect("a preview with the proposed options");
    assert_eq!(second.options, first.options);
    let counts = |preview: &Preview| (preview.rows.read, preview.rows.refused, preview.rows.superseded);
    assert_eq!(counts(&second), counts(first));
}
