//! The structure of the Dutch banks, which others use too: words between slashes, such as
//! `/TRTP/SEPA OVERBOEKING/IBAN/…/BIC/…/NAME/…/REMI/…/EREF/NOTPROVIDED`, and ING's `/CNTP/IBAN/BIC/NAME/CITY/`.

use saldo_domain::statement::{Entry, Texts};

use super::{returned, tags};

/// The words. Some open a party, whose members follow.
const WORDS: [&str; 27] = [
    "TRTP", "IBAN", "BIC", "NAME", "REMI", "EREF", "MARF", "CSID", "CNTP", "ORDP", "BENM", "ULTD", "ULTB",
    "ULTC", "RTRN", "PREF", "IREF", "PURP", "ISDT", "SVCL", "ADDR", "ACCW", "CREF", "INIT", "OCMT", "CHGS",
    "SUBL",
];

/// A word and its value.
struct Member<'a> {
    word: &'static str,
    value: &'a str,
}

/// Whether the lines begin with one of the words.
pub(super) fn is_structured(lines: &[String]) -> bool {
    lines.first().is_some_and(|line| word_at(line.trim_start()).is_some())
}

/// The word at the beginning of a text, and what is behind it.
fn word_at(text: &str) -> Option<(&'static str, &str)> {
    let (word, rest) = text.strip_prefix('/')?.split_once('/')?;
    WORDS.iter().find(|known| **known == word).map(|known| (*known, rest))
}

fn members(text: &str) -> Vec<Member<'_>> {
    let mut members = Vec::new();
    let mut begins = text.match_indices('/').filter_map(|(at, _)| {
        let rest = text.get(at..)?;
        word_at(rest).map(|(word, value)| (at, text.len() - value.len(), word))
    });
    let mut next = begins.next();
    while let Some((_, begin, word)) = next {
        next = begins.find(|(at, ..)| *at + 1 >= begin);
        let end = next.map_or(text.len(), |(at, ..)| at);
        // A value can be empty: then the slash that ends its word begins the next one.
        members.push(Member { word, value: text.get(begin..end).unwrap_or_default() });
    }
    members
}

/// Reads the lines, which end anywhere, into the entry.
pub(super) fn read(lines: &[String], entry: &mut Entry, texts: &mut Texts) {
    let text = lines.concat();
    let mut is_ultimate = false;
    for Member { word, value } in members(text.trim()) {
        let value = value.trim_end_matches('/').trim();
        let details = &mut entry.details;
        let (counterparty, references) = (&mut details.counterparty, &mut details.references);
        match word {
            "ORDP" | "BENM" => is_ultimate = false,
            "ULTD" | "ULTB" | "ULTC" => is_ultimate = true,
            "NAME" if is_ultimate => {
                details.ultimate_counterparty = texts.label("ultimate_counterparty", value);
            }
            "NAME" => counterparty.name = texts.label("name", value),
            "IBAN" => tags::set_account(entry, value, texts),
            "BIC" => counterparty.bank = texts.label("bank", value),
            "CNTP" => party(value, entry, texts),
            "EREF" => references.end_to_end_id = texts.reference("end_to_end_id", value),
            "MARF" => references.mandate_id = texts.reference("mandate_id", value),
            "CSID" => references.creditor_id = texts.reference("creditor_id", value),
            "PREF" => references.payment_id = texts.reference("payment_id", value),
            "TRTP" => entry.booking_text = texts.label("booking_text", value),
            "RTRN" => {
                let reason = texts.reference("reason", value);
                returned(entry).reason = reason;
            }
            "REMI" => remittance(value, entry, texts),
            _ => {}
        }
    }
}

/// IBAN, BIC, name and city, separated by slashes.
fn party(value: &str, entry: &mut Entry, texts: &mut Texts) {
    let mut members = value.split('/');
    let mut next = || members.next().unwrap_or_default();
    tags::set_account(entry, next(), texts);
    let (bank, name) = (texts.label("bank", next()), texts.label("name", next()));
    let counterparty = &mut entry.details.counterparty;
    (counterparty.bank, counterparty.name) = (bank, name);
}

/// `USTD//text`, `STRD/CUR/reference`, or a text.
fn remittance(value: &str, entry: &mut Entry, texts: &mut Texts) {
    if let Some(structured) = value.strip_prefix("STRD/") {
        let (_, reference) = structured.split_once('/').unwrap_or(("", structured));
        entry.details.references.creditor_reference = texts.reference("creditor_reference", reference);
        entry.details.remittance = texts.remittance([reference]);
    } else {
        let text = value.strip_prefix("USTD/").unwrap_or(value);
        entry.details.remittance = texts.remittance([text.trim_start_matches('/')]);
    }
}
