//! The report of a chunk: the result of each row, and the errors and warnings of its rows.

use serde::{Deserialize, Serialize};

use super::cells::{fields_of, text_of};
use super::{Chunk, Counts, LEFT_OUT, REASON, RawRow, RowBody, RowOutcome, RowRules, Shape};
use crate::account::{AccountField, Revision, Written};
use crate::fields::{Finding, FindingCode, Severity, unknown_fields};
use crate::id::AccountId;
use crate::money::Currency;

impl From<Written> for RowOutcome {
    fn from(written: Written) -> Self {
        match written {
            Written::Imported => Self::Imported,
            Written::Updated => Self::Updated,
            Written::Unchanged => Self::Unchanged,
        }
    }
}

/// The result of a row, as the report of every row has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowResult {
    /// The row's index in the payload, counting from 0.
    pub index: u64,
    /// The line of the file on which it begins, counting from 1; absent for a JSON body.
    pub line: Option<u64>,
    /// What became of it.
    pub outcome: RowOutcome,
    /// The account that it created, changed or found as it is.
    pub account: Option<AccountId>,
    /// The account's revision after the row. Absent if a newer import or change had overtaken the row when its chunk
    /// was processed, and in a dry run.
    pub revision: Option<Revision>,
    /// The index of the row that counts in its place, if it is superseded.
    pub superseded_by: Option<u64>,
}

/// The findings of a chunk, in the order of its rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChunkReport {
    /// What the rows have in common.
    pub shape: Shape,
    /// The rows with findings.
    pub rows: Vec<RowReport>,
}

/// The findings of a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowReport {
    /// The row's index in the payload, counting from 0; absent for findings about the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The line of the file on which it begins, counting from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Its external id, if valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The findings.
    pub findings: Vec<Finding>,
    /// The row itself, if it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<RowBody>,
}

impl ChunkReport {
    /// An empty report for a chunk. The report of the first chunk of a table contains the warnings about its columns:
    /// unknown ones, and that no column states the currency of the amounts, so that it is the organization's.
    #[must_use]
    pub fn of(chunk: &Chunk, rules: &RowRules<'_>, default_currency: Currency) -> Self {
        let mut rows = Vec::new();
        if let (0, Shape::Columns { columns, header_line, amount, .. }) = (chunk.number, &chunk.shape) {
            let is_used = |at: usize| amount.is_some_and(|amount| amount.columns().contains(&at));
            let unknown =
                columns.iter().enumerate().filter(|(at, column)| column.field.is_none() && !is_used(*at));
            let headers = unknown.map(|(_, column)| column.header.as_str());
            let mut findings =
                unknown_fields(headers.filter(|header| !is_ignored(header)), LEFT_OUT, |_| String::new());
            let has = |field| columns.iter().any(|column| column.field == Some(field)) || rules.gives(field);
            let has_amounts = amount.is_some() || has(AccountField::TotalAmount);
            if has_amounts && !has(AccountField::Currency) {
                let reason = format!(
                    "no column states the currency: amounts of new accounts are in {default_currency}, the organization's; \
                     state another one with `defaults`"
                );
                findings.push(Finding::in_field(
                    AccountField::Currency.name(),
                    FindingCode::AssumedCurrency,
                    reason,
                ));
            }
            if !findings.is_empty() {
                rows.push(RowReport {
                    index: None,
                    line: Some(*header_line),
                    external_id: None,
                    findings,
                    refused: None,
                });
            }
        }
        Self { shape: chunk.shape.clone(), rows }
    }

    /// Adds the findings of a row, if there are any.
    pub fn add(&mut self, row: &RawRow, findings: Vec<Finding>, outcome: RowOutcome) {
        if findings.is_empty() {
            return;
        }
        self.rows.push(RowReport {
            index: Some(row.index),
            line: row.line,
            external_id: row.external_id(&self.shape).map(String::from),
            findings,
            refused: (outcome == RowOutcome::Failed).then(|| row.body.clone()),
        });
    }

    /// The findings of this severity, each with its row.
    pub fn findings(&self, severity: Severity) -> impl Iterator<Item = (&RowReport, &Finding)> {
        let rows = self.rows.iter();
        rows.flat_map(|row| row.findings.iter().map(move |finding| (row, finding)))
            .filter(move |(_, finding)| finding.code.severity() == severity)
    }

    /// The refused rows.
    pub fn refused(&self) -> impl Iterator<Item = (&RowReport, &RowBody)> {
        self.rows.iter().filter_map(|row| Some((row, row.refused.as_ref()?)))
    }
}

impl RowReport {
    /// The reasons of refusal as one text: the `reason` column in a file of refused rows.
    #[must_use]
    pub fn reason(&self) -> String {
        let errors = self.findings.iter().filter(|finding| finding.code.severity() == Severity::Error);
        let sentences = errors.map(|finding| match &finding.field {
            Some(field) => format!("{field}: {}", finding.reason),
            None => finding.reason.to_string(),
        });
        sentences.collect::<Vec<_>>().join("; ")
    }
}

impl RowBody {
    /// The row's fields as texts of CSV cells, each at its field's position: null becomes an empty text. `None` for absent
    /// fields and for an external id that is null, which means the same as an absent one.
    #[must_use]
    pub fn texts(&self) -> Vec<Option<String>> {
        let mut fields = fields_of(self, &Shape::Objects, &RowRules::default());
        let mut text = |field: AccountField| {
            let value = fields.take(field.name()).filter(|_| !field.is_exported_only())?;
            let is_left_out = field == AccountField::ExternalId && value.is_null();
            (!is_left_out).then(|| text_of(field, value))
        };
        AccountField::ALL.iter().map(|field| text(*field)).collect()
    }

    /// The row's text, if it can't be split into fields.
    #[must_use]
    pub fn unstructured(&self) -> Option<&str> {
        match self {
            Self::Json(json) if !fields_of(self, &Shape::Objects, &RowRules::default()).are_of_a_row() => {
                Some(json)
            }
            Self::Json(_) | Self::Cells(_) | Self::Misquoted { .. } => None,
        }
    }
}

/// Whether a CSV header is that of a column in Saldo's own files that imports ignore.
fn is_ignored(header: &str) -> bool {
    header == REASON || header.parse().is_ok_and(AccountField::is_exported_only)
}

impl Counts {
    /// Counts a row and its warnings.
    pub fn add(&mut self, outcome: RowOutcome, findings: &[Finding]) {
        match outcome {
            RowOutcome::Imported => self.imported += 1,
            RowOutcome::Updated => self.updated += 1,
            RowOutcome::Unchanged => {
                self.updated += 1;
                self.unchanged += 1;
            }
            RowOutcome::Superseded => self.superseded += 1,
            RowOutcome::Failed => self.failed += 1,
            // The import counts the rows that no chunk has.
            RowOutcome::Skipped => {}
        }
        self.warn(findings);
    }

    /// Counts the warnings among findings.
    pub fn warn(&mut self, findings: &[Finding]) {
        let warnings = findings.iter().filter(|finding| finding.code.severity() == Severity::Warning);
        self.warnings += warnings.count() as u64;
    }
}

/// The finding about a row of an exhausted chunk.
#[must_use]
pub fn processing_failed() -> Finding {
    Finding::in_row(FindingCode::ProcessingFailed, "the row could not be processed; import it again")
}
