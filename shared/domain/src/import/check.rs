//! Checks a row. All errors are reported at once; a row that passes is not validated again.

use super::cells::{fields_of, put_defaults};
use super::{AccountUpsert, BlankExternalId, LEFT_OUT, RawRow, RowRules, Shape, totals_row};
use crate::account::{AccountField, NumberedClient};
use crate::fields::{Body, Fields, Finding, FindingCode, Patch, Severity, Value};
use crate::id::{AccountId, OrgId};
use crate::money::Currency;
use crate::text::is_blank;

/// The result of checking a row.
#[derive(Debug)]
pub struct Checked {
    /// The change to an account; `None` if and only if there is an error.
    pub upsert: Option<AccountUpsert>,
    /// All errors and warnings.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Resolves the external ids of the row. Returns the account that it names, if it names one; the client that it names
    /// becomes its owner. A row whose `id` and `external_id` identify different accounts is refused, and one whose `owner_id`
    /// and `client_external_id` identify different owners.
    pub fn resolve(&mut self, org: &OrgId) -> Option<AccountId> {
        self.resolve_client(org);
        self.named_account(org)
    }

    /// Makes the client that the row names by its number the owner. A blank number removes the owner, unless the row states
    /// another one.
    fn resolve_client(&mut self, org: &OrgId) {
        let Some(upsert) = &mut self.upsert else { return };
        match (&upsert.client_external_id, &upsert.owner_id) {
            (Patch::Keep, _) => {}
            (Patch::Clear, Patch::Set(_)) => upsert.client_external_id = Patch::Keep,
            (Patch::Clear, Patch::Keep | Patch::Clear) => upsert.owner_id = Patch::Clear,
            (Patch::Set(number), stated) => {
                let owner_id = NumberedClient::new(org, number.clone()).owner_id;
                if matches!(stated, Patch::Set(stated) if *stated != owner_id) {
                    let reason = "the client with this number is not the owner that `owner_id` states; leave one of them out";
                    let field = AccountField::ClientExternalId.name();
                    self.findings.push(Finding::in_field(field, FindingCode::InvalidValue, reason));
                    self.upsert = None;
                } else {
                    upsert.owner_id = Patch::Set(owner_id);
                }
            }
        }
    }

    fn named_account(&mut self, org: &OrgId) -> Option<AccountId> {
        let upsert = self.upsert.as_ref()?;
        let named = upsert.external_id.as_ref().map(|id| AccountId::of_external(org, id));
        match (named, &upsert.id) {
            (Some(named), Some(id)) if named != *id => {
                let reason = "the account with this id has another external_id, or none";
                let field = AccountField::Id.name();
                self.findings.push(Finding::in_field(field, FindingCode::UnknownAccount, reason));
                self.upsert = None;
                None
            }
            (Some(named), _) => Some(named),
            (None, id) => id.clone(),
        }
    }
}

impl RawRow {
    /// Checks the row by the rules of its import. `default_currency` is that of the organization.
    #[must_use]
    pub fn check<'a>(&'a self, shape: &Shape, rules: &RowRules<'a>, default_currency: Currency) -> Checked {
        let mut fields = fields_of(&self.body, shape, rules);
        let mut checked = Checked { upsert: None, findings: Vec::new() };
        if fields.are_of_a_row() {
            let is_table = !matches!(shape, Shape::Objects);
            if is_table && let Some(totals) = totals_row::refused(&fields, rules) {
                return Checked { upsert: None, findings: vec![totals] };
            }
            put_defaults(&mut fields, shape, rules);
            if is_table {
                report_blank_currency(&mut fields, default_currency);
            }
            apply_id(&mut fields, shape, rules);
            let names_account = [AccountField::Id, AccountField::ExternalId]
                .iter()
                .any(|field| fields.get_at(*field as usize).is_some_and(|value| !value.is_null()));
            let absent = (!names_account).then_some(default_currency);
            checked.upsert =
                AccountUpsert::take(&mut fields, rules.context(default_currency, absent, is_table));
            let stated = rules.scope.zip(checked.upsert.as_ref());
            for refused in stated.iter().flat_map(|(scope, row)| row.out_of(scope)) {
                fields.report(refused);
            }
        }
        checked.findings = fields.into_findings(LEFT_OUT);
        if checked.findings.iter().any(|found| found.code.severity() == Severity::Error) {
            checked.upsert = None;
        }
        checked
    }
}

/// Warns of an empty cell in the column of currencies: the amount is in the organization's currency, which may not be that
/// of the other rows or of the account.
fn report_blank_currency(fields: &mut Fields<'_>, default_currency: Currency) {
    let currency = AccountField::Currency;
    let is_blank = match fields.get_at(currency as usize) {
        Some(Value::Null) => true,
        Some(Value::Text(text)) => is_blank(text),
        _ => false,
    };
    if is_blank {
        let reason = format!("the currency is blank; {default_currency}, the organization's, was assumed");
        fields.report(Finding::in_field(currency.name(), FindingCode::AssumedCurrency, reason));
    }
}

/// Prepares the fields whose meaning depends on whether the row has the id of its account.
fn apply_id(fields: &mut Fields<'_>, shape: &Shape, rules: &RowRules<'_>) {
    let has_id = keep_own_id(fields);
    if !has_id {
        ignore_fields_that_need_an_id(fields);
        match rules.blank_external_id {
            BlankExternalId::Refuse => refuse_blank_external_id(fields, shape),
            BlankExternalId::Allow => {}
        }
    }
    if rules.assumed_encoding {
        refuse_uncertain_ids(fields);
    }
}

/// Refuses ids with characters that depend on an encoding that was assumed: in another one, they name another account.
fn refuse_uncertain_ids(fields: &mut Fields<'_>) {
    for field in AccountField::IDS {
        let name = field.name();
        if fields.get(name).and_then(Value::as_text).is_some_and(|id| !id.is_ascii()) {
            fields.take(name);
            let reason = "the id has letters beyond ASCII, and the encoding of the file was assumed; state its `encoding`";
            fields.report(Finding::in_field(name, FindingCode::UncertainId, reason));
        }
    }
}

/// Whether the row has an account's own id. Other systems have a column `id`, too: a value that is not an id of Saldo is
/// ignored with a warning, as an unknown field is.
fn keep_own_id(fields: &mut Fields<'_>) -> bool {
    let id = AccountField::Id;
    let is_id = match fields.get_at(id as usize) {
        None | Some(Value::Null) => return false,
        Some(Value::Text(text)) => text.trim().parse::<AccountId>().is_ok(),
        Some(_) => false,
    };
    if !is_id {
        fields.take_at(id as usize);
        let reason = "not an account's id as Saldo gives them; it was left out";
        fields.report(Finding::in_field(id.name(), FindingCode::UnknownField, reason));
    }
    is_id
}

/// Ignores `balance` and `identifier`, with a warning, in a row without the account's id. Exports have them beside the id;
/// in files of other systems, a column of that name may have another meaning or sign.
fn ignore_fields_that_need_an_id(fields: &mut Fields<'_>) {
    for field in [AccountField::Balance, AccountField::Identifier] {
        if fields.take_at(field as usize).is_some_and(|value| !value.is_null()) {
            let reason = "a row has this only beside the id of its account; it was left out";
            fields.report(Finding::in_field(field.name(), FindingCode::UnknownField, reason));
        }
    }
}

/// Refuses a blank external id in a row without the account's id: such a row, for example one of totals, would create
/// another account with each import. In a JSON object, null means the same as an absent member; an empty cell does not,
/// since the header has the column.
fn refuse_blank_external_id(fields: &mut Fields<'_>, shape: &Shape) {
    let external_id = AccountField::ExternalId;
    let is_blank = match fields.get_at(external_id as usize) {
        Some(Value::Null) => !matches!(shape, Shape::Objects),
        Some(Value::Text(text)) => is_blank(text),
        _ => false,
    };
    if is_blank {
        fields.take_at(external_id as usize);
        let reason = "blank, so that each import of the row would make another account; give the row an \
            external_id, leave it out if it holds totals, or state `blank_external_id`";
        fields.report(Finding::in_field(external_id.name(), FindingCode::BlankExternalId, reason));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{Column, RowBody};

    fn check(json: &str) -> Checked {
        let body = RowBody::Json(json.into());
        RawRow { index: 0, line: None, body }.check(
            &Shape::Objects,
            &RowRules::default(),
            "ARS".parse().expect("a currency"),
        )
    }

    fn found(json: &str) -> Vec<(String, FindingCode)> {
        let row = check(json);
        let error = row.findings.iter().any(|f| f.code.severity() == Severity::Error);
        assert_eq!(row.upsert.is_none(), error, "{json}");
        row.findings.into_iter().map(|f| (f.field.unwrap_or_default().into_owned(), f.code)).collect()
    }

    #[test]
    fn valid_row_becomes_an_upsert() {
        let row = check(
            r#"{"contact":{"name":"María García","phone":"+5491155551234"},"total_amount":45000.10,"external_id":"INV-1","notes":null}"#,
        );
        assert_eq!(row.findings, []);
        let upsert = row.upsert.expect("no errors");
        assert_eq!(upsert.total_amount.map(|amount| amount.to_string()).as_deref(), Some("45000.1"));
        assert_eq!(upsert.notes, Patch::Clear);
        assert_eq!(upsert.due_date, Patch::Keep);
    }

    #[test]
    fn row_that_names_its_account_may_be_a_part_of_it() {
        for (json, complete) in [
            (r#"{"external_id":"A","notes":"x"}"#, false),
            (r#"{"id":"acc_aaaaaaaaaaaaaaaa","notes":"x"}"#, false),
            (r#"{"id":"acc_aaaaaaaaaaaaaaaa","total_amount":1,"balance":5}"#, false),
            (r#"{"external_id":"A","total_amount":1}"#, false),
            (r#"{"external_id":"A","contact":{"phone":null}}"#, false),
            (r#"{"external_id":"A","contact":{"name":"Ana"},"total_amount":1}"#, true),
        ] {
            let row = check(json);
            assert_eq!(row.findings, [], "{json}");
            let upsert = row.upsert.expect("valid");
            assert_eq!((upsert.is_complete(), upsert.missing().is_empty()), (complete, complete), "{json}");
        }
        let required = |field: &str| (field.to_owned(), FindingCode::Required);
        assert_eq!(found(r#"{"notes":"x"}"#), [required("contact.name"), required("total_amount")]);
        let balance_alone = r#"{"id":"acc_aaaaaaaaaaaaaaaa","balance":5}"#;
        assert_eq!(found(balance_alone), [("balance".to_owned(), FindingCode::ReadOnly)]);
        // No row clears them.
        let cleared = r#"{"external_id":"A","contact":{"name":" "},"total_amount":null}"#;
        assert_eq!(found(cleared), [required("contact.name"), required("total_amount")]);
    }

    #[test]
    fn all_errors_of_a_row_are_reported_at_once() {
        let faults = found(
            r#"{"contact":{"phone":"12","fax":"1"},"total_amount":-1,"currency":"ZZZ","due_date":"2026-02-30","notes":5,"color":"red"}"#,
        );
        let expected = [
            ("contact.name", FindingCode::Required),
            ("contact.phone", FindingCode::InvalidPhone),
            ("currency", FindingCode::UnknownCurrency),
            ("due_date", FindingCode::InvalidDate),
            ("notes", FindingCode::InvalidType),
            ("contact.fax", FindingCode::UnknownField),
            ("color", FindingCode::UnknownField),
        ];
        assert_eq!(faults, expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn blank_currency_in_a_table_is_assumed_with_a_warning() {
        let check = |cells: [&str; 3]| {
            let fields = [AccountField::ExternalId, AccountField::ContactName, AccountField::TotalAmount];
            let fields = fields.into_iter().chain([AccountField::Currency]);
            let column = |field: AccountField| Column { header: field.name().to_owned(), field: Some(field) };
            let columns = fields.map(column).collect();
            let shape = Shape::Columns { columns, delimiter: ',', header_line: 1, amount: None };
            let cells = ["R-1"].into_iter().chain(cells).collect();
            RawRow { index: 0, line: None, body: RowBody::Cells(cells) }.check(
                &shape,
                &RowRules::default(),
                "EUR".parse().expect("a currency"),
            )
        };
        for blank in ["", " "] {
            let row = check(["Al", "100", blank]);
            let codes: Vec<_> = row.findings.iter().map(|finding| finding.code).collect();
            assert_eq!((codes.as_slice(), row.upsert.is_some()), (&[FindingCode::AssumedCurrency][..], true));
        }
        assert_eq!(check(["Al", "100", "USD"]).findings, []);
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
    fn number_of_a_client_becomes_the_owner() {
        let org = OrgId::placeholder();
        let of_client = NumberedClient::new(&org, "0042".parse().expect("a number"));
        let (own, other) = (of_client.owner_id.as_str(), "o");
        let (stated, set) =
            (Patch::Set(of_client.owner_id.clone()), Patch::Set(of_client.external_id.clone()));
        for (members, expected) in [
            (String::new(), Some((Patch::Keep, Patch::Keep))),
            (r#","client_external_id":" 0042 ""#.to_owned(), Some((stated.clone(), set.clone()))),
            (
                format!(r#","client_external_id":"0042","owner_id":"{own}""#),
                Some((stated.clone(), set.clone())),
            ),
            (r#","client_external_id":"0042","owner_id":null"#.to_owned(), Some((stated.clone(), set))),
            (format!(r#","client_external_id":"0042","owner_id":"{other}""#), None),
            (format!(r#","client_external_id":null,"owner_id":"{own}""#), Some((stated, Patch::Keep))),
            (r#","client_external_id":null"#.to_owned(), Some((Patch::Clear, Patch::Clear))),
        ] {
            let json = format!(r#"{{"contact":{{"name":"A"}},"total_amount":1{members}}}"#);
            let mut checked = check(&json);
            checked.resolve(&org);
            let refused = checked.findings.iter().any(|found| found.code == FindingCode::InvalidValue);
            assert_eq!(refused, expected.is_none(), "{json}");
            assert_eq!(checked.upsert.map(|row| (row.owner_id, row.client_external_id)), expected, "{json}");
        }
    }

    #[test]
    fn row_that_is_not_an_object_is_one_finding() {
        for json in ["[]", "null", "5", "\"row\""] {
            assert_eq!(found(json), [(String::new(), FindingCode::InvalidRow)], "{json}");
        }
        for contact in ["\"Ana\"", "1", "2.5", "-1e30", "true", "[{}]", "[[]]"] {
            assert_eq!(
                found(&format!(r#"{{"contact":{contact},"total_amount":1}}"#)),
                [
                    ("contact".to_owned(), FindingCode::InvalidType),
                    ("contact.name".to_owned(), FindingCode::Required)
                ]
            );
        }
    }

    #[test]
    fn row_that_is_not_json_is_one_finding() {
        for json in [
            "",
            "{",
            "x",
            r#"{"x":1,"total_amount":1,"total_amount":1,}"#,
            r#"{"contact":{"name":"A"}"#,
            "{} {}",
        ] {
            assert_eq!(found(json), [(String::new(), FindingCode::InvalidJson)], "{json}");
        }
    }

    #[test]
    fn misspelled_members_are_refused() {
        let faults = found(
            r#"{"contact":{"name":"A","Phone":"1"},"total_amount":1,"External_ID":"INV-1","dueDate":"2026-01-01","Balance":1}"#,
        );
        let expected = [
            ("contact.Phone", FindingCode::MisspelledField),
            ("External_ID", FindingCode::MisspelledField),
            ("dueDate", FindingCode::MisspelledField),
            ("Balance", FindingCode::UnknownField),
        ];
        assert_eq!(faults, expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn deep_nesting_and_duplicate_members_are_findings() {
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
