//! The structure of the German-speaking and Polish banks: three digits for the kind of booking, then subfields, each after a
//! separator and two digits, such as `166?00GUTSCHRIFT?20EREF+…?30BIC?31IBAN?32NAME`.

use saldo_domain::statement::{Entry, Texts};

use super::{returned, tags};

/// The characters that banks use as separators. A point or a slash would be a date or an amount.
const SEPARATORS: &str = "?<>^~|@#$%&*=!;";
/// Kinds of booking that return a payment: direct debits (108, 109, 181, 184) and credit transfers (159).
const RETURNS: [&str; 5] = ["108", "109", "159", "181", "184"];
/// The characters of a full subfield, whose word goes on in the next one.
const FULL_CHARS: usize = 27;

/// A text in this structure.
pub(super) struct Numbered {
    /// The three digits.
    kind: String,
    /// The subfields, by ascending numbers.
    subfields: Vec<(u8, String)>,
}

impl Numbered {
    /// The structure of these lines, if they have it. The lines of the field end within subfields.
    pub(super) fn of(lines: &[String]) -> Option<Self> {
        let text = lines.concat();
        let (kind, rest) = text.trim_start().split_at_checked(3)?;
        let separator = rest.chars().next().filter(|c| SEPARATORS.contains(*c))?;
        let is_structured =
            kind.bytes().all(|byte| byte.is_ascii_digit()) && number(rest.get(1..)?).is_some();
        is_structured.then(|| Self { kind: kind.to_owned(), subfields: subfields(rest, separator) })
    }

    fn get(&self, wanted: u8) -> &str {
        self.subfields.iter().find(|(number, _)| *number == wanted).map_or("", |(_, text)| text)
    }

    fn all(&self, wanted: impl Fn(u8) -> bool) -> Vec<&str> {
        self.subfields.iter().filter(|(number, _)| wanted(*number)).map(|(_, text)| text.as_str()).collect()
    }

    /// The subfields of a name: one that is full goes on in the next one within a word.
    fn name(&self, wanted: impl Fn(u8) -> bool) -> String {
        let mut name = String::new();
        for part in self.all(wanted) {
            if !name.is_empty() && !name.chars().count().is_multiple_of(FULL_CHARS) {
                name.push(' ');
            }
            name.push_str(part);
        }
        name
    }
}

/// The number at the beginning of a subfield.
fn number(text: &str) -> Option<u8> {
    let digits = text.get(..2)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The subfields. Their numbers ascend, but for those of the other side: a separator before a lower number is part of a text.
fn subfields(text: &str, separator: char) -> Vec<(u8, String)> {
    let mut subfields: Vec<(u8, String)> = Vec::new();
    for piece in text.split(separator).skip(1) {
        let number = number(piece).filter(|number| may_follow(&subfields, *number));
        match (number, subfields.last_mut()) {
            (Some(number), _) => subfields.push((number, piece.get(2..).unwrap_or_default().to_owned())),
            (None, Some((_, text))) => {
                text.push(separator);
                text.push_str(piece);
            }
            (None, None) => {}
        }
    }
    subfields
}

fn may_follow(subfields: &[(u8, String)], number: u8) -> bool {
    let is_of_party = |number: &u8| (30..40).contains(number);
    subfields.last().is_none_or(|(last, _)| {
        let is_new = subfields.iter().all(|(known, _)| *known != number);
        number > *last || is_of_party(last) && is_of_party(&number) && is_new
    })
}

/// Reads the subfields into the entry.
pub(super) fn read(text: &Numbered, entry: &mut Entry, texts: &mut Texts) {
    entry.details.bank_code.own = texts.label("kind", &text.kind);
    if let Some(booking_text) = texts.label("booking_text", text.get(0)) {
        entry.booking_text = Some(booking_text);
    }
    let counterparty = &mut entry.details.counterparty;
    counterparty.name = texts.label("name", &text.name(|number| matches!(number, 32 | 33)));
    counterparty.bank = texts.reference("bank", text.get(30));
    // 38 has the IBAN beside the number in 31.
    tags::set_account(entry, text.get(31), texts);
    tags::set_account(entry, text.get(38), texts);
    tags::read(&text.all(|number| matches!(number, 20..=29 | 60..=79)), Some(FULL_CHARS), entry, texts);
    if entry.details.ultimate_counterparty.is_none() {
        let name = text.name(|number| matches!(number, 35..=37));
        entry.details.ultimate_counterparty = texts.label("ultimate_counterparty", &name);
    }
    let is_return = RETURNS.contains(&text.kind.as_str())
        || entry.details.bank_code.swift.as_ref().is_some_and(|kind| kind.as_str() == "NRTI");
    if is_return {
        let reason = texts.reference("reason", text.get(34)).filter(|code| code.as_str() != "000");
        let original_amount = entry.details.instructed_amount;
        let returned = returned(entry);
        (returned.reason, returned.original_amount) = (reason, original_amount);
    }
}
