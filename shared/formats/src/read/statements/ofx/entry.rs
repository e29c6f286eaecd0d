//! A transaction of OFX.

use saldo_domain::money::{Currency, Decimal, Money};
use saldo_domain::statement::{Details, Entry, EntryStatus, Place, Texts};

use super::super::super::ReadError;
use super::super::amount::{amount, long_day};
use super::super::invalid_at;

/// The values of a transaction. The standard has some thirty.
const VALUES_MAX: usize = 200;

/// The bytes of its values together.
const BYTES_MAX: usize = 256 * 1024;

/// A transaction that is being read.
pub(super) struct Transaction {
    place: Place,
    is_pending: bool,
    /// The parent of each value, its name, and the value.
    values: Vec<(&'static str, String, String)>,
    /// The bytes of the values.
    bytes: usize,
}

impl Transaction {
    pub(super) fn new(place: Place, is_pending: bool) -> Self {
        Self { place, is_pending, values: Vec::new(), bytes: 0 }
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Takes the value of an element.
    pub(super) fn take(
        &mut self,
        parent: &'static str,
        name: &str,
        text: &str,
        line: u64,
    ) -> Result<(), ReadError> {
        if self.values.len() == VALUES_MAX {
            return Err(invalid_at(line, format!("a transaction has more than {VALUES_MAX} elements")));
        }
        self.bytes += text.len();
        if self.bytes > BYTES_MAX {
            return Err(invalid_at(line, format!("a transaction has more than {BYTES_MAX} bytes")));
        }
        // A text can come in pieces, of which one is a CDATA section.
        let same = self.values.last_mut().filter(|(of, last, _)| *of == parent && last == name);
        match same {
            Some((.., value)) => value.push_str(text),
            None => self.values.push((parent, name.to_owned(), text.to_owned())),
        }
        Ok(())
    }

    fn get(&self, parents: &[&str], name: &str) -> Option<&str> {
        let found = self.values.iter().find(|(parent, known, _)| parents.contains(parent) && known == name);
        found.map(|(.., value)| value.as_str())
    }

    fn own(&self, name: &str) -> Option<&str> {
        self.get(&["STMTTRN", "STMTTRNP"], name)
    }

    /// The entry, on an account in this currency.
    pub(super) fn entry(
        &self,
        account_currency: Option<Currency>,
        texts: &mut Texts,
    ) -> Result<Entry, String> {
        let stated = self.get(&["CURRENCY"], "CURSYM");
        let currency = match stated {
            Some(code) => Some(code.parse().map_err(|_| "the currency is unknown".to_owned())?),
            None => account_currency,
        };
        let currency = currency.ok_or("the statement has no currency")?;
        let amount = signed(self.own("TRNAMT").ok_or("there is no amount")?)?;
        let day = |name: &str| self.own(name).map(long_day).transpose();
        let booked_on = match self.is_pending {
            true => day("DTTRAN")?,
            false => Some(day("DTPOSTED")?.ok_or("there is no day")?),
        };
        let mut reference =
            |name: &'static str, value: Option<&str>| value.and_then(|value| texts.reference(name, value));
        let mut details = Details::default();
        details.bank_code.own = reference("type", self.own("TRNTYPE"));
        details.references.cheque_number = reference("cheque_number", self.own("CHECKNUM"));
        let (bank_id, own_reference) =
            (reference("bank_id", self.own("FITID")), reference("reference", self.own("REFNUM")));
        let accounts = ["BANKACCTTO", "CCACCTTO"];
        details.counterparty.account_number = reference("account", self.get(&accounts, "ACCTID"));
        details.counterparty.bank = reference("bank", self.get(&accounts, "BANKID"));
        let name = self.own("NAME").or_else(|| self.get(&["PAYEE"], "NAME"));
        details.counterparty.name = name.and_then(|name| texts.label("name", name));
        details.remittance = texts.remittance([self.own("EXTDNAME"), self.own("MEMO")].into_iter().flatten());
        Ok(Entry {
            place: self.place,
            bank_id,
            reference: own_reference,
            status: if self.is_pending { EntryStatus::Pending } else { EntryStatus::Booked },
            money: Money { amount, currency },
            is_reversal: false,
            booked_on,
            valued_on: day("DTAVAIL").unwrap_or_default(),
            purchased_on: day("DTUSER").unwrap_or_default(),
            booking_text: None,
            details,
            parts: Vec::new(),
            parts_stated: None,
        })
    }
}

/// An amount with a sign.
pub(super) fn signed(text: &str) -> Result<Decimal, String> {
    match text.trim().strip_prefix('-') {
        Some(digits) => amount(digits).map(|amount| -amount),
        None => amount(text.trim().trim_start_matches('+')),
    }
}
