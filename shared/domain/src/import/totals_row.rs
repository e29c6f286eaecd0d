//! Rows of totals, which programs write below a list. Such a row is not a debt. Most are refused because they lack an id or a
//! name; this finds those that could be read as an account.

use super::{BlankExternalId, RowRules};
use crate::account::AccountField;
use crate::fields::{Fields, Finding, FindingCode, Value, shown_value};
use crate::id::AccountId;
use crate::money::{Currency, is_currency_mark};
use crate::text::trimmed;

/// What rows of totals have in the place of an id or a name, in lower case.
const WORDS: [&str; 40] = [
    "total",
    "totals",
    "grand total",
    "subtotal",
    "sub-total",
    "sub total",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "gesamtbetrag",
    "endsumme",
    "zwischensumme",
    "total general",
    "suma",
    "sumas",
    "suma total",
    "totales",
    "totale",
    "totale generale",
    "subtotale",
    "totaal",
    "eindtotaal",
    "subtotaal",
    "somme",
    "total général",
    "sous-total",
    "totais",
    "total geral",
    "soma",
    "totalt",
    "i alt",
    "summa",
    "yhteensä",
    "razem",
    "ogółem",
    "celkem",
    "spolu",
    "összesen",
    "végösszeg",
];

/// The error about a record that is a row of totals: its external id is one of [`WORDS`], and its name is blank or one of them,
/// too; or it has no external id, and its name is one of them. `None` for any other record, and for one with a blank id that is refused for it.
pub(super) fn refused(fields: &Fields<'_>, rules: &RowRules<'_>) -> Option<Finding> {
    let cell = |field: AccountField| match fields.get_at(field as usize)? {
        Value::Text(text) => Some(trimmed(text)),
        Value::Null => Some(""),
        Value::Number(_) | Value::Other(_) => None,
    };
    if cell(AccountField::Id).is_some_and(|id| id.parse::<AccountId>().is_ok()) {
        return None;
    }
    let name = cell(AccountField::ContactName).unwrap_or_default();
    let (field, word) = match cell(AccountField::ExternalId) {
        Some("") if rules.blank_external_id == BlankExternalId::Refuse => return None,
        Some("") | None => (AccountField::ContactName, name),
        Some(id) => (AccountField::ExternalId, id),
    };
    let has_no_name = || field == AccountField::ContactName || name.is_empty() || is_word(name);
    (is_word(word) && has_no_name()).then(|| {
        let shown = shown_value(word);
        let reason = format!("{shown:?} marks a row of totals, which is not a debt; leave the row out, or write a longer text if it is one");
        Finding::in_field(field.name(), FindingCode::TotalsRow, reason)
    })
}

/// Whether a text is one of the words, perhaps with the code or sign of a currency: `Summe EUR:`.
fn is_word(text: &str) -> bool {
    // Most ids have digits.
    if text.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '.' | '*' | '='));
    let is_currency = |word: &str| word.parse::<Currency>().is_ok() || is_currency_mark(word);
    let text = text.rsplit_once(' ').filter(|(_, last)| is_currency(last)).map_or(text, |(word, _)| word);
    let text = trimmed(text).trim_end_matches(':').to_lowercase();
    WORDS.contains(&text.as_str())
}

#[cfg(test)]
mod tests {
    use crate::fields::FindingCode;
    use crate::import::{AccountField, BlankExternalId, Column, RawRow, RowBody, RowRules, Shape};

    /// The codes of the errors about a record, and whether it is a change to an account.
    fn checked(columns: &[AccountField], cells: &[&str], rules: &RowRules<'_>) -> (Vec<FindingCode>, bool) {
        let column = |field: &AccountField| Column { header: field.name().to_owned(), field: Some(*field) };
        let columns = columns.iter().map(column).collect();
        let shape = Shape::Columns { columns, delimiter: ';', header_line: 1, amount: None };
        let row = RawRow { index: 0, line: None, body: RowBody::Cells(cells.iter().copied().collect()) };
        let checked = row.check(&shape, rules, "EUR".parse().expect("a currency"));
        (checked.findings.iter().map(|found| found.code).collect(), checked.upsert.is_some())
    }

    #[test]
    fn rows_of_totals_are_refused_and_debts_are_not() {
        use AccountField::{ContactName, ExternalId, Id, TotalAmount};
        let (refuse, allow) = (
            RowRules::default(),
            RowRules { blank_external_id: BlankExternalId::Allow, ..RowRules::default() },
        );
        let with_ids = [ExternalId, ContactName, TotalAmount];
        let totals = (vec![FindingCode::TotalsRow], false);
        for cells in [
            ["Summe", "", "12.50"],
            ["Gesamt EUR:", "", "12.50"],
            ["TOTAL", "Grand Total", "5"],
            ["Razem PLN", "", "5"],
        ] {
            assert_eq!(checked(&with_ids, &cells, &refuse), totals, "{cells:?}");
        }
        assert_eq!(
            checked(&with_ids, &["", "Summe", "5"], &refuse),
            (vec![FindingCode::BlankExternalId], false)
        );
        assert_eq!(checked(&with_ids, &["", "Summe", "5"], &allow), totals);
        // Also in a file without a column of names, or of ids, a row of totals is refused.
        assert_eq!(checked(&[ExternalId, TotalAmount], &["Summe", "5"], &refuse), totals);
        assert_eq!(checked(&[ContactName, TotalAmount], &["Total", "5"], &refuse), totals);

        let debt = (vec![], true);
        assert_eq!(checked(&with_ids, &["Total", "Ana", "5"], &refuse), debt);
        assert_eq!(checked(&with_ids, &["R-1", "Total", "5"], &refuse), debt);
        assert_eq!(checked(&[ContactName, TotalAmount], &["Total Energies", "5"], &refuse), debt);
        let id = ["acc_mfrggzdfmztwq2lk", "Total", "5"];
        assert_eq!(checked(&[Id, ContactName, TotalAmount], &id, &refuse), debt);
    }
}
