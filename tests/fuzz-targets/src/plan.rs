//! Checks rows, divides them into chunks, and reports them.

use std::collections::HashMap;

use saldo_domain::fields::{Finding, Severity};
use saldo_domain::id::{AccountId, OrgId};
use saldo_domain::import::{
    Chunk, ChunkReport, Chunker, DuplicateScan, RawRow, RowBody, RowOutcome, RowRules, Shape, Superseded,
    SupersededRow, processing_failed,
};
use saldo_formats::{chunk_file, report_file};

use crate::rows::{Outcome, same_row};

/// Plans the rows of a payload, and processes its chunks as a worker does.
pub(crate) fn follow(outcome: &Outcome, rules: &RowRules<'_>, rows_per_chunk: usize) {
    let Some(shape) = &outcome.shape else { return };
    let org: OrgId = "org_aaaaaaaaaaaaaaaa".parse().expect("an id");
    let mut scan = DuplicateScan::new(org.clone());
    outcome.rows.iter().for_each(|row| scan.add(shape, row));
    let superseded = scan.finish();
    let chunks = cut(&outcome.rows, shape, &superseded, rows_per_chunk);

    let mut last = HashMap::new();
    for row in &outcome.rows {
        last.extend(row.account_id(&org, shape).map(|id| (id, row.index)));
    }
    let counts = |row: &&RawRow| row.account_id(&org, shape).is_none_or(|id| last[&id] == row.index);
    let kept: Vec<&RawRow> = chunks.iter().flat_map(|chunk| &chunk.rows).collect();
    let expected: Vec<&RawRow> = outcome.rows.iter().filter(counts).collect();
    assert_eq!(kept.len(), expected.len());
    assert!(kept.iter().zip(&expected).all(|(one, other)| same_row(one, other)));
    assert_eq!(superseded.total, outcome.rows.len() as u64);
    assert_eq!(superseded.total, superseded.count() + kept.len() as u64);

    let replaced: Vec<&SupersededRow> = chunks.iter().flat_map(|chunk| &chunk.superseded).collect();
    assert_eq!(replaced.len() as u64, superseded.count());
    for SupersededRow { row, by } in replaced {
        assert_eq!(row.account_id(&org, shape).map(|id| last[&id]), Some(*by));
    }

    for (chunk, number) in chunks.iter().zip(0..) {
        assert_eq!(chunk.number, number);
        for lost in &chunk.lost {
            assert!(chunk.rows.iter().any(|row| row.index == lost.index) && !lost.fields.is_empty());
            assert!(chunks.iter().flat_map(|chunk| &chunk.superseded).any(|row| row.by == lost.index));
        }
        assert!((1..=rows_per_chunk).contains(&(chunk.rows.len() + chunk.superseded.len())));
        process(&stored(chunk), rules, &org);
    }
}

fn cut(rows: &[RawRow], shape: &Shape, superseded: &Superseded, rows_per_chunk: usize) -> Vec<Chunk> {
    let mut chunker = Chunker::new(superseded.clone(), rows_per_chunk);
    let mut chunks: Vec<Chunk> = rows.iter().filter_map(|row| chunker.push(shape, row.clone())).collect();
    chunks.extend(chunker.finish(shape));
    chunks
}

/// The chunk as a worker reads it from its file.
fn stored(chunk: &Chunk) -> Chunk {
    let file = chunk_file::encode(chunk).expect("a chunk can be written");
    let read = chunk_file::decode(&file).expect("a chunk that was written can be read");
    assert_eq!(read.shape, chunk.shape);
    assert!(read.rows.iter().zip(&chunk.rows).all(|(one, other)| same_row(one, other)));
    read
}

fn process(chunk: &Chunk, rules: &RowRules<'_>, org: &OrgId) {
    let mut report = ChunkReport::of(chunk, rules, "EUR".parse().expect("a currency"));
    for row in &chunk.rows {
        let mut findings = check(row, &chunk.shape, rules, org);
        // As if the row could not be written, so that all rows are reported.
        findings.push(processing_failed());
        report.add(row, findings, RowOutcome::Failed);
        let _stated = row.stated_amount(&chunk.shape, rules, "EUR".parse().expect("a currency"));
    }
    let file = report_file::encode(&[], &report).expect("a report can be written");
    let report = match chunk.rows.is_empty() {
        true => report,
        false => report_file::findings(&file).expect("a report that was written can be read"),
    };
    assert_eq!(report.refused().count(), chunk.rows.len());
    for (row, body) in report.refused() {
        assert!(!row.reason().is_empty());
        if !matches!(body, RowBody::Cells(_) | RowBody::Misquoted { .. }) {
            // A file of refused rows shows either of these.
            let (_texts, _line) = (body.texts(), body.unstructured());
        }
    }
}

/// Checks a row, and returns the findings.
fn check<'a>(row: &'a RawRow, shape: &Shape, rules: &RowRules<'a>, org: &OrgId) -> Vec<Finding> {
    let checked = row.check(shape, rules, "EUR".parse().expect("a currency"));
    let refused = checked.findings.iter().any(|found| found.code.severity() == Severity::Error);
    assert_eq!(checked.upsert.is_none(), refused, "a row is refused for an error, and for nothing else");
    if let Some(upsert) = checked.upsert {
        assert_eq!(upsert.external_id, row.external_id(shape));
        let id = upsert.external_id.map(|id| AccountId::of_external(org, &id)).or(upsert.id);
        assert_eq!(row.account_id(org, shape), id, "a row is told apart by what it names when it is checked");
    }
    checked.findings
}
