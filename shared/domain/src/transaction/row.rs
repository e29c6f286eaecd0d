//! Importing transactions: reading each from a request, and deriving its id.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::{Booked, NewTransaction, Sequence, Source, Transaction};
use crate::fields::{Body, Fields, Finding, Value};
use crate::id::{OrgId, TransactionId};

/// The transactions of a request, which are read one by one.
#[derive(Debug)]
pub struct Batch<'a> {
    org: &'a OrgId,
    now: Timestamp,
    read: u16,
    /// The number of equal transactions without a source id. Two identical coffees on one day are two transactions;
    /// when the request is sent again, they are the same two.
    occurrences: HashMap<TransactionId, u64>,
}

impl<'a> Batch<'a> {
    /// A request made at `now`, before its first transaction is read.
    #[must_use]
    pub fn new(org: &'a OrgId, now: Timestamp) -> Self {
        Self { org, now, read: 0, occurrences: HashMap::new() }
    }

    /// Reads the next transaction of the request.
    ///
    /// # Errors
    /// All findings.
    pub fn read(&mut self, element: &RawValue) -> Result<Transaction, Vec<Finding>> {
        let sequence = Sequence::new(self.now, self.read);
        self.read = self.read.saturating_add(1);
        let mut fields = Fields::new(NewTransaction::FIELDS);
        fields.read_row(element.get());
        if !fields.are_of_a_row() {
            return fields.finish(None);
        }
        let text_of = |name: &&'static str| fields.get(name).and_then(Value::as_text).map(str::to_owned);
        let sent: Vec<Option<String>> = NewTransaction::FIELDS.all().iter().map(text_of).collect();
        let new = NewTransaction::read(fields, ())?;
        let id = match &new.external_id {
            Some(external_id) => {
                TransactionId::of_external(self.org, Source::Api, &new.account_identifier, external_id)
            }
            None => self.next_occurrence(&sent),
        };
        Ok(Transaction {
            id,
            source: Source::Api,
            account_identifier: new.account_identifier,
            external_id: new.external_id,
            text: new.text,
            money: Booked { direction: new.direction, amount: new.amount, currency: new.currency },
            original_amount: new.original_amount,
            original_currency: new.original_currency,
            purchased_on: new.purchased_on,
            valued_on: new.valued_on,
            booked_on: new.booked_on,
            sequence,
            created_at: self.now,
            details: None,
        })
    }

    /// The id of a transaction without a source id.
    fn next_occurrence(&mut self, sent: &[Option<String>]) -> TransactionId {
        let id =
            |nth| TransactionId::of_fields(self.org, Source::Api, sent.iter().map(Option::as_deref), nth);
        let before = self.occurrences.entry(id(0)).or_default();
        *before += 1;
        id(*before - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::FindingCode;
    use crate::transaction::Direction;
    use proptest::prelude::*;
    use serde_json::{Value, json};

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
    fn amounts_are_positive_decimal_strings() {
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
    fn identical_rows_without_id_get_ids_by_count() {
        let [first, second] = ids(&[COFFEE, COFFEE]).try_into().expect("two ids");
        assert_ne!(first, second);
        assert_eq!(ids(&[COFFEE])[0], first);
        assert_eq!(ids(&[COFFEE, COFFEE])[1], second);
        let spelt_otherwise = COFFEE.replace("Coffee", r"C\u006fffee").replace(',', " ,\n");
        assert_eq!(ids(&[&spelt_otherwise])[0], first);
    }

    #[test]
    fn source_ids_are_unique_per_account() {
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
    fn defaults_apply_and_misspelled_fields_are_reported() {
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
