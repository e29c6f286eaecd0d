//! An account of a customer, with its balances and transactions.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::{Builder, Uuid};

/// An account.
pub(super) struct Account {
    pub(super) resource_id: Uuid,
    pub(super) iban: &'static str,
    pub(super) currency: &'static str,
    /// The cash account type, an ISO 20022 code.
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    pub(super) product: &'static str,
    started: Date,
    pub(super) balances: Vec<Value>,
    /// The booked transactions, newest first.
    pub(super) booked: Vec<Booked>,
    pub(super) pending: Vec<Value>,
}

/// A booked transaction.
pub(super) struct Booked {
    pub(super) date: Date,
    pub(super) transaction: Value,
}

impl Account {
    /// An account without balances and transactions. Its resource id is derived from the IBAN, the currency and
    /// `generation`.
    pub(super) fn new(
        iban: &'static str,
        currency: &'static str,
        kind: &'static str,
        (name, product): (&'static str, &'static str),
        generation: u32,
        started: Date,
    ) -> Self {
        Self {
            resource_id: resource_id(&format!("{iban}/{currency}/{generation}")),
            iban,
            currency,
            kind,
            name,
            product,
            started,
            balances: Vec::new(),
            booked: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// The date this many days before the bank was started.
    pub(super) fn date(&self, days_ago: i32) -> Date {
        self.started.saturating_sub(days_ago.days())
    }

    /// Adds a balance of the day on which the bank was started; a `closingBooked` one is of the day before.
    pub(super) fn balance(mut self, kind: &str, amount: &str) -> Self {
        let date = self.date(i32::from(kind == "closingBooked"));
        let mut balance = json!({
            "balanceType": kind,
            "balanceAmount": { "currency": self.currency, "amount": amount },
            "referenceDate": date,
        });
        if kind == "interimAvailable" {
            balance["creditLimitIncluded"] = json!(false);
            balance["lastChangeDateTime"] = json!(format!("{}T06:30:00Z", self.started));
        }
        self.balances.push(balance);
        self
    }

    /// Adds a transaction that was booked this many days before the bank was started.
    pub(super) fn booked(mut self, days_ago: i32, amount: &str, details: Value) -> Self {
        let date = self.date(days_ago);
        let mut transaction = details;
        transaction["transactionAmount"] = json!({ "currency": self.currency, "amount": amount });
        transaction["bookingDate"] = json!(date);
        if transaction["valueDate"].is_null() {
            transaction["valueDate"] = json!(date);
        }
        self.booked.push(Booked { date, transaction });
        self
    }

    /// Adds a pending transaction.
    pub(super) fn pending(mut self, amount: &str, details: Value) -> Self {
        let mut transaction = details;
        transaction["transactionAmount"] = json!({ "currency": self.currency, "amount": amount });
        self.pending.push(transaction);
        self
    }

    /// The account as other resources refer to it.
    pub(super) fn reference(&self) -> Value {
        json!({ "iban": self.iban, "currency": self.currency })
    }
}

/// A UUID that is derived from the name: its FNV-1a hash.
fn resource_id(name: &str) -> Uuid {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = name.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    Builder::from_random_bytes(hash.to_be_bytes()).into_uuid()
}
