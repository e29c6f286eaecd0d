//! Ids that a spreadsheet has turned into something else. Different ids become the same text, so
//! different accounts would become one.

use super::{Fields, FindingCode, Patch, normalized, shown_value};
use crate::text::{FromPlain, TextError, invisible, is_plain, trimmed};

/// The digits that a spreadsheet writes in front of the separator of a number in scientific
/// notation (three in engineering notation), and the most in its exponent.
const DIGITS_MAX: usize = 3;

/// The fewest letters in the name of a spreadsheet's error value: `#REF!`, `#DIV/0!`.
const ERROR_LETTERS_MIN: usize = 3;

/// Whether the text is what a spreadsheet shows of an id that it took for a number, or could not
/// compute: `1.23457E+12`, `1E+05`, `#N/A`, `#####`.
pub(crate) fn is_mangled(id: &str) -> bool {
    let id = trimmed(id);
    match id.as_bytes() {
        [b'0'..=b'9' | b'+' | b'-', ..] => is_scientific(id),
        [b'#', ..] => is_error(id),
        _ => false,
    }
}

/// A number with an exponent. Without a fraction and any sign, as in `12E4`, it may be an id.
fn is_scientific(id: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let short = |part: &str| digits(part) && part.trim_start_matches('0').len() <= DIGITS_MAX;
    let unsigned = id.strip_prefix(['+', '-']).unwrap_or(id);
    // Most ids go on in another way behind their first digits.
    let behind_digits = unsigned.bytes().find(|byte| !byte.is_ascii_digit());
    if !matches!(behind_digits, Some(b'.' | b',' | b'e' | b'E')) {
        return false;
    }
    let Some((mantissa, exponent)) = unsigned.split_once(['e', 'E']) else { return false };
    let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = match mantissa.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let has_sign = unsigned != id || power != exponent;
    short(whole) && short(power) && fraction.is_none_or(digits) && (fraction.is_some() || has_sign)
}

/// An error value, such as `#REF!`, or what fills a column that is too narrow.
fn is_error(id: &str) -> bool {
    let Some(name) = id.strip_prefix('#') else { return false };
    let hashes = name.len() >= 2 && name.bytes().all(|byte| byte == b'#');
    // In every language, names of errors are in capitals: `#REF!`, `#¿NOMBRE?`, `#DIV/0!`, `#ИМЯ?`.
    let is_of_name = |c: char| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '/' | '_' | '¿');
    let named = name.strip_suffix(['!', '?']).is_some_and(|name| {
        name.chars().all(is_of_name) && name.chars().filter(|c| c.is_uppercase()).count() >= ERROR_LETTERS_MIN
    });
    hashes || named || matches!(name, "N/A" | "NV" | "N/D")
}

/// Why a text is refused as an id.
#[derive(Debug, thiserror::Error)]
enum IdError {
    #[error(
        "{shown} is what a spreadsheet has made of an id; format the column as text there and export it again"
    )]
    Mangled { shown: String },
    #[error(transparent)]
    Text(#[from] TextError),
}

impl From<IdError> for FindingCode {
    fn from(error: IdError) -> Self {
        match error {
            IdError::Mangled { .. } => Self::MangledId,
            IdError::Text(error) => error.into(),
        }
    }
}

/// The id, unless it has an invisible character: ids that look equal would differ. `is_known_plain` if it need not be looked
/// at to know that it is plain.
fn parse<T: FromPlain>(id: &str, is_known_plain: bool) -> Result<T, IdError> {
    if is_mangled(id) {
        return Err(IdError::Mangled { shown: shown_value(id) });
    }
    let id = trimmed(id);
    if is_known_plain || is_plain(id) {
        return Ok(T::from_plain(id)?);
    }
    let id = normalized(id);
    let read = id.parse()?;
    invisible(&id).map_or(Ok(read), |character| Err(TextError::InvisibleCharacter(character).into()))
}

impl Fields<'_> {
    /// A field that holds an id. One that a spreadsheet has mangled, or that has an invisible character, is refused.
    pub fn id<T: FromPlain>(&mut self, name: &'static str) -> Patch<T> {
        let are_plain = self.are_plain;
        self.patch(name, |id| parse(id, are_plain))
    }

    /// As [`Fields::id`], of a field in which blanks say what null says.
    pub fn optional_id<T: FromPlain>(&mut self, name: &'static str) -> Patch<T> {
        let are_plain = self.are_plain;
        self.optional_with(name, |id| parse(id, are_plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_a_spreadsheet_turned_into_numbers_or_errors_are_found() {
        for id in [
            "1.23457E+12",
            "1,23457E+12",
            "1E+05",
            "1.2e12",
            " 1.23457E+12 ",
            "-1.5E-07",
            "12.3E+3",
            "1e+21",
            "-1E5",
            "+1E5",
            "1.23457E+0012",
            "#N/A",
            "#REF!",
            "#NAME?",
            "#DIV/0!",
            "#BEZUG!",
            "#¿NOMBRE?",
            "#ИМЯ?",
            "########",
        ] {
            assert!(is_mangled(id), "{id}");
        }
        for id in [
            "1234567890123",
            "1E5",
            "12E4",
            "INV-1E+05",
            "E+12",
            "1.2E",
            "1.2E+1234",
            "1.2.3E+4",
            "1E+05/2",
            "#1042",
            "#",
            "##",
            "1,23457",
            "",
            "2E+",
            "#why not?",
            "#?",
            "#1042!",
        ] {
            assert!(!is_mangled(id), "{id}");
        }
    }
}
