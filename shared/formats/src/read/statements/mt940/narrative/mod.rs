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
        tags::read(&lines, None, entry, texts);
    }
}

/// Reads the lines behind the statement line: the number of the other account, or the bank's words for the booking.
pub(super) fn read_further(lines: &[String], entry: &mut Entry, texts: &mut Texts) {
    let text = lines.join("\n");
    let counterparty = &entry.details.counterparty;
    let is_account_known = counterparty.iban.is_some() || counterparty.account_number.is_some();
    if tags::is_iban(text.trim()) && !is_account_known {
        tags::set_account(entry, &text, texts);
    } else if entry.booking_text.is_none() && entry.details.instructed_amount.is_none() {
        entry.booking_text = texts.label("booking_text", &text);
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
