//! What `saldo statements check` prints: a line for each statement, then the findings; or all of it as JSON.

use std::path::Path;

use saldo_domain::money::Total;
use saldo_domain::statement::{Balance, Checked, Statement, StatementFinding, Summary};
use serde_json::{Value, json};

use super::ReadFile;
use crate::answer;

/// A line for each statement.
pub(super) fn table(files: &[ReadFile], checked: &Checked) -> String {
    let names = [
        "FILE", "ACCOUNT", "CURRENCY", "NUMBER", "FROM", "TO", "OPENING", "CLOSING", "ENTRIES", "IN", "OUT",
        "FINDINGS",
    ];
    answer::columns(&names, checked.statements.iter().map(|summary| row(files, summary)))
}

fn row(files: &[ReadFile], summary: &Summary) -> Vec<String> {
    let Summary { statement, sums, .. } = summary;
    let balance = |balance: Option<Balance>| {
        balance.map(|balance| in_full(&Total::of(balance.money.amount), statement))
    };
    let text = |text: Option<String>| text.unwrap_or_default();
    vec![
        name(files, summary.file),
        text(statement.account.identifier.as_ref().map(ToString::to_string)),
        text(statement.currency().map(|currency| currency.to_string())),
        text(number(summary)),
        text(statement.period.from.map(|day| day.to_string())),
        text(statement.period.to.map(|day| day.to_string())),
        text(balance(statement.opening)),
        text(balance(statement.closing)),
        sums.entries.to_string(),
        in_full(&sums.credits.sum, statement),
        in_full(&sums.debits.sum, statement),
        match summary.findings.len() as u64 + summary.findings_omitted {
            0 => String::new(),
            findings => findings.to_string(),
        },
    ]
}

/// The number of the statement, and that of the page if there is only a part of it.
fn number(summary: &Summary) -> Option<String> {
    let number = summary.statement.number?;
    let page = summary.statement.page.filter(|page| summary.pages == 1 && page.number > 1);
    Some(page.map_or_else(|| number.to_string(), |page| format!("{number}/{}", page.number)))
}

/// An amount with all decimal places of the statement's currency.
fn in_full(amount: &Total, statement: &Statement) -> String {
    statement.currency().map_or_else(|| amount.to_string(), |currency| amount.in_full(currency))
}

/// The findings, each with its file, its statement and its place.
pub(super) fn findings(files: &[ReadFile], checked: &Checked) -> Vec<String> {
    let elsewhere = checked.elsewhere.iter().map(|(file, finding)| line(&name(files, *file), finding));
    let of_statements = checked.statements.iter().flat_map(|summary| {
        let number = number(summary).map_or_else(String::new, |number| format!(", statement {number}"));
        let place = format!("{}{number}", name(files, summary.file));
        let omitted = summary.findings_omitted;
        let omitted = (omitted > 0).then(|| format!("{place}: {omitted} further findings"));
        let lines: Vec<String> = summary.findings.iter().map(|finding| line(&place, finding)).collect();
        lines.into_iter().chain(omitted)
    });
    elsewhere.chain(of_statements).collect()
}

fn line(place: &str, finding: &StatementFinding) -> String {
    let at = finding.place.map_or_else(String::new, |at| format!(", {at}"));
    let kind = if finding.code.is_warning() { "warning" } else { "finding" };
    format!("{kind} {}: {place}{at}: {}", finding.code.name(), finding.reason)
}

fn name(files: &[ReadFile], number: usize) -> String {
    files.get(number).map_or_else(String::new, |file| shown(&file.path))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// All of it as JSON: amounts are texts with all decimal places.
pub(super) fn json(files: &[ReadFile], checked: &Checked) -> Value {
    let of_file = |(number, file): (usize, &ReadFile)| {
        let findings: Vec<_> =
            checked.elsewhere.iter().filter(|(of, _)| *of == number).map(|(_, finding)| finding).collect();
        let format: Option<&str> = file.format.as_ref().ok().map(|format| (*format).into());
        json!({
            "file": shown(&file.path),
            "format": format,
            "error": file.format.as_ref().err(),
            "findings": findings,
        })
    };
    json!({
        "in_order": checked.is_in_order() && files.iter().all(|file| file.format.is_ok()),
        "files": files.iter().enumerate().map(of_file).collect::<Vec<_>>(),
        "statements": checked.statements.iter().map(|summary| statement(files, summary)).collect::<Vec<_>>(),
    })
}

fn statement(files: &[ReadFile], summary: &Summary) -> Value {
    let Summary { statement, sums, pages, findings, findings_omitted, .. } = summary;
    let balance = |balance: Option<Balance>| {
        balance.map(|balance| {
            let currency = balance.money.currency;
            json!({ "amount": currency.in_full(balance.money.amount), "currency": currency, "on": balance.on })
        })
    };
    json!({
        "file": name(files, summary.file),
        "message": statement.message.name(),
        "id": statement.id,
        "account": statement.account,
        "currency": statement.currency(),
        "number": statement.number,
        "page": statement.page,
        "pages": pages,
        "period": statement.period,
        "opening": balance(statement.opening),
        "closing": balance(statement.closing),
        "entries": sums.entries,
        "pending": sums.pending,
        "information": sums.information,
        "unreadable": sums.unreadable,
        "credits": { "count": sums.credits.count, "sum": in_full(&sums.credits.sum, statement) },
        "debits": { "count": sums.debits.count, "sum": in_full(&sums.debits.sum, statement) },
        "findings": findings,
        "findings_omitted": findings_omitted,
    })
}
