//! Joins the pages of a statement, which banks send as messages of their own: a page that is not the last one closes with an
//! intermediate balance (`:62M:`), with which the next page opens (`:60M:`).

use super::super::StatementFindingCode as Code;
use super::{Summary, series};

const PAGES_BEFORE: &str = "the pages before this one are missing: its number, or its opening balance, shows that it is not the first one";
const PAGES_AFTER: &str = "the pages after this one are missing: its number, or its closing balance, shows that it is not the last one";

/// The statements, each with the number of its first page. The pages are sorted by account, day, number and page.
pub(super) fn joined(pages: Vec<(usize, Summary)>) -> Vec<(usize, Summary)> {
    let mut statements: Vec<(usize, Summary)> = Vec::new();
    // The number of the page that was joined last.
    let mut last_page = None;
    for (number, mut page) in pages {
        let before = statements.last_mut().map(|(_, before)| before);
        let is_next = before.as_ref().is_some_and(|before| series::is_same(before, &page));
        let open = before.filter(|before| is_next && ends_open(before));
        let page_number = page.page().map(|page| page.number);
        match open {
            Some(open) if continues(&page) && open.statement.number == page.statement.number => {
                find_gap(open, &page, last_page, page_number);
                join(open, &page);
            }
            _ => {
                if continues(&page) {
                    page.find(Code::PageMissing, PAGES_BEFORE);
                }
                statements.push((number, page));
            }
        }
        last_page = page_number;
    }
    for (_, open) in statements.iter_mut().filter(|(_, last)| ends_open(last)) {
        open.find(Code::PageMissing, PAGES_AFTER);
    }
    statements
}

/// Whether further pages follow.
fn ends_open(page: &Summary) -> bool {
    page.statement.closing.is_some_and(|closing| closing.is_intermediate)
        || page.page().is_some_and(|page| page.is_last == Some(false))
}

/// Whether pages precede.
fn continues(page: &Summary) -> bool {
    page.statement.opening.is_some_and(|opening| opening.is_intermediate)
        || page.page().is_some_and(|page| page.is_last.is_some() && page.number > 1)
}

/// A page between two pages is missing.
fn find_gap(open: &mut Summary, page: &Summary, last: Option<u64>, number: Option<u64>) {
    let missing = last.zip(number).is_some_and(|(last, number)| number != last + 1);
    let (closing, opening) = (open.statement.closing, page.statement.opening);
    let differ = closing.zip(opening).is_some_and(|(closing, opening)| closing.money != opening.money);
    if missing || differ {
        let after = last.map_or_else(String::new, |last| format!(" after page {last}"));
        open.find(
            Code::PageMissing,
            format!("pages{after} are missing: page numbers or balances do not follow each other"),
        );
    }
}

/// Adds a page to the statement that it continues.
fn join(statement: &mut Summary, page: &Summary) {
    statement.pages += 1;
    statement.sums.join(&page.sums);
    for finding in &page.findings {
        statement.push(finding.clone());
    }
    statement.findings_omitted += page.findings_omitted;
    let (whole, page) = (&mut statement.statement, &page.statement);
    whole.closing = page.closing.or(whole.closing);
    whole.page = page.page;
    whole.period.to = page.period.to.or(whole.period.to);
    whole.text = page.text.clone().or(whole.text.take());
    // Each page has the counts of the whole statement, or none.
    whole.stated = page.stated;
}
