//! The form of an exported CSV file: the characters between its cells and in its amounts, stated one by one or by a locale.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Format;
use crate::fields::{Fields, Finding, FindingCode, InvalidValue};
use crate::money::DecimalSeparator;

/// The form of a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CsvForm {
    /// The character between cells.
    pub delimiter: ExportDelimiter,
    /// The decimal separator of amounts.
    pub decimal_separator: DecimalSeparator,
    /// Whether the file begins with a byte order mark, by which spreadsheets recognize UTF-8.
    pub bom: bool,
}

/// The character between the cells of an exported file. The protection against formulas knows all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ExportDelimiter {
    /// `,`.
    #[default]
    Comma,
    /// `;`.
    Semicolon,
    /// A tab.
    Tab,
    /// `|`.
    Pipe,
}

impl ExportDelimiter {
    /// The character, which is one byte long.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

impl FromStr for ExportDelimiter {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "," => Ok(Self::Comma),
            ";" => Ok(Self::Semicolon),
            "\t" | "\\t" => Ok(Self::Tab),
            "|" => Ok(Self::Pipe),
            _ => Err(InvalidValue("expected , or ; or | or a tab")),
        }
    }
}

/// A locale whose spreadsheets expect certain characters: its language, with its country where countries differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locale {
    tag: &'static str,
    delimiter: ExportDelimiter,
    decimal_separator: DecimalSeparator,
}

/// The locales with a decimal comma, and so with semicolons between cells, in the regional settings of Windows.
const OF_COMMA: [&str; 45] = [
    "bg", "ca", "cs", "da", "de", "de-AT", "de-DE", "el", "es", "es-AR", "es-BO", "es-CL", "es-CO", "es-CR",
    "es-EC", "es-ES", "es-PY", "es-UY", "es-VE", "et", "fi", "fr", "fr-BE", "fr-CA", "fr-FR", "hr", "hu",
    "id", "it", "it-IT", "lt", "lv", "nb", "nl", "nl-BE", "nl-NL", "pl", "pt", "pt-BR", "pt-PT", "ro", "ru",
    "sk", "sv", "tr",
];
/// The locales with a decimal point, and commas between cells.
const OF_POINT: [&str; 13] =
    ["en", "en-AU", "en-CA", "en-GB", "en-IE", "en-IN", "en-NZ", "en-US", "es-MX", "he", "ja", "ko", "zh"];
/// The locales with a decimal point, and semicolons between cells.
const OF_POINT_AND_SEMICOLON: [&str; 2] = ["de-CH", "de-LI"];

impl Locale {
    /// All locales.
    pub fn all() -> impl Iterator<Item = Self> {
        use DecimalSeparator::{Comma, Point};
        use ExportDelimiter::Semicolon;

        let of = |delimiter, decimal_separator| move |tag| Self { tag, delimiter, decimal_separator };
        let of_comma = OF_COMMA.into_iter().map(of(Semicolon, Comma));
        let of_point = OF_POINT.into_iter().map(of(ExportDelimiter::Comma, Point));
        of_comma.chain(of_point).chain(OF_POINT_AND_SEMICOLON.into_iter().map(of(Semicolon, Point)))
    }

    /// Its tag (BCP 47), such as `de` or `es-AR`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.tag
    }
}

impl FromStr for Locale {
    type Err = InvalidValue;

    fn from_str(tag: &str) -> Result<Self, InvalidValue> {
        let tag = tag.replace('_', "-");
        Self::all().find(|locale| locale.tag.eq_ignore_ascii_case(&tag)).ok_or(InvalidValue(
            "there is no such locale; the exports guide lists them, such as de, en-GB, es-AR and pt-BR; \
             or state delimiter, decimal_separator and bom",
        ))
    }
}

impl CsvForm {
    /// The form that these options state. A locale has a byte order mark; a decimal comma alone has semicolons.
    #[must_use]
    pub fn of(
        locale: Option<Locale>,
        delimiter: Option<ExportDelimiter>,
        decimal_separator: Option<DecimalSeparator>,
        bom: Option<bool>,
    ) -> Self {
        let decimal_separator =
            decimal_separator.or(locale.map(|locale| locale.decimal_separator)).unwrap_or_default();
        let usual = match decimal_separator {
            DecimalSeparator::Comma => ExportDelimiter::Semicolon,
            DecimalSeparator::Point => ExportDelimiter::Comma,
        };
        let delimiter = delimiter.or(locale.map(|locale| locale.delimiter)).unwrap_or(usual);
        Self { delimiter, decimal_separator, bom: bom.unwrap_or(locale.is_some()) }
    }
}

/// Reports options that the format does not have, and a character with two meanings.
pub(super) fn fits_format(
    fields: &mut Fields<'_>,
    format: Option<&Format>,
    locale: Option<&Locale>,
    delimiter: Option<&ExportDelimiter>,
    decimal_separator: Option<&DecimalSeparator>,
    bom: Option<&bool>,
) {
    let is_csv = format == Some(&Format::Csv);
    let has_locale = is_csv || format == Some(&Format::Xlsx);
    let options = [
        ("locale", locale.is_some() && !has_locale, "CSV and XLSX"),
        ("delimiter", delimiter.is_some() && !is_csv, "CSV"),
        ("decimal_separator", decimal_separator.is_some() && !is_csv, "CSV"),
        ("bom", bom.is_some() && !is_csv, "CSV"),
    ];
    for (name, _, formats) in options.into_iter().filter(|(_, is_refused, _)| *is_refused) {
        let reason = format!("this option is only for {formats}");
        fields.report(Finding::in_field(name, FindingCode::InvalidValue, reason));
    }
    let form = CsvForm::of(locale.copied(), delimiter.copied(), decimal_separator.copied(), bom.copied());
    if (form.delimiter, form.decimal_separator) == (ExportDelimiter::Comma, DecimalSeparator::Comma) {
        let reason = "the comma can't be both the delimiter and the decimal separator";
        fields.report(Finding::in_field("delimiter", FindingCode::InvalidValue, reason));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_state_all_characters() {
        for (tag, delimiter, decimal_separator) in [
            ("de", ";", ","),
            ("es-AR", ";", ","),
            ("ES_ar", ";", ","),
            ("es-MX", ",", "."),
            ("en-US", ",", "."),
            ("de-CH", ";", "."),
        ] {
            let form = CsvForm::of(tag.parse().ok(), None, None, None);
            let expected = CsvForm {
                delimiter: delimiter.parse().expect("a delimiter"),
                decimal_separator: decimal_separator.parse().expect("a separator"),
                bom: true,
            };
            assert_eq!(form, expected, "{tag}");
        }
        assert!("tlh".parse::<Locale>().is_err() && "".parse::<Locale>().is_err());
        let mut tags: Vec<_> = Locale::all().map(Locale::tag).collect();
        tags.sort_unstable();
        let before = tags.len();
        tags.dedup();
        assert_eq!(tags.len(), before);
    }

    #[test]
    fn options_take_precedence_over_the_locale() {
        let (de, tab) = ("de".parse().ok(), Some(ExportDelimiter::Tab));
        let form = CsvForm::of(de, tab, Some(DecimalSeparator::Point), Some(false));
        let expected = CsvForm {
            delimiter: ExportDelimiter::Tab,
            decimal_separator: DecimalSeparator::Point,
            bom: false,
        };
        assert_eq!(form, expected);
        let comma = CsvForm::of(None, None, Some(DecimalSeparator::Comma), None);
        assert_eq!((comma.delimiter, comma.bom), (ExportDelimiter::Semicolon, false));
        assert_eq!(CsvForm::of(None, None, None, None), CsvForm::default());
    }
}
