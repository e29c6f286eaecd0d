//! An entry (record 16).

use saldo_domain::money::{Currency, Decimal, Money};
use saldo_domain::statement::{Details, Entry, EntryStatus, Place, Returned, Texts};

use super::super::amount::{short_day, shown};
use super::Group;
use super::minor::minor;
use super::records::Record;

/// Types of returned items: cheques and ACH payments.
const RETURNS: [&str; 6] = ["255", "257", "258", "555", "557", "558"];
/// The type of a paid cheque, whose number is the customer's reference.
const CHEQUE: &str = "475";

/// Reads the record of an entry.
pub(super) fn read(
    record: &Record,
    place: Place,
    group: &Group,
    currency: Currency,
    texts: &mut Texts,
) -> Result<Entry, String> {
    let mut fields = Fields::new(record);
    let (kind, digits) = (fields.take(), fields.take());
    let direction = Direction::of(&kind)?;
    let amount = match (direction, digits.as_str()) {
        (Direction::Information, "") => Decimal::ZERO,
        (_, digits) => minor(digits, currency)?,
    };
    let valued_on = skip_funds(&mut std::iter::from_fn(|| fields.next()));
    let valued_on = valued_on.map(|day| short_day(&day)).transpose()?;
    let (bank_reference, customer_reference) = (fields.take(), fields.take());
    let reference = texts.reference("reference", &customer_reference).filter(|text| text.as_str() != "0");
    let mut details = Details { remittance: texts.remittance(fields.rest()), ..Details::default() };
    details.bank_code.own = texts.label("type", &kind);
    if kind == CHEQUE {
        details.references.cheque_number = reference.clone();
    }
    details.return_of = RETURNS.contains(&kind.as_str()).then(Returned::default);
    let status = match direction {
        Direction::Information => EntryStatus::Information,
        _ if group.is_interim => EntryStatus::Pending,
        _ => EntryStatus::Booked,
    };
    Ok(Entry {
        place,
        bank_id: texts.reference("bank_id", &bank_reference).filter(|text| text.as_str() != "0"),
        reference,
        status,
        money: Money { amount: if direction == Direction::Debit { -amount } else { amount }, currency },
        is_reversal: false,
        booked_on: Some(group.day),
        valued_on,
        purchased_on: None,
        booking_text: None,
        details,
        parts: Vec::new(),
        parts_stated: None,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Credit,
    Debit,
    Information,
}

impl Direction {
    /// The direction of a type (appendix A of the specifications; 920 to 999 are the bank's own).
    fn of(kind: &str) -> Result<Self, String> {
        match kind.parse::<u16>() {
            Ok(100..=399 | 920..=959) => Ok(Self::Credit),
            Ok(400..=699 | 960..=999) => Ok(Self::Debit),
            Ok(890) => Ok(Self::Information),
            _ => Err(format!("the type {} is none of a credit or a debit", shown(kind))),
        }
    }
}

/// Passes over the type of funds and what it brings along: when the amount is available. Returns the value date, if there is
/// one.
pub(super) fn skip_funds<T: AsRef<str> + Into<String>>(
    fields: &mut impl Iterator<Item = T>,
) -> Option<String> {
    let kind = fields.next();
    let more = match kind.as_ref().map_or("", AsRef::as_ref) {
        "V" => {
            let day = fields.next().map(Into::into);
            fields.next();
            return day.filter(|day| !day.is_empty());
        }
        "S" => 3,
        "D" => 2 * fields.next().and_then(|count| count.as_ref().parse::<usize>().ok()).unwrap_or_default(),
        _ => 0,
    };
    fields.take(more).for_each(drop);
    None
}

/// The fields of an entry, whose last one is a text with commas.
struct Fields<'a> {
    lines: std::slice::Iter<'a, String>,
    rest: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn new(record: &'a Record) -> Self {
        let mut lines = record.lines.iter();
        let rest = lines.next().map(String::as_str);
        Self { lines, rest }
    }

    fn next(&mut self) -> Option<String> {
        let rest = match self.rest.take() {
            Some(rest) => rest,
            None => self.lines.next()?,
        };
        let field = match rest.split_once(',') {
            Some((field, after)) => {
                self.rest = Some(after);
                field
            }
            None => rest,
        };
        Some(field.trim().to_owned())
    }

    fn take(&mut self) -> String {
        self.next().unwrap_or_default()
    }

    /// The lines of the text.
    fn rest(self) -> impl Iterator<Item = &'a str> {
        self.rest.into_iter().chain(self.lines.map(String::as_str))
    }
}
