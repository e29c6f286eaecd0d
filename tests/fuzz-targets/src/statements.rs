//! The readers of bank statements. The items of a file must be the same when it is read in pieces, and in order: a statement
//! begins, has entries with ascending numbers, and ends. The checks accept any items.
//!
//! The first byte of an input decides how it is divided into pieces; the rest is the file.

use saldo_domain::fields::PayloadError;
use saldo_domain::statement::{Item, Place, StatementCheck, StatementFormat};
use saldo_formats::read::{ReadError, read_statements, statement_format_of};

use crate::pieces::Pieces;

/// camt.052, camt.053 and camt.054.
///
/// # Panics
/// When Saldo breaks a guarantee.
pub fn camt(input: &[u8]) {
    statements(StatementFormat::Camt, input);
}

/// MT940 and MT942.
///
/// # Panics
/// When Saldo breaks a guarantee.
pub fn mt940(input: &[u8]) {
    statements(StatementFormat::Mt940, input);
}

/// OFX.
///
/// # Panics
/// When Saldo breaks a guarantee.
pub fn ofx(input: &[u8]) {
    statements(StatementFormat::Ofx, input);
}

/// BAI2.
///
/// # Panics
/// When Saldo breaks a guarantee.
pub fn bai2(input: &[u8]) {
    statements(StatementFormat::Bai2, input);
}

fn statements(format: StatementFormat, input: &[u8]) {
    let Some((seed, file)) = input.split_first() else { return };
    if statement_format_of(file) != Ok(format) {
        return;
    }
    let (items, ended) = read(file);
    assert_eq!((&items, &ended), (&read(Pieces::new(file, *seed)).0, &read(Pieces::new(file, *seed)).1));
    assert_in_order(&items, ended.is_ok());
    let mut check = StatementCheck::default();
    for item in &items {
        check.add(0, item);
    }
    check.end_file();
    let checked = check.finish();
    let entries = items.iter().filter(|item| matches!(item, Item::Entry(_))).count() as u64;
    assert_eq!(checked.statements.iter().map(|summary| summary.sums.entries).sum::<u64>(), entries);
}

/// The items of a file, and how its reading ended.
fn read(file: impl std::io::Read) -> (Vec<Item>, Result<StatementFormat, PayloadError>) {
    let mut items = Vec::new();
    let read = read_statements(file, &mut |item| {
        items.push(item);
        Ok(())
    });
    let ended = read.map_err(|error| match error {
        ReadError::Payload(error) => error,
        other => panic!("neither the source nor the sink has stopped: {other}"),
    });
    (items, ended)
}

fn assert_in_order(items: &[Item], is_whole: bool) {
    let (mut is_open, mut last) = (false, Place { line: 0, entry: None });
    for item in items {
        match item {
            Item::Begin(_) => {
                assert!(!is_open, "a statement begins within another");
                (is_open, last.entry) = (true, None);
            }
            Item::Entry(entry) => {
                assert!(
                    is_open && entry.place.entry > last.entry && entry.place.line >= last.line,
                    "{entry:?} after {last}"
                );
                last = entry.place;
            }
            Item::Finding(_) => {}
            Item::End(_) => {
                assert!(is_open, "a statement ends that has not begun");
                is_open = false;
            }
        }
    }
    assert!(!is_open || !is_whole, "a statement does not end");
}
