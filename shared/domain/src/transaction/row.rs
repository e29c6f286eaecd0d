//! A transaction as it is sent, and which transaction it is.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{
    Booked, Direction, ExternalTransactionId, Sequence, Source, Transaction, TransactionText,
    UnknownDirection, currencies,
};
use crate::account::AccountIdentifier;
use crate::date::{self, Date};
use crate::fields::{Fields, Finding, FindingCode, Patch};
use crate::id::{OrgId, TransactionId};
use crate::money::{Currency, Decimal, parse_plain};

const ACCOUNT_IDENTIFIER: &str = "accountIdentifier";
const TRANSACTION_ID: &str = "transactionId";
const TEXT: &str = "text";
const CREDIT_DEBIT: &str = "creditDebit";
const AMOUNT: &str = "amount";
const CURRENCY: &str = "currency";
const ORIGINAL_AMOUNT: &str = "originalAmount";
const ORIGINAL_CURRENCY: &str = "originalCurrency";
const PURCHASED_AT: &str = "purchasedAt";
const VALUTA_AT: &str = "valutaAt";
const BOOKED_AT: &str = "bookedAt";

/// The fields of a transaction, in the order in which they are digested: never to be
/// changed, or files imported before would be imported again.
pub const TRANSACTION_FIELDS: &[&str] = &[
    ACCOUNT_IDENTIFIER,
    TRANSACTION_ID,
    TEXT,
    CREDIT_DEBIT,
    AMOUNT,
    CURRENCY,
    ORIGINAL_AMOUNT,
    ORIGINAL_CURRENCY,
    PURCHASED_AT,
    VALUTA_AT,
    BOOKED_AT,
];

/// The transactions of one request, as far as they were read.
#[derive(Debug)]
pub struct Batch<'a> {
    org: &'a OrgId,
    now: Timestamp,
    read: u16,
    /// How often each transaction without an id of its own has occurred. Two coffees on
    /// one day are two transactions; the same two sent again are the same two.
    occurrences: HashMap<TransactionId, u64>,
}

impl<'a> Batch<'a> {
    /// A request made at `now`, of which nothing was read yet.
    #[must_use]
    pub fn new(org: &'a OrgId, now: Timestamp) -> Self {
        Self { org, now, read: 0, occurrences: HashMap::new() }
    }

    /// Reads the next transaction of the request.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(&mut self, element: &RawValue) -> Result<Transaction, Vec<Finding>> {
        let sequence = Sequence::new(self.now, self.read);
        self.read = self.read.saturating_add(1);
        let mut fields = Fields::new(TRANSACTION_FIELDS);
        fields.read_element(element);
        if fields.findings().iter().any(|found| found.field.is_none()) {
            return fields.finish(None);
        }
        let sent: Vec<Option<String>> = TRANSACTION_FIELDS
            .iter()
            .map(|name| fields.get(name).and_then(Value::as_str).map(str::to_owned))
            .collect();

        let account_identifier = fields.required::<AccountIdentifier>(ACCOUNT_IDENTIFIER, Fields::id);
        let external_id = fields.optional_id::<ExternalTransactionId>(TRANSACTION_ID).value();
        let text = fields.optional::<TransactionText>(TEXT).value();
        let direction = fields.patch(CREDIT_DEBIT, str::parse::<Direction>).value().unwrap_or_default();
        let currency = fields.required(CURRENCY, listed_currency);
        let amount = fields.required(AMOUNT, |fields, name| positive(fields, name, currency));
        let original_currency = listed_currency(&mut fields, ORIGINAL_CURRENCY).value();
        let original_amount = positive(&mut fields, ORIGINAL_AMOUNT, original_currency).value();
        let purchased_on = day(&mut fields, PURCHASED_AT).value();
        let valued_on = fields.required(VALUTA_AT, day);
        let booked_on = day(&mut fields, BOOKED_AT).value();

        let transaction = || {
            let account_identifier = account_identifier?;
            let id = match &external_id {
                Some(external_id) => {
                    TransactionId::of_external(self.org, Source::Api, &account_identifier, external_id)
                }
                None => self.next_occurrence(&sent),
            };
            Some(Transaction {
                id,
                source: Source::Api,
                account_identifier,
                external_id,
                text,
                money: Booked { direction, amount: amount?, currency: currency? },
                original_amount,
                original_currency,
                purchased_on,
                valued_on: valued_on?,
                booked_on,
                sequence,
                created_at: self.now,
                details: None,
            })
        };
        fields.finish(transaction())
    }

    /// The id of a transaction that has none of its source's.
    fn next_occurrence(&mut self, sent: &[Option<String>]) -> TransactionId {
        let id =
            |nth| TransactionId::of_fields(self.org, Source::Api, sent.iter().map(Option::as_deref), nth);
        let before = self.occurrences.entry(id(0)).or_default();
        *before += 1;
        id(*before - 1)
    }
}

fn listed_currency(fields: &mut Fields, name: &'static str) -> Patch<Currency> {
    fields.patch(name, currencies::parse)
}

fn day(fields: &mut Fields, name: &'static str) -> Patch<Date> {
    fields.patch(name, date::parse_since_1970)
}

/// A positive amount, as a string of a plain decimal.
fn positive(fields: &mut Fields, name: &'static str, currency: Option<Currency>) -> Patch<Decimal> {
    match fields.patch(name, parse_plain).map(|amount| amount.normalize()) {
        Patch::Set(amount) if amount <= Decimal::ZERO => {
            fields.refuse(name, FindingCode::NotPositive, "the amount is not above zero")
        }
        Patch::Set(amount) => match currency.filter(|currency| !currency.admits(amount)) {
            Some(currency) => {
                fields.report(Finding::too_many_digits(name, currency));
                Patch::Keep
            }
            None => Patch::Set(amount),
        },
        nothing => nothing,
    }
}

impl From<UnknownDirection> for FindingCode {
    fn from(_: UnknownDirection) -> Self {
        Self::InvalidValue
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const COFFEE: &str = r#"{"accountIdentifier":"DE89370400440532013000","text":"Coffee","amount":"3.50","currency":"EUR","valutaAt":"2026-01-15"}"#;

    fn read_all(rows: &[&str]) -> Vec<Result<Transaction, Vec<Finding>>> {
        let org: OrgId = "org_aaaaaaaaaaaaaaaa".parse().expect("an id");
        let mut batch = Batch::new(&org, Timestamp::UNIX_EPOCH);
        let read = |row: &&str| {
            let row: Box<RawValue> = serde_json::from_str(row).expect("JSON");
            batch.read(&row)
        };
        rows.iter().map(read).collect()
    }

    fn ids(rows: &[&str]) -> Vec<TransactionId> {
        read_all(rows).into_iter().map(|read| read.expect("a good row").id).collect()
    }

    fn found(amount: &Value, currency: &str) -> Vec<(String, FindingCode)> {
        let row = json!({ "accountIdentifier": "a", "amount": amount, "currency": currency, "valutaAt": "2026-01-15" });
        let read = read_all(&[&row.to_string()]).remove(0);
        let findings = read.err().unwrap_or_default();
        findings.into_iter().map(|found| (found.field.unwrap_or_default().into_owned(), found.code)).collect()
    }

    #[test]
    fn an_amount_is_a_positive_decimal_string() {
        for good in ["1", "0.01", "1234567890.10", "+5", "007.50"] {
            assert_eq!(found(&json!(good), "EUR"), [], "{good}");
        }
        for (bad, code) in [
            (json!("0"), FindingCode::NotPositive),
            (json!("0.00"), FindingCode::NotPositive),
            (json!("-1"), FindingCode::NotPositive),
            (json!("1e3"), FindingCode::InvalidAmount),
            (json!(""), FindingCode::InvalidAmount),
            (json!("1,50"), FindingCode::InvalidAmount),
            (json!("1.2345"), FindingCode::TooManyDigits),
            (json!(5), FindingCode::InvalidType),
            (json!(null), FindingCode::Required),
        ] {
            assert_eq!(found(&bad, "EUR"), [("amount".to_owned(), code)], "{bad}");
        }
        assert_eq!(found(&json!("1.5"), "BYR"), [("amount".to_owned(), FindingCode::TooManyDigits)]);
        assert_eq!(found(&json!("1"), "ZZZ"), [("currency".to_owned(), FindingCode::UnknownCurrency)]);
    }

    #[test]
    fn identical_rows_without_an_id_are_told_apart_by_their_number_alone() {
        let [first, second] = ids(&[COFFEE, COFFEE]).try_into().expect("two ids");
        assert_ne!(first, second);
        assert_eq!(ids(&[COFFEE])[0], first);
        assert_eq!(ids(&[COFFEE, COFFEE])[1], second);
        let spelt_otherwise = COFFEE.replace("Coffee", r"C\u006fffee").replace(',', " ,\n");
        assert_eq!(ids(&[&spelt_otherwise])[0], first);
    }

    #[test]
    fn an_id_of_the_source_is_unique_in_its_account() {
        let with_id = |account: &str, amount: &str| {
            format!(
                r#"{{"accountIdentifier":"{account}","transactionId":"t-1","amount":"{amount}","currency":"EUR","valutaAt":"2026-01-15"}}"#
            )
        };
        let (one, same, other) = (with_id("a", "1"), with_id("a", "2"), with_id("b", "1"));
        let ids = ids(&[&one, &same, &other]);
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[0], ids[2]);
    }

    #[test]
    fn what_is_left_out_is_the_default_and_what_is_misspelt_is_told() {
        let coffee = read_all(&[COFFEE]).remove(0).expect("a good row");
        assert_eq!(coffee.money.direction, Direction::Debit);
        assert_eq!((coffee.external_id, coffee.booked_on), (None, None));
        let misspelt = COFFEE.replace("valutaAt", "valutaat").replace("Coffee", "");
        let codes: Vec<_> =
            read_all(&[&misspelt]).remove(0).expect_err("misspelt").iter().map(|found| found.code).collect();
        assert_eq!(codes, [FindingCode::Required, FindingCode::UnknownField]);
        let sideways = COFFEE.replace("\"text\"", "\"creditDebit\"");
        assert_eq!(
            read_all(&[&sideways]).remove(0).expect_err("no direction")[0].code,
            FindingCode::InvalidValue
        );
        assert_eq!(read_all(&["[]"]).remove(0).expect_err("no object")[0].code, FindingCode::InvalidRow);
    }

    proptest! {
        #[test]
        fn ids_of_different_fields_differ(a in "[a-c]{0,3}", b in "[a-c]{0,3}", c in "[a-c]{0,3}", d in "[a-c]{0,3}") {
            let org: OrgId = "org_aaaaaaaaaaaaaaaa".parse().expect("an id");
            let id = |text: &str, other: &str| TransactionId::of_fields(&org, Source::Api, [Some(text), Some(other)], 0);
            prop_assert_eq!(id(&a, &b) == id(&c, &d), (&a, &b) == (&c, &d));
        }
    }
}
