//! Texts that people write: blanks around them, line breaks in them, and characters that nobody sees.
//!
//! All readers store the same text: without blanks around it, and in Unicode's normal form C. In rows of imports, what a
//! one-line text can't hold is replaced, with a warning: no debt is lost over a line break in a name.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::{Fields, Finding, FindingCode, Patch};
use crate::text::{FromPlain, is_blank, is_invisible, is_plain, trimmed};

/// What a text may hold besides letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One line of visible characters.
    Line,
    /// Any number of lines.
    Prose,
}

/// The text without blanks around it, in normal form C.
pub(crate) fn normalized(text: &str) -> Cow<'_, str> {
    let text = trimmed(text);
    match is_plain(text) {
        true => Cow::Borrowed(text),
        false => ComposingNormalizerBorrowed::new_nfc().normalize(text),
    }
}

impl Fields<'_> {
    /// Reads a one-line text of a row. Line breaks and control characters become blanks, and invisible characters are
    /// removed, with a warning. Blank text means the same as null.
    pub(crate) fn line<T: FromPlain>(&mut self, name: &'static str) -> Patch<T> {
        self.clean(name, Kind::Line)
    }

    /// Reads a text of a row that may have line breaks. Other control characters become blanks, with a warning.
    pub(crate) fn prose<T: FromPlain>(&mut self, name: &'static str) -> Patch<T> {
        self.clean(name, Kind::Prose)
    }

    fn clean<T: FromPlain>(&mut self, name: &'static str, kind: Kind) -> Patch<T> {
        let (mut replaced, are_plain) = (false, self.are_plain);
        let text = self.patch_with(name, |text| {
            if are_plain || is_plain(text) {
                let text = trimmed(text);
                return if text.is_empty() { Ok(Patch::Clear) } else { T::from_plain(text).map(Patch::Set) };
            }
            let (text, is_replaced) = cleaned(text, kind);
            replaced = is_replaced;
            if is_blank(&text) { Ok(Patch::Clear) } else { text.parse().map(Patch::Set) }
        });
        if replaced {
            let reason = match kind {
                Kind::Line => {
                    "line breaks and control characters became blanks, and invisible characters were removed"
                }
                Kind::Prose => "control characters became blanks",
            };
            self.report(Finding::in_field(name, FindingCode::ReplacedCharacters, reason));
        }
        text
    }
}

/// The normalized text, and whether characters were replaced or removed.
fn cleaned(text: &str, kind: Kind) -> (String, bool) {
    let text = text.trim();
    let (mut clean, mut replaced) = (String::with_capacity(text.len()), false);
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        if is_control(c, kind) {
            replaced = true;
            // A line break of two characters is one blank.
            if before != ' ' && !is_control(next, kind) && next != ' ' {
                clean.push(' ');
                before = ' ';
            }
        } else if kind == Kind::Line && is_invisible(c) && !is_joiner(before, c, next) {
            replaced = true;
        } else {
            clean.push(c);
            before = c;
        }
    }
    let clean = ComposingNormalizerBorrowed::new_nfc().normalize(trimmed(&clean)).into_owned();
    (clean, replaced)
}

/// Whether the character ends a line, or controls a device. Control characters from U+0080 on are evidence of a wrong
/// encoding, which must not be hidden.
fn is_control(c: char, kind: Kind) -> bool {
    match (c, kind) {
        ('\n' | '\r' | '\t', Kind::Prose) => false,
        ('\u{0}'..'\u{20}' | '\u{7f}' | '\u{2028}' | '\u{2029}', _) => true,
        _ => false,
    }
}

/// Whether an invisible character shapes the letters or the emoji around it, as in Persian.
fn is_joiner(before: char, c: char, next: char) -> bool {
    let is_visible =
        |neighbor: char| !neighbor.is_ascii() && !neighbor.is_whitespace() && !is_invisible(neighbor);
    let is_variant = matches!(before, '\u{fe0e}' | '\u{fe0f}');
    match c {
        '\u{200c}' | '\u{200d}' => (is_visible(before) || is_variant) && is_visible(next),
        '\u{fe0e}' | '\u{fe0f}' => is_visible(before),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(text: &str) -> (String, bool) {
        cleaned(text, Kind::Line)
    }

    #[test]
    fn lines_are_trimmed_normalized_and_visible() {
        for (text, clean, replaced) in [
            ("Ana", "Ana", false),
            ("  Ana \u{a0}", "Ana", false),
            ("Mu\u{308}ller", "M\u{fc}ller", false),
            ("Ana\r\nMaría", "Ana María", true),
            ("Ana \n María", "Ana  María", true),
            ("Ana\tMaría", "Ana María", true),
            ("Ana\u{0}", "Ana", true),
            ("A\u{200b}na", "Ana", true),
            ("\u{202e}anA", "anA", true),
            ("\u{feff}Ana", "Ana", true),
            ("می\u{200c}خواهم", "می\u{200c}خواهم", false),
            ("A\u{200d}na", "Ana", true),
            ("👩\u{200d}🌾 \u{2764}\u{fe0f}", "👩\u{200d}🌾 \u{2764}\u{fe0f}", false),
            ("\u{200b}", "", true),
            ("M\u{81}ller", "M\u{81}ller", false),
        ] {
            assert_eq!(line(text), (clean.to_owned(), replaced), "{text:?}");
        }
    }

    #[test]
    fn prose_keeps_its_lines() {
        assert_eq!(cleaned(" a\r\n\tb\u{200d} ", Kind::Prose), ("a\r\n\tb\u{200d}".into(), false));
        assert_eq!(cleaned("a\u{1b}b", Kind::Prose), ("a b".into(), true));
    }

    proptest! {
        #[test]
        fn cleaned_text_is_clean(text in "(?s)[a-z\\x00-\\x20\\u{200b}\\u{200d}ü\\u{308}\\u{a0}]{0,12}") {
            for kind in [Kind::Line, Kind::Prose] {
                let (clean, _) = cleaned(&text, kind);
                prop_assert_eq!(cleaned(&clean, kind), (clean.clone(), false));
                prop_assert!(!clean.chars().any(|c| is_control(c, kind)));
                prop_assert_eq!(&*normalized(&clean), &*clean);
            }
        }
    }
}
