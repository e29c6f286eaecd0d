//! The files that the benchmark imports.

use std::fmt::Write as _;

/// One row in so many repeats the external id of an earlier one.
pub(crate) const ROWS_PER_REPEAT: u64 = 100;

/// What a file says about the accounts that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// There are none: all are new.
    New,
    /// One account in ten has other values.
    TenthChanged,
    /// All have these values already.
    Unchanged,
}

impl Contents {
    /// The words for the printed results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::TenthChanged => "10 % changed",
            Self::Unchanged => "unchanged",
        }
    }

    /// The most write units that a row may cost, those of the job included.
    pub(crate) fn write_units_per_row_max(self) -> f64 {
        match self {
            Self::New => 1.01,
            Self::TenthChanged => 0.15,
            Self::Unchanged => 0.05,
        }
    }
}

/// A file such as an ERP writes, 200 bytes a row. A file with [`Contents::Unchanged`] repeats the one with
/// [`Contents::TenthChanged`].
pub(crate) fn csv(rows: u64, contents: Contents) -> String {
    let mut csv = "external_id,contact.name,contact.phone,contact.email,total_amount,currency,due_date,\
                   source_system,notes\n"
        .to_owned();
    for n in 0..rows {
        let id = number(n);
        let source = match contents != Contents::New && id.is_multiple_of(10) {
            true => "S4H",
            false => "SAP",
        };
        let row = format_args!(
            "INV-2026-{id:07},María García de la Fuente,+54911{n:08},maria.garcia.{n:07}@example.com,{n}.{:02},\
             ARS,2026-01-15,{source},\"60 days, to be paid at the branch in Córdoba; reminded twice by telephone\"\n",
            n % 100
        );
        csv.write_fmt(row).expect("memory");
    }
    csv
}

/// The number in a row's external id: its own, or that of one half as far into the file.
fn number(row: u64) -> u64 {
    match row % ROWS_PER_REPEAT == ROWS_PER_REPEAT - 1 {
        true => number(row / 2),
        false => row,
    }
}
