//! The bank's books: what a customer's accounts hold on a day. It follows from the script,
//! the day and the date on which the bank was started, and from nothing else, so that a
//! read can be repeated.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::{Builder, Uuid};

use super::access::{Access, Right};
use super::script::Script;
use super::{demo, moving};

/// The bank.
const BIC: &str = "SALDDEFFXXX";
/// All accounts are hers.
const OWNER: &str = "Käthe Öztürk-Müller";

/// An account with what it holds.
pub(super) struct Account {
    pub(super) resource_id: Uuid,
    pub(super) iban: &'static str,
    pub(super) currency: &'static str,
    /// The cash account type, an ISO 20022 code.
    pub(super) kind: &'static str,
    name: &'static str,
    product: &'static str,
    started: Date,
    balances: Vec<Value>,
    /// The booked transactions, newest first.
    pub(super) booked: Vec<Booked>,
    pub(super) pending: Vec<Value>,
}

/// A booked transaction.
pub(super) struct Booked {
    pub(super) date: Date,
    pub(super) transaction: Value,
}

/// The accounts of a customer with that script, so many days after the bank was started.
pub(super) fn accounts(script: Script, day: i32, started: Date) -> Vec<Account> {
    match script {
        Script::Moving => moving::moving(day, started),
        Script::Conflict => vec![moving::conflict(day, started)],
        Script::NoIds => vec![moving::no_ids(started)],
        _ => demo::accounts(started),
    }
}

impl Account {
    /// An empty account. Its resource id follows from the IBAN, the currency and the
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

    /// The date so many days before the bank was started.
    pub(super) fn date(&self, days_ago: i32) -> Date {
        self.started.saturating_sub(days_ago.days())
    }

    /// With a balance as of the day the bank was started, or a closing one of the day before.
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

    /// With a transaction booked so many days before the bank was started.
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

    /// With a pending transaction.
    pub(super) fn pending(mut self, amount: &str, details: Value) -> Self {
        let mut transaction = details;
        transaction["transactionAmount"] = json!({ "currency": self.currency, "amount": amount });
        self.pending.push(transaction);
        self
    }

    /// The balances as a consent with this access may see them.
    pub(super) fn balances(&self, access: &Access) -> Option<Value> {
        access.grants(Right::Balances, self).then(|| json!(self.balances))
    }

    /// The account as a consent with this access may see it.
    pub(super) fn details(&self, access: &Access, with_balance: bool) -> Value {
        let path = format!("/v1/accounts/{}", self.resource_id);
        let mut account = json!({
            "resourceId": self.resource_id.to_string(),
            "iban": self.iban,
            "currency": self.currency,
            "name": self.name,
            "product": self.product,
            "cashAccountType": self.kind,
            "status": "enabled",
            "bic": BIC,
            "usage": "PRIV",
            "ownerName": OWNER,
            "_links": {},
        });
        if let Some(balances) = self.balances(access) {
            account["_links"]["balances"] = json!({ "href": format!("{path}/balances") });
            if with_balance {
                account["balances"] = balances;
            }
        }
        if access.grants(Right::Transactions, self) {
            account["_links"]["transactions"] = json!({ "href": format!("{path}/transactions") });
        }
        account
    }

    /// The account as other resources name it.
    pub(super) fn reference(&self) -> Value {
        json!({ "iban": self.iban, "currency": self.currency })
    }
}

/// An id that looks random and follows from the name: its FNV-1a hash.
fn resource_id(name: &str) -> Uuid {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = name.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    Builder::from_random_bytes(hash.to_be_bytes()).into_uuid()
}
