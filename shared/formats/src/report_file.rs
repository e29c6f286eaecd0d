//! The file of a chunk's report: the result of each row, and the findings about its rows.
//!
//! A file is the [`VERSION`] of the format, one byte; the results in the form of `postcard`; and the findings as JSON, if there
//! are any. Results are many and small, so their form is binary; findings are few, and the form of JSON does not depend
//! on the order of their kinds.

use postcard::{take_from_bytes, to_extend};
use saldo_domain::import::{ChunkReport, RowResult};

/// The version of the format.
const VERSION: u8 = 1;

/// The media type of a file.
pub const MEDIA_TYPE: &str = "application/octet-stream";

/// The bytes are not a file of this version, or the report can't be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportFileError {
    /// The file is of another version, or empty.
    #[error("not a report file of version {VERSION}")]
    OtherVersion,
    /// The results are broken.
    #[error(transparent)]
    Results(#[from] postcard::Error),
    /// The findings are broken or missing.
    #[error(transparent)]
    Findings(#[from] serde_json::Error),
}

/// The file of these results, in the order of the rows, and findings.
///
/// # Errors
/// None that are known: every report can be written.
pub fn encode(results: &[RowResult], findings: &ChunkReport) -> Result<Vec<u8>, ReportFileError> {
    let mut file = to_extend(results, vec![VERSION])?;
    if !findings.rows.is_empty() {
        serde_json::to_writer(&mut file, findings)?;
    }
    Ok(file)
}

/// The results in a file.
///
/// # Errors
/// [`ReportFileError`] if the bytes are not a file of this version.
pub fn results(file: &[u8]) -> Result<Vec<RowResult>, ReportFileError> {
    Ok(split(file)?.0)
}

/// The findings in the file of a report that has some.
///
/// # Errors
/// [`ReportFileError`] if the bytes are not a whole file of this version, or it has no findings.
pub fn findings(file: &[u8]) -> Result<ChunkReport, ReportFileError> {
    Ok(serde_json::from_slice(split(file)?.1)?)
}

fn split(file: &[u8]) -> Result<(Vec<RowResult>, &[u8]), ReportFileError> {
    match file {
        [VERSION, rest @ ..] => Ok(take_from_bytes(rest)?),
        _ => Err(ReportFileError::OtherVersion),
    }
}

#[cfg(test)]
mod tests {
    use saldo_domain::account::Revision;
    use saldo_domain::fields::{Finding, FindingCode};
    use saldo_domain::import::{RowBody, RowOutcome, RowReport, Shape};

    use super::*;

    fn rows() -> Vec<RowResult> {
        let account = Some("acc_mfrggzdfmztwq2lk".parse().expect("an id"));
        let revision = Revision::try_from(&[7; 16][..]).ok();
        let result = |index, outcome| RowResult {
            index,
            line: Some(index + 2),
            outcome,
            account: None,
            revision: None,
            superseded_by: None,
        };
        vec![
            RowResult { superseded_by: Some(300), ..result(299, RowOutcome::Superseded) },
            RowResult { account, revision, ..result(300, RowOutcome::Imported) },
            RowResult { line: None, ..result(301, RowOutcome::Failed) },
        ]
    }

    fn no_findings() -> ChunkReport {
        ChunkReport { shape: Shape::Objects, rows: Vec::new() }
    }

    fn found() -> ChunkReport {
        let row = RowReport {
            index: Some(301),
            line: None,
            external_id: None,
            findings: vec![Finding::in_row(FindingCode::InvalidRow, "not a row")],
            refused: Some(RowBody::Json("5".into())),
        };
        ChunkReport { rows: vec![row], ..no_findings() }
    }

    #[test]
    fn results_and_findings_are_read_back() {
        for report in [no_findings(), found()] {
            let file = encode(&rows(), &report).expect("a file");
            assert_eq!(results(&file).expect("results"), rows());
            match findings(&file) {
                Ok(read) => assert_eq!(format!("{read:?}"), format!("{report:?}")),
                Err(_) => assert!(report.rows.is_empty()),
            }
        }
    }

    /// If this fails because a type has changed, increase [`VERSION`]: readers must not misread files of another form.
    #[test]
    fn form_belongs_to_its_version() {
        let file = encode(&rows(), &no_findings()).expect("a file");
        let form = b"\x01\x03\xab\x02\x01\xad\x02\x03\x00\x00\x01\xac\x02\xac\x02\x01\xae\x02\x00\x01\x14acc_mfrggzdfmztwq2lk\
            \x01\x10\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x00\xad\x02\x00\x04\x00\x00\x00";
        assert_eq!((VERSION, file.as_slice()), (1, &form[..]));
    }

    #[test]
    fn broken_files_are_refused() {
        let file = encode(&rows(), &no_findings()).expect("a file");
        for length in 1..file.len() {
            assert!(matches!(results(&file[..length]), Err(ReportFileError::Results(_))), "{length}");
        }
        for other in [&b""[..], b"{\"rows\":[]}", &[VERSION + 1]] {
            assert!(matches!(results(other), Err(ReportFileError::OtherVersion)));
        }
    }
}
