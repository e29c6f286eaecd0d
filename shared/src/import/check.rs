//! Checking a row: every rule, all at once, and after it nothing is validated again.

use std::fmt::Display;

use super::cells::{Cell, Cells};
use super::{AccountUpsert, ExternalId, Field, Finding, FindingCode, Patch, RawRow, Severity, Shape};
use crate::contact::{Email, InvalidPhone};
use crate::date::{self, InvalidDate};
use crate::money::{AmountError, Currency, Decimal, UnknownCurrency, parse_json_number, parse_plain};
use crate::text::TextError;

/// A row after all checks.
#[derive(Debug)]
pub struct Checked {
    /// The row's external id, if it has a valid one.
    pub external_id: Option<ExternalId>,
    /// What the row changes; `None` exactly when an error was found.
    pub upsert: Option<AccountUpsert>,
    /// Everything found, errors and warnings.
    pub findings: Vec<Finding>,
}

impl RawRow {
    /// Checks the row. `default_currency` is the organization's.
    #[must_use]
    pub fn check(&self, shape: &Shape, default_currency: Currency) -> Checked {
        let mut checker = Checker(Cells::of(&self.body, shape));
        let readable = checker
            .0
            .findings
            .iter()
            .all(|found| found.field.is_some() || found.code.severity() == Severity::Warning);
        let upsert = readable.then(|| checker.upsert(default_currency)).flatten();
        let findings = checker.0.findings;
        let refused = findings.iter().any(|found| found.code.severity() == Severity::Error);
        Checked { external_id: self.external_id(shape), upsert: upsert.filter(|_| !refused), findings }
    }
}

struct Checker(Cells);

impl Checker {
    /// Reads every field, so that every finding is made, and then puts them together.
    fn upsert(&mut self, default_currency: Currency) -> Option<AccountUpsert> {
        let external_id = self.text(Field::ExternalId);
        let name = self.required(Field::ContactName, Self::text);
        let total_amount = self.required(Field::TotalAmount, Self::amount);
        let currency = self.patch(Field::Currency, str::parse);
        let phone = self.patch(Field::ContactPhone, str::parse);
        let email = self.email();
        let due_date = self.patch(Field::DueDate, date::parse);
        let source_system = self.text(Field::SourceSystem);
        let status = self.text(Field::Status);
        let campaign_id = self.text(Field::CampaignId);
        let owner_id = self.text(Field::OwnerId);
        let kind = self.text(Field::Type);
        let notes = self.patch(Field::Notes, str::parse);

        let external_id = match external_id {
            Patch::Set(id) => Some(id),
            Patch::Keep | Patch::Clear => None,
        };
        let amount_currency = match &currency {
            Patch::Set(currency) => Some(*currency),
            Patch::Clear => Some(default_currency),
            // An existing account may have another; only the table knows.
            Patch::Keep => external_id.is_none().then_some(default_currency),
        };
        if let (Some(amount), Some(currency)) = (total_amount, amount_currency)
            && !currency.admits(amount)
        {
            self.0.findings.push(too_many_digits(currency));
        }
        Some(AccountUpsert {
            external_id,
            name: name?,
            total_amount: total_amount?,
            currency,
            phone,
            email,
            due_date,
            source_system,
            status,
            campaign_id,
            owner_id,
            kind,
            notes,
        })
    }

    fn text<T: std::str::FromStr<Err = TextError>>(&mut self, field: Field) -> Patch<T> {
        self.patch(field, str::parse)
    }

    /// A field that holds text, read by `parse`.
    fn patch<T, E: Into<FindingCode> + Display>(
        &mut self,
        field: Field,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Patch<T> {
        match self.0.take(field) {
            None => Patch::Keep,
            Some(Cell::Null) => Patch::Clear,
            Some(Cell::Text(text)) => self.accept(field, parse(&text)),
            Some(Cell::Number(_) | Cell::Other) => {
                self.refuse(field, FindingCode::InvalidType, "expected a string")
            }
        }
    }

    fn amount(&mut self, field: Field) -> Patch<Decimal> {
        let amount = match self.0.take(field) {
            None => Patch::Keep,
            Some(Cell::Null) => Patch::Clear,
            Some(Cell::Text(text)) => self.accept(field, parse_plain(&text)),
            Some(Cell::Number(digits)) => self.accept(field, parse_json_number(&digits)),
            Some(Cell::Other) => {
                self.refuse(field, FindingCode::InvalidType, "expected a number, or a string of one")
            }
        };
        match amount {
            Patch::Set(amount) if amount < Decimal::ZERO => {
                self.refuse(field, FindingCode::NegativeAmount, "the amount is below zero")
            }
            Patch::Set(amount) => Patch::Set(amount.normalize()),
            other => other,
        }
    }

    fn email(&mut self) -> Patch<Email> {
        let email = self.patch(Field::ContactEmail, str::parse::<Email>);
        if matches!(&email, Patch::Set(email) if !email.is_address()) {
            self.0.findings.push(Finding::in_field(
                Field::ContactEmail.name(),
                FindingCode::InvalidEmail,
                "not an e-mail address; it was kept as it is",
            ));
        }
        email
    }

    fn required<T>(&mut self, field: Field, read: impl FnOnce(&mut Self, Field) -> Patch<T>) -> Option<T> {
        let errors = self.0.findings.len();
        match read(self, field) {
            Patch::Set(value) => Some(value),
            Patch::Clear | Patch::Keep if self.0.findings.len() == errors => {
                self.0.findings.push(Finding::in_field(
                    field.name(),
                    FindingCode::Required,
                    "the field is required",
                ));
                None
            }
            Patch::Clear | Patch::Keep => None,
        }
    }

    fn accept<T, E: Into<FindingCode> + Display>(&mut self, field: Field, read: Result<T, E>) -> Patch<T> {
        match read {
            Ok(value) => Patch::Set(value),
            Err(error) => {
                let reason = error.to_string();
                self.refuse(field, error.into(), reason)
            }
        }
    }

    fn refuse<T>(
        &mut self,
        field: Field,
        code: FindingCode,
        reason: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Patch<T> {
        self.0.findings.push(Finding::in_field(field.name(), code, reason));
        Patch::Keep
    }
}

/// The finding about an amount with digits below its currency's smallest unit.
pub(crate) fn too_many_digits(currency: Currency) -> Finding {
    let places = currency.decimal_places().unwrap_or_default();
    let reason = format!("amounts in {currency} have at most {places} decimal places");
    Finding::in_field(Field::TotalAmount.name(), FindingCode::TooManyDigits, reason)
}

impl From<TextError> for FindingCode {
    fn from(error: TextError) -> Self {
        match error {
            TextError::TooLong { .. } => Self::TooLong,
            TextError::Empty | TextError::ControlCharacter => Self::InvalidText,
        }
    }
}

impl From<AmountError> for FindingCode {
    fn from(error: AmountError) -> Self {
        match error {
            AmountError::Malformed => Self::InvalidAmount,
            AmountError::TooManyDigits => Self::TooManyDigits,
        }
    }
}

impl From<UnknownCurrency> for FindingCode {
    fn from(_: UnknownCurrency) -> Self {
        Self::UnknownCurrency
    }
}

impl From<InvalidPhone> for FindingCode {
    fn from(_: InvalidPhone) -> Self {
        Self::InvalidPhone
    }
}

impl From<InvalidDate> for FindingCode {
    fn from(_: InvalidDate) -> Self {
        Self::InvalidDate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::RowBody;

    fn check(json: &str) -> Checked {
        let body = RowBody::Json(serde_json::from_str(json).expect("JSON"));
        RawRow { index: 0, line: None, body }.check(&Shape::Objects, "ARS".parse().expect("a currency"))
    }

    fn found(json: &str) -> Vec<(String, FindingCode)> {
        let row = check(json);
        let error = row.findings.iter().any(|f| f.code.severity() == Severity::Error);
        assert_eq!(row.upsert.is_none(), error, "{json}");
        row.findings.into_iter().map(|f| (f.field.unwrap_or_default().into_owned(), f.code)).collect()
    }

    #[test]
    fn a_row_without_faults_becomes_an_upsert() {
        let row = check(
            r#"{"contact":{"name":"María García","phone":"+5491155551234"},"total_amount":45000.10,"external_id":"INV-1","notes":null}"#,
        );
        assert_eq!(row.findings, []);
        let upsert = row.upsert.expect("no errors");
        assert_eq!(upsert.total_amount.to_string(), "45000.1");
        assert_eq!(upsert.notes, Patch::Clear);
        assert_eq!(upsert.due_date, Patch::Keep);
    }

    #[test]
    fn every_fault_of_a_row_is_found_at_once() {
        let faults = found(
            r#"{"contact":{"phone":"12","fax":"1"},"total_amount":-1,"currency":"ZZZ","due_date":"2026-02-30","notes":5,"color":"red"}"#,
        );
        let expected = [
            ("color", FindingCode::UnknownField),
            ("contact.fax", FindingCode::UnknownField),
            ("contact.name", FindingCode::Required),
            ("total_amount", FindingCode::NegativeAmount),
            ("currency", FindingCode::UnknownCurrency),
            ("contact.phone", FindingCode::InvalidPhone),
            ("due_date", FindingCode::InvalidDate),
            ("notes", FindingCode::InvalidType),
        ];
        assert_eq!(faults, expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn amounts_are_checked_against_their_currency() {
        let row = |amount: &str, currency: &str| {
            found(&format!(r#"{{"contact":{{"name":"A"}},"total_amount":{amount}{currency}}}"#))
        };
        let too_fine = vec![("total_amount".to_owned(), FindingCode::TooManyDigits)];
        assert_eq!(row("12.345", ""), too_fine);
        assert_eq!(row("\"12.5\"", ""), []);
        assert_eq!(row("100.5", r#","currency":"JPY""#), too_fine);
        assert_eq!(row("1.005e2", r#","currency":"JPY""#), too_fine);
        assert_eq!(row("1.005e3", r#","currency":"JPY""#), []);
        assert_eq!(row("true", ""), [("total_amount".to_owned(), FindingCode::InvalidType)]);
        assert_eq!(row("\"1e3\"", ""), [("total_amount".to_owned(), FindingCode::InvalidAmount)]);
    }

    #[test]
    fn rows_that_are_no_objects_are_one_finding() {
        for json in ["[]", "null", "5", "\"row\""] {
            assert_eq!(found(json), [(String::new(), FindingCode::InvalidRow)], "{json}");
        }
        assert_eq!(
            found(r#"{"contact":"Ana","total_amount":1}"#),
            [
                ("contact".to_owned(), FindingCode::InvalidType),
                ("contact.name".to_owned(), FindingCode::Required)
            ]
        );
    }

    #[test]
    fn depth_and_repetition_are_findings_not_crashes() {
        let deep = format!(r#"{{"notes":{}1{},"total_amount":1}}"#, "[".repeat(1000), "]".repeat(1000));
        assert_eq!(found(&deep), [(String::new(), FindingCode::InvalidJson)]);
        let unknown = format!(
            r#"{{"contact":{{"name":"A"}},"x":{}1{},"total_amount":1}}"#,
            "[".repeat(1000),
            "]".repeat(1000)
        );
        assert_eq!(found(&unknown), [("x".to_owned(), FindingCode::UnknownField)]);
        assert_eq!(
            found(r#"{"contact":{"name":"A"},"total_amount":1,"total_amount":2}"#),
            [("total_amount".to_owned(), FindingCode::DuplicateField)]
        );
    }
}
