//! Text with SEPA's words in it: `EREF+`, `MREF+`, `SVWZ+` and others begin a part. Lines end anywhere, also within a word or
//! a tag. Text without tags is the remittance.

use saldo_domain::statement::{Entry, Texts};

use super::{amount_in, returned};

/// The tags of the German banks (DFÜ-Abkommen, annex 3, chapter 8), without their plus sign.
const TAGS: [&str; 14] = [
    "EREF", "KREF", "MREF", "CRED", "DEBT", "COAM", "OAMT", "SVWZ", "ABWA", "ABWE", "IBAN", "BIC", "RREF",
    "PURP",
];

/// A part of a text: its tag, if it has one, and its lines.
struct Part<'a> {
    tag: Option<&'static str>,
    lines: Vec<&'a str>,
}

impl<'a> Part<'a> {
    /// The value, and the lines behind it that do not belong to it.
    fn value(&self, full_chars: Option<usize>) -> (String, Vec<&'a str>) {
        let is_id = matches!(self.tag, Some("EREF" | "KREF" | "MREF" | "CRED"));
        let sign_chars = self.tag.map_or(0, |tag| tag.len() + 1);
        let mut before = sign_chars;
        let is_last = |line: &&str| {
            let chars = line.chars().count() + std::mem::take(&mut before);
            full_chars.is_some_and(|full| chars < full)
        };
        let last = if is_id { self.lines.iter().position(is_last) } else { None };
        let (value, rest) = self.lines.split_at(last.map_or(self.lines.len(), |last| last + 1));
        (value.concat(), rest.to_vec())
    }
}

/// Reads the lines into the entry. An id goes on in the next line only if its own has `full_chars`.
pub(super) fn read(lines: &[&str], full_chars: Option<usize>, entry: &mut Entry, texts: &mut Texts) {
    let text = lines.concat();
    let mut ends = Vec::with_capacity(lines.len());
    lines.iter().fold(0, |at, line| {
        ends.push(at + line.len());
        at + line.len()
    });
    let mut remittance = Vec::new();
    for part in parts(&text, &ends) {
        let (value, rest) = part.value(full_chars);
        remittance.extend(rest);
        let details = &mut entry.details;
        let references = &mut details.references;
        match part.tag {
            None | Some("SVWZ") => remittance.extend(part.lines),
            Some("EREF") => references.end_to_end_id = texts.reference("end_to_end_id", &value),
            Some("KREF") => references.payment_id = texts.reference("payment_id", &value),
            Some("MREF") => references.mandate_id = texts.reference("mandate_id", &value),
            Some("CRED") => references.creditor_id = texts.reference("creditor_id", &value),
            Some("ABWA" | "ABWE") => {
                details.ultimate_counterparty = texts.label("ultimate_counterparty", &value);
            }
            Some("IBAN") => set_account(entry, &value, texts),
            Some("BIC") => {
                let bank = texts.label("bank", &value);
                entry.details.counterparty.bank = entry.details.counterparty.bank.take().or(bank);
            }
            Some("OAMT") => {
                let original = amount_in(&value, entry);
                entry.details.instructed_amount = entry.details.instructed_amount.or(original);
            }
            Some("COAM") => {
                let charges = amount_in(&value, entry);
                if entry.details.charges.is_empty() {
                    entry.details.charges.extend(charges);
                }
            }
            Some("RREF") => {
                returned(entry);
            }
            // The payer's own id, and the purpose's code: they say nothing that is stored.
            Some(_) => {}
        }
    }
    entry.details.remittance = texts.remittance(remittance);
}

/// An IBAN, or another account number.
pub(super) fn set_account(entry: &mut Entry, text: &str, texts: &mut Texts) {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let Some(number) = texts.reference("account", &compact) else { return };
    let counterparty = &mut entry.details.counterparty;
    let is_iban = is_iban(&compact);
    let place = if is_iban { &mut counterparty.iban } else { &mut counterparty.account_number };
    *place = place.take().or(Some(number));
}

/// Whether a text begins as an IBAN does, and is long enough.
pub(super) fn is_iban(text: &str) -> bool {
    let (country, check) = (text.get(..2), text.get(2..4));
    country.is_some_and(|country| country.bytes().all(|byte| byte.is_ascii_uppercase()))
        && check.is_some_and(|check| check.bytes().all(|byte| byte.is_ascii_digit()))
        && (15..=34).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The parts of a text, whose lines end at these places.
fn parts<'a>(text: &'a str, ends: &[usize]) -> Vec<Part<'a>> {
    let mut begins: Vec<(usize, usize, Option<&'static str>)> = vec![(0, 0, None)];
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['+', ':'])).map(|found| at + found) {
        let tag = tag_before(text, found, ends);
        if let Some(tag) = tag {
            begins.push((found - tag.len(), found + 1, Some(tag)));
        }
        at = found + 1;
    }
    let next = begins.iter().skip(1).map(|(begin, ..)| *begin).chain([text.len()]);
    let parts = begins.iter().zip(next).map(|((_, begin, tag), end)| {
        let lines = lines_between(text, *begin, end, ends);
        Part { tag: *tag, lines }
    });
    parts.collect()
}

/// The tag that ends before a plus sign. It begins the text, a line or a word. Four of the tags also stand before a colon.
fn tag_before(text: &str, sign: usize, ends: &[usize]) -> Option<&'static str> {
    let before = text.get(..sign)?;
    let tag = *TAGS.iter().find(|tag| before.ends_with(**tag))?;
    let begin = sign - tag.len();
    let begins_word = before.get(..begin)?.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
    let is_sign = text.as_bytes().get(sign) == Some(&b'+');
    let is_tag = is_sign
        || ["EREF", "KREF", "MREF", "CRED", "IBAN", "BIC"].contains(&tag)
            && text.get(sign + 1..)?.starts_with(' ');
    (is_tag && (begins_word || ends.contains(&begin))).then_some(tag)
}

/// The text between two places, cut where lines end.
fn lines_between<'a>(text: &'a str, begin: usize, end: usize, ends: &[usize]) -> Vec<&'a str> {
    let cuts = ends.iter().copied().filter(|cut| *cut > begin && *cut < end);
    let mut from = begin;
    let mut lines = Vec::new();
    for cut in cuts.chain([end]) {
        lines.extend(text.get(from..cut));
        from = cut;
    }
    lines
}
