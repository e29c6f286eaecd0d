//! The text of an entry, field 86: free text, or one of the structures that banks write there.

mod numbered;
mod slashes;
mod tags;

use saldo_domain::money::Money;
use saldo_domain::statement::{Entry, Returned, Texts};

use super::super::amount::amount;

/// Reads the lines of field 86 into the entry.
pub(super) fn read(lines: &[String], entry: &mut Entry, texts: &mut Texts) {
    if let Some(text) = numbered::Numbered::of(lines) {
        numbered::read(&text, entry, texts);
    } else if slashes::is_structured(lines) {
        slashes::read(lines, entry, texts);
    } else {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        tags::read(&lines, entry, texts);
    }
}

/// An amount in a text without its currency, which is that of the entry.
fn amount_in(text: &str, entry: &Entry) -> Option<Money> {
    let digits = text.trim().trim_start_matches(|c: char| c.is_ascii_alphabetic()).trim();
    amount(digits).ok().map(|amount| Money { amount, currency: entry.money.currency })
}

/// Remembers that the entry returns a payment, for a reason where one is stated.
fn returned(entry: &mut Entry) -> &mut Returned {
    entry.details.return_of.get_or_insert_with(Returned::default)
}
