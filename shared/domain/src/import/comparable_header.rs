//! Headers for comparison.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// A header for comparison: blanks and line breaks are one blank, and there are none around it.
#[must_use]
pub fn comparable(header: &str) -> Cow<'_, str> {
    let is_plain = header.is_ascii()
        && !header.starts_with(' ')
        && !header.ends_with(' ')
        && !header.contains("  ")
        && !header.bytes().any(|byte| byte.is_ascii_control());
    if is_plain {
        return Cow::Borrowed(header);
    }
    let words: Vec<&str> = header.split_whitespace().collect();
    Cow::Owned(ComposingNormalizerBorrowed::new_nfc().normalize(&words.join(" ")).into_owned())
}
