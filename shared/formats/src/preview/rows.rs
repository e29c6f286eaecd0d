//! The rows of a preview: what an import with the proposed options stores of them, by the same reader and the same rules.

use jiff::Timestamp;
use saldo_domain::account::Account;
use saldo_domain::date::Date;
use saldo_domain::export::{CsvForm, ExportSpec, Format as ExportFormat, Profile, Subject};
use saldo_domain::fields::{Finding, FindingCode, PayloadError, PayloadErrorKind, Severity};
use saldo_domain::id::OrgId;
use saldo_domain::import::{
    AccountField, Chunk, ChunkReport, Column, DuplicateScan, LostValues, LostValuesScan, Notation, RawRow,
    RowDefaults, RowRules, Shape, Stored,
};
use serde_json::value::RawValue;

use super::sample::Part;
use crate::Encoder;
use crate::read::ReadError;

/// The rows that a preview shows.
pub const ROWS_SHOWN: usize = 20;
/// The refused rows that it shows beside them.
pub const ERRORS_SHOWN: usize = 20;

/// A row of a preview.
#[derive(Clone, Debug)]
pub struct PreviewRow {
    /// Its index in the file, counting from 0.
    pub index: u64,
    /// The line on which it begins, counting from 1.
    pub line: Option<u64>,
    /// The account that it makes, or what it changes of one, as a JSON object; `None` if it is refused.
    pub account: Option<Box<RawValue>>,
    /// Whether a later row about the same account supersedes it.
    pub is_superseded: bool,
    /// What is wrong with it, or odd about it.
    pub findings: Vec<Finding>,
}

/// The rows of the part that was read.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// The first rows.
    pub first: Vec<PreviewRow>,
    /// The number of rows that were read.
    pub read: u64,
    /// How many of them are refused.
    pub refused: u64,
    /// How many of them are superseded.
    pub superseded: u64,
    /// The first refused rows behind those that are shown.
    pub refused_later: Vec<PreviewRow>,
    /// The warnings about the header and the whole file.
    pub warnings: Vec<Finding>,
    /// The columns of a table, as the reader has found them.
    pub columns: Vec<Column>,
    /// The line of the header.
    pub header_line: Option<u64>,
    /// Why not all rows could be read.
    pub refusal: Option<PayloadError>,
}

/// What a preview of rows depends on besides the file.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The organization, whose ids of accounts tell which rows are about the same one.
    pub org: &'a OrgId,
    /// What rows have that they do not state.
    pub defaults: RowDefaults,
    /// The time.
    pub now: Timestamp,
}

/// Reads and checks the rows of a part of a file.
pub(super) fn read(part: &Part, notation: &Notation, setting: Setting<'_>) -> Rows {
    let notation = Notation { gzip: false, ..notation.clone() };
    let (mut raw, mut shape) = (Vec::new(), Shape::Objects);
    let contents = part.pass_on(&notation, |of_row, row| {
        if raw.is_empty() {
            shape = of_row.clone();
        }
        raw.push(row);
        Ok(())
    });
    let mut rows = Rows::default();
    let amounts = notation.options.amounts;
    let setting = Setting { defaults: RowDefaults { amounts, ..setting.defaults }, ..setting };
    let rules = notation.rules();
    let rules = match contents {
        Ok(contents) => {
            shape = contents.shape;
            if contents.assumed_encoding.is_some() { rules.with_assumed_encoding() } else { rules }
        }
        Err(ReadError::Payload(error)) => {
            // The end of the part that was read may be in the middle of a quoted row.
            let is_cut = !part.is_whole() && matches!(error.kind, PayloadErrorKind::UnclosedQuote);
            rows.refusal = Some(error).filter(|_| !is_cut);
            rules
        }
        Err(ReadError::SourceEnded(_) | ReadError::Stopped) => rules,
    };
    rows.check(&raw, shape, &rules, setting);
    rows
}

impl Rows {
    fn check(&mut self, raw: &[RawRow], shape: Shape, rules: &RowRules<'_>, setting: Setting<'_>) {
        let mut scan = DuplicateScan::new(setting.org.clone());
        for row in raw {
            scan.add(&shape, row);
        }
        let superseded = scan.finish();
        self.read = raw.len() as u64;
        self.superseded = superseded.count();
        let (mut incomplete, mut values) = (0_u64, LostValuesScan::default());
        for row in raw {
            let superseded_by = superseded.by(row.index);
            let is_superseded = superseded_by.is_some();
            let mut checked = row.check(&shape, rules, setting.defaults.currency);
            checked.resolve(setting.org);
            let mut findings = checked.findings;
            match superseded_by {
                Some(by) => values.add_superseded(&shape, row, by),
                None => findings.extend(values.add(&shape, row).as_ref().map(LostValues::finding)),
            }
            let stored = checked.upsert.and_then(|upsert| {
                let stored = upsert.stored(setting.defaults, setting.now);
                stored.map_err(|finding| findings.push(finding)).ok()
            });
            let is_refused = stored.is_none() && !is_superseded;
            self.refused += u64::from(is_refused);
            let is_change = stored.as_ref().is_some_and(|stored| stored.changes.is_some());
            incomplete += u64::from(is_change && !is_superseded);
            let list = match self.first.len() < ROWS_SHOWN {
                true => &mut self.first,
                false if is_refused && self.refused_later.len() < ERRORS_SHOWN => &mut self.refused_later,
                false => continue,
            };
            let account = stored.as_ref().and_then(|stored| json(stored, setting.now));
            list.push(PreviewRow { index: row.index, line: row.line, account, is_superseded, findings });
        }
        let header = Chunk { number: 0, shape, rows: Vec::new(), superseded: Vec::new(), lost: Vec::new() };
        let report = ChunkReport::of(&header, rules, setting.defaults.currency);
        self.warnings = report.findings(Severity::Warning).map(|(_, finding)| finding.clone()).collect();
        if incomplete > 0 {
            self.warnings.push(incomplete_rows(incomplete));
        }
        if let Shape::Columns { columns, header_line, .. } = header.shape {
            (self.columns, self.header_line) = (columns, Some(header_line));
        }
    }
}

fn incomplete_rows(rows: u64) -> Finding {
    let [name, amount] = AccountField::REQUIRED.map(AccountField::name);
    let reason = format!(
        "rows that lack `{name}` or `{amount}`: {rows}; they change accounts that exist, and are refused if there is none"
    );
    Finding::in_row(FindingCode::IncompleteRows, reason)
}

/// What a row stores, as an export writes it: all fields of an account that rows of imports have, or those that the row
/// changes.
fn json(stored: &Stored, now: Timestamp) -> Option<Box<RawValue>> {
    let is_shown = |field: &AccountField| {
        !field.is_beside_id() && stored.changes.is_none_or(|changes| changes.contains(*field))
    };
    let fields: Vec<_> = AccountField::imported().filter(is_shown).collect();
    let today: Date = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let subject = Subject::Accounts { filter: Box::default(), columns: Vec::new() };
    let spec = ExportSpec {
        format: ExportFormat::Ndjson,
        // As it is stored: a status that is derived is not.
        profile: Profile::Raw,
        csv: CsvForm::default(),
        as_of: today,
        subject,
    };
    let mut encoder = Encoder::new::<Account>(&spec, fields);
    let line = encoder.encode(std::slice::from_ref(&stored.account)).ok()?;
    RawValue::from_string(String::from_utf8(line).ok()?.trim_end().to_owned()).ok()
}

#[cfg(test)]
mod tests {
    use saldo_domain::id::AccountId;
    use saldo_domain::import::Format;

    use super::super::{Beginning, preview};
    use super::*;

    #[test]
    fn rows_whose_ids_contradict_are_refused() {
        let org: OrgId = "org_mfrggzdfmztwq2lk".parse().expect("an id");
        let id = AccountId::of_external(&org, &"R-1".parse().expect("an id"));
        let list = format!("id,external_id,contact.name,total_amount\n{id},R-1,Al,5\n{id},R-2,Bo,5\n");
        let beginning = Beginning { bytes: list.as_bytes(), is_whole: true, gzip: false };
        let day = Date::constant(2026, 1, 1);
        let euro = "EUR".parse().expect("a currency");
        let defaults = RowDefaults { currency: euro, as_of: day, as_of_max: day, amounts: None };
        let setting = Setting { org: &org, defaults, now: Timestamp::UNIX_EPOCH };
        let previewed =
            preview(beginning, Format::Csv, &saldo_domain::import::ImportOptions::default(), setting);
        let rows = previewed.expect("a preview").rows;
        let codes: Vec<Vec<_>> = rows
            .first
            .iter()
            .map(|row| row.findings.iter().map(|found| found.code.name()).collect())
            .collect();
        assert_eq!(codes, [vec![], vec!["unknown_account"]]);
        assert_eq!(rows.refused, 1);
    }
}
