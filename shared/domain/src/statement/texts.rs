//! Texts of statements, as Saldo stores them.

use std::borrow::Cow;

use super::{Label, Remittance};
use crate::fields::normalized;
use crate::text::is_invisible;

/// What banks write in place of a reference that there is none: ISO 20022's implementation guides and SWIFT's standards.
const ABSENT: [&str; 4] = ["NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF"];
/// The most characters of a [`Label`].
const LABEL_CHARS_MAX: usize = 256;
/// The most characters of a [`Remittance`].
const REMITTANCE_CHARS_MAX: usize = 10_000;

/// Brings texts into the form in which they are stored, and remembers which ones were too long: a statement is not refused for
/// a long text.
#[derive(Debug, Default)]
pub struct Texts {
    /// The names of the texts that were cut.
    pub shortened: Vec<&'static str>,
}

impl Texts {
    /// A text of one line; `None` if there is nothing to see in it. Line breaks and control characters become blanks, several
    /// blanks one, and invisible characters vanish.
    pub fn label(&mut self, name: &'static str, raw: &str) -> Option<Label> {
        let words: Vec<&str> = raw.split(|c: char| c.is_whitespace() || c.is_control()).collect();
        let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let text = visible(&words);
        self.bounded(name, &text, LABEL_CHARS_MAX)?.parse().ok()
    }

    /// A reference: a text of one line that says more than that there is none.
    pub fn reference(&mut self, name: &'static str, raw: &str) -> Option<Label> {
        let label = self.label(name, raw)?;
        (!ABSENT.iter().any(|absent| absent.eq_ignore_ascii_case(label.as_str()))).then_some(label)
    }

    /// A text of several lines. Blanks at the ends of lines, and lines without text, are left out.
    pub fn remittance<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> Option<Remittance> {
        let clean = |line: &str| visible(&line.replace(|c: char| c.is_control(), " ")).trim().to_owned();
        let lines: Vec<String> = lines.into_iter().flat_map(str::lines).map(clean).collect();
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        let text = lines.join("\n");
        self.bounded("remittance", &text, REMITTANCE_CHARS_MAX)?.parse().ok()
    }

    fn bounded<'a>(&mut self, name: &'static str, text: &'a str, max: usize) -> Option<&'a str> {
        match text.char_indices().nth(max) {
            None => Some(text).filter(|text| !text.is_empty()),
            Some((end, _)) => {
                self.shortened.push(name);
                text.get(..end)
            }
        }
    }
}

/// The text in normal form C, without invisible characters.
fn visible(text: &str) -> Cow<'_, str> {
    let text = normalized(text);
    match text.contains(is_invisible) {
        true => Cow::Owned(text.replace(is_invisible, "")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_stored_in_one_form() {
        let mut texts = Texts::default();
        let label = |texts: &mut Texts, raw: &str| texts.label("name", raw).map(|text| text.to_string());
        assert_eq!(label(&mut texts, " Karl \n  Kauf\u{1}mann\u{200b} "), Some("Karl Kauf mann".into()));
        assert_eq!(label(&mut texts, "Andre\u{301}"), Some("André".into()));
        assert_eq!(label(&mut texts, " \u{feff} "), None);
        for absent in ["NOTPROVIDED", "nonref", " NONREF "] {
            assert_eq!(texts.reference("id", absent), None, "{absent}");
        }
        let lines = texts.remittance(["RE-1  ", " ", "and\u{7}RE-2\r\nmore"]);
        assert_eq!(lines.expect("a text").as_str(), "RE-1\nand RE-2\nmore");
        assert!(texts.shortened.is_empty());
        assert_eq!(texts.label("name", &"é".repeat(300)).expect("a text").as_str(), "é".repeat(256));
        assert_eq!(texts.shortened, ["name"]);
    }
}
