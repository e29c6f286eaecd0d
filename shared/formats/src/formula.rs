//! Protects spreadsheets from formulas in CSV: a text of an account must not be run as a formula.
//!
//! A spreadsheet may split a file by another delimiter than the file's own, also inside quoted text. So a cell may
//! begin at the start of a text and after each delimiter and line break in it. A *guard* is an apostrophe that is
//! inserted where a cell may begin with a formula. Quotation marks and apostrophes in front of a formula are
//! skipped: a spreadsheet may remove a quotation mark, and an apostrophe of the text itself must differ from a
//! guard.
//!
//! For every text, [`restored`] returns the text from [`guarded`] and from [`escaped`]. A file does not say how it
//! was written, so an import applies [`restored`] to every cell of a CSV file. This also removes an apostrophe that a
//! person has written to protect a formula or the zeros of an id, and the formula `="00123"` that has the same purpose.

use std::borrow::Cow;

use memchr::memchr2;

/// The characters with which a formula begins: OWASP's list for CSV injection
/// (<https://owasp.org/www-community/attacks/CSV_Injection>) and their full-width forms, which some spreadsheets
/// accept.
const FORMULA_STARTS: [char; 9] = ['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠'];
/// The control characters in OWASP's list. Inside a text, a line break ends a cell and does not begin one.
const TEXT_STARTS: [char; 2] = ['\r', '\n'];
/// The bytes after which a cell may begin: delimiters and line breaks.
const SEPARATORS: [u8; 6] = [b',', b';', b'\t', b'|', b'\r', b'\n'];
/// The character that makes a spreadsheet read a cell as text.
const GUARD: char = '\'';
/// The bytes one of which a protected text has: the guard, and the beginning of a formula around a text.
pub(crate) const PROTECTION: [u8; 2] = [b'\'', b'='];
/// The characters that may be between the start of a cell and a formula.
const PASSED_OVER: [char; 2] = [GUARD, '"'];

/// Inserts a guard wherever a cell may begin with a formula: for spreadsheets.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    edit(text, |_, _| Edit::Insert)
}

/// Like [`guarded`], for a cell of any column, in which a number stays a number. A signed number, such as an amount
/// or a phone number in E.164 form, is not a formula.
#[must_use]
pub fn guarded_cell(text: &str) -> Cow<'_, str> {
    if is_number(text) { Cow::Borrowed(text) } else { guarded(text) }
}

/// Keeps the text, and only protects what [`restored`] would change: for programs.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    edit(text, |cell, starts_text| {
        match cell.starts_with(GUARD) || (starts_text && quoted_by_formula(cell).is_some()) {
            true => Edit::Insert,
            false => Edit::Keep,
        }
    })
}

/// The text of a cell that may be protected: without guards, one apostrophe each, or without the formula around it.
#[must_use]
pub fn restored(cell: &str) -> Cow<'_, str> {
    if !may_be_protected(cell) {
        return Cow::Borrowed(cell);
    }
    match quoted_by_formula(cell) {
        Some(text) if text.contains("\"\"") => Cow::Owned(text.replace("\"\"", "\"")),
        Some(text) => Cow::Borrowed(text),
        None => edit(cell, |cell, _| if cell.starts_with(GUARD) { Edit::Remove } else { Edit::Keep }),
    }
}

/// Whether the text, or one of the texts that it is joined of, may be protected.
pub(crate) fn may_be_protected(text: &str) -> bool {
    let [guard, formula] = PROTECTION;
    memchr2(guard, formula, text.as_bytes()).is_some()
}

/// The text in a formula that consists of it: `="00123"`.
fn quoted_by_formula(cell: &str) -> Option<&str> {
    let text = cell.strip_prefix("=\"")?.strip_suffix('"')?;
    let has_single_mark = text.replace("\"\"", "").contains('"');
    (!has_single_mark).then_some(text)
}

/// What to do at the start of a cell.
enum Edit {
    Keep,
    /// Insert a guard.
    Insert,
    /// Remove the guard.
    Remove,
}

/// Edits the text wherever a cell may begin with a formula.
fn edit(text: &str, what: impl Fn(&str, bool) -> Edit) -> Cow<'_, str> {
    let mut edited = String::new();
    // The number of bytes that were copied or removed.
    let mut done = 0;
    for at in cell_starts(text) {
        let cell = text.get(at..).unwrap_or_default();
        if !begins_with_formula(cell, at == 0) {
            continue;
        }
        let resume = match what(cell, at == 0) {
            Edit::Keep => continue,
            Edit::Insert => at,
            Edit::Remove => at + GUARD.len_utf8(),
        };
        edited.push_str(text.get(done..at).unwrap_or_default());
        if resume == at {
            edited.push(GUARD);
        }
        done = resume;
    }
    if edited.is_empty() && done == 0 {
        return Cow::Borrowed(text);
    }
    edited.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(edited)
}

/// The positions at which a cell may begin: the start of the text, and after each separator. A carriage return with
/// its line feed is one separator.
fn cell_starts(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let after = bytes.iter().enumerate().filter(|(_, byte)| SEPARATORS.contains(byte));
    let after = after.map(|(at, byte)| (at + 1, *byte));
    let after = after.filter(|(next, byte)| *byte != b'\r' || bytes.get(*next) != Some(&b'\n'));
    std::iter::once(0).chain(after.map(|(next, _)| next))
}

/// Whether a formula begins here or, at the start of a text, digits behind an apostrophe: a person protects zeros so.
fn begins_with_formula(cell: &str, starts_text: bool) -> bool {
    let content = cell.trim_start_matches(PASSED_OVER);
    let protects_digits = || cell.starts_with(GUARD) && content.starts_with(|c: char| c.is_ascii_digit());
    content.starts_with(FORMULA_STARTS)
        || (starts_text && (content.starts_with(TEXT_STARTS) || protects_digits()))
}

/// Whether the text is a number: digits, with at most one sign and one decimal separator.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, decimals) = unsigned.split_once(['.', ',']).unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(decimals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use csv::{ReaderBuilder, WriterBuilder};
    use proptest::prelude::*;

    #[test]
    fn guards_are_inserted_where_a_cell_may_begin_with_a_formula() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("\t=1", "'\t'=1"),
            ("\r\n=1", "'\r\n'=1"),
            ("＝1", "'＝1"),
            ("a;=1", "a;'=1"),
            ("a|@b\t+c,-d", "a|'@b\t'+c,'-d"),
            ("called\r\n\r\n- twice", "called\r\n\r\n'- twice"),
            ("'=1", "''=1"),
            ("a;\"=1", "a;'\"=1"),
            ("'tis - O'Brien; 5\" pipe", "'tis - O'Brien; 5\" pipe"),
            ("''", "''"),
            ("", ""),
        ] {
            assert_eq!(guarded(text), expected, "{text:?}");
            assert_eq!(restored(expected), text, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_not_formulas_in_cells_of_any_column() {
        for number in ["-2", "+5491155551234", "-1250,75", "12.5"] {
            assert_eq!(guarded_cell(number), number);
        }
        for formula in ["-2+3", "+cmd|' /C calc'!A0", "-1.2.3", "-", "+1,"] {
            assert_eq!(guarded_cell(formula), format!("'{formula}"));
        }
    }

    #[test]
    fn handwritten_protection_is_removed_from_formulas_and_digits_only() {
        for (cell, text) in [
            ("'=x", "=x"),
            ("'-5", "-5"),
            ("'00123", "00123"),
            ("''00123", "'00123"),
            ("'tis", "'tis"),
            ("a;'5", "a;'5"),
            ("'", "'"),
            ("=\"00123\"", "00123"),
            ("=\"5\"\" pipe\"", "5\" pipe"),
            ("=\"\"", ""),
            ("'=\"00123\"", "=\"00123\""),
            ("=\"1\"&\"2\"", "=\"1\"&\"2\""),
            ("=\"", "=\""),
            ("=5", "=5"),
        ] {
            assert_eq!(restored(cell), text, "{cell}");
        }
        assert_eq!(escaped("=\"00123\""), "'=\"00123\"");
    }

    /// Texts of dangerous characters in any order.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "=", "+", "-", "@", "\t", "\r", "\n", "\r\n", "＝", "＠", ",", ";", "|", "'", "\"", " ", "a",
            "1", "=\"",
        ]);
        prop_oneof![
            prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()),
            "(?s).{0,20}".prop_map(String::from),
        ]
    }

    /// The cells that a spreadsheet may read from a file.
    fn cells(file: &[u8], delimiter: u8, quoting: bool) -> Vec<String> {
        let mut reader = ReaderBuilder::new();
        let reader = reader.delimiter(delimiter).quoting(quoting).flexible(true).has_headers(false);
        let records = reader.from_reader(file).into_records();
        records
            .flat_map(|record| record.expect("text").iter().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    proptest! {
        #[test]
        fn restored_returns_every_text(text in hostile()) {
            let written = [guarded(&text), escaped(&text), guarded_cell(&text)];
            for cell in &written {
                prop_assert_eq!(&*restored(cell), text.as_str());
                // The guards of guards are removed one by one.
                let twice = guarded(cell);
                prop_assert_eq!(&*restored(&twice), &**cell);
            }
        }

        #[test]
        fn escaped_changes_nothing_but_apostrophes_in_front_of_formulas(text in "(?s)[^']{0,20}") {
            prop_assume!(quoted_by_formula(&text).is_none());
            prop_assert_eq!(escaped(&text), text.as_str());
        }

        #[test]
        fn cells_begin_with_no_formula_under_any_delimiter(
            texts in prop::collection::vec(prop::collection::vec(hostile(), 3), 1..5),
            written_with in prop::sample::select(vec![b',', b';']),
        ) {
            let mut writer = WriterBuilder::new().delimiter(written_with).from_writer(Vec::new());
            // Every file has a header. Otherwise readers would remove a byte order mark from the first text.
            writer.write_record(["a", "b", "c", "end"]).expect("in memory");
            for record in &texts {
                // The last cell ends with a word, as the `reason` of a refused row does.
                let cells = record.iter().map(|text| guarded(text).into_owned()).chain(["end".to_owned()]);
                writer.write_record(cells).expect("in memory");
            }
            let file = writer.into_inner().expect("in memory");
            for delimiter in [b',', b';', b'\t', b'|'] {
                for quoting in [true, false] {
                    for cell in cells(&file, delimiter, quoting) {
                        prop_assert!(!cell.starts_with(FORMULA_STARTS) && !cell.starts_with('\r'), "{cell:?}");
                    }
                }
            }
        }
    }
}
