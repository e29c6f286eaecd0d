//! Finds the table on a sheet of a workbook: the row of its header, and its rows.

use std::collections::BTreeMap;

use saldo_domain::import::{Cells, ImportOptions};

use super::table::{self, KNOWN_MIN, LINES_SEARCHED, ROWS_MEASURED, Table};
use crate::read::{COLUMNS_MAX, SheetSample};

/// A table that was found.
pub(super) struct Found {
    pub(super) table: Table,
    /// Whether enough of its headers are known.
    pub(super) is_known: bool,
}

/// Finds the table: below the row with the most headers that are known, or else below the first row of texts that is as wide as
/// most rows. `None` if there is no such row.
pub(super) fn find(sample: &SheetSample, options: &ImportOptions) -> Option<Found> {
    let rows: Vec<(u64, Cells)> = sample.texts().collect();
    let headers_of = |(at, (number, cells)): (usize, &(u64, Cells))| {
        let headers: Vec<String> = cells.iter().take(COLUMNS_MAX).map(str::to_owned).collect();
        (at, *number, headers)
    };
    let is_searched = |(at, (number, _)): &(usize, &(u64, Cells))| match options.header_line {
        Some(stated) => u64::try_from(stated) == Ok(*number),
        None => *at < LINES_SEARCHED,
    };
    let searched: Vec<_> = rows.iter().enumerate().filter(is_searched).map(headers_of).collect();
    let known = searched.iter().map(|candidate| (table::known(&candidate.2, options), candidate));
    // Of equally known ones, the first row.
    let best = known.reduce(|best, other| if other.0 > best.0 { other } else { best });
    let enough = if options.header_line.is_some() { 1 } else { KNOWN_MIN };
    let is_known = best.is_some_and(|(known, _)| known >= enough);
    let (at, header_line, headers) = match best {
        Some((_, best)) if is_known => best,
        best => {
            let width = common_width(&rows);
            let is_wide = |headers: &[String]| width.is_some_and(|width| headers.len() >= width);
            let unknown =
                searched.iter().find(|(_, _, headers)| is_wide(headers) && table::are_texts(headers));
            unknown.or(best.filter(|(known, _)| *known > 0).map(|(_, best)| best))?
        }
    };
    let below = rows.iter().skip(at + 1).map(|(_, cells)| {
        let mut cells = cells.clone();
        while cells.len() < headers.len() {
            cells.push("");
        }
        cells
    });
    let rows = below.filter_map(|cells| table::row(cells, headers.len())).collect();
    let table = Table { punctuation: None, header_line: *header_line, headers: headers.clone(), rows };
    Some(Found { table, is_known })
}

/// The width that most rows have.
fn common_width(rows: &[(u64, Cells)]) -> Option<usize> {
    let mut widths = BTreeMap::<usize, usize>::new();
    for (_, cells) in rows.iter().take(ROWS_MEASURED) {
        *widths.entry(cells.len()).or_default() += 1;
    }
    table::most_common(widths).map(|(width, _)| width)
}
