//! Files of all formats: compressed, cut short, hostile; and what the tests of the formats have in common.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use saldo_domain::statement::{Entry, Item, Statement, StatementFinding};

use super::{ReadError, read_statements};

/// The items of a file, and why reading stopped.
pub(super) fn items(file: impl AsRef<[u8]>) -> (Vec<Item>, Option<String>) {
    let mut items = Vec::new();
    let read = read_statements(file.as_ref(), &mut |item| {
        items.push(item);
        Ok(())
    });
    (items, read.err().map(|error| error.to_string()))
}

/// The entries of a file that can be read.
pub(super) fn entries(file: impl AsRef<[u8]>) -> Vec<Entry> {
    let (items, error) = items(file);
    assert_eq!(error, None);
    items
        .into_iter()
        .filter_map(|item| if let Item::Entry(entry) = item { Some(*entry) } else { None })
        .collect()
}

/// The one entry of a file.
pub(super) fn entry(file: impl AsRef<[u8]>) -> Entry {
    let mut entries = entries(file);
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0)
}

/// The statements of a file, as they are at their ends.
pub(super) fn statements(file: impl AsRef<[u8]>) -> Vec<Statement> {
    let ends = items(file).0.into_iter();
    ends.filter_map(|item| if let Item::End(end) = item { Some(*end) } else { None }).collect()
}

/// The findings of a file, as `code: reason`.
pub(super) fn findings(file: impl AsRef<[u8]>) -> Vec<String> {
    let text = |StatementFinding { code, place, reason }: StatementFinding| {
        let place = place.map_or_else(String::new, |place| format!("{place}: "));
        format!("{}: {place}{reason}", code.name())
    };
    let findings = items(file).0.into_iter();
    findings
        .filter_map(|item| if let Item::Finding(finding) = item { Some(text(finding)) } else { None })
        .collect()
}

/// The text of a field, for comparisons.
#[expect(clippy::ref_option, reason = "tests name the field")]
pub(super) fn text<T: ToString>(field: &Option<T>) -> String {
    field.as_ref().map(T::to_string).unwrap_or_default()
}

/// A small MT940 of one entry.
pub(super) const MT940: &str = "\
:20:STARTUMS
:25:37040044/0532013000
:28C:00007/001
:60F:C260630EUR100,00
:61:2607010701C10,50NTRFNONREF//B4E07XM00J
:86:Invoice 7
:62F:C260701EUR110,50
-
";

#[test]
fn compressed_file_is_read_and_a_bomb_is_not() {
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("in memory")
    };
    let zipped = gzip(MT940.as_bytes());
    assert_eq!(items(&zipped), items(MT940));
    let (_, error) = items(&zipped[..zipped.len() - 9]);
    assert!(text(&error).contains("gzip"), "{error:?}");
    let line = format!("{}\n", "x".repeat(60_000));
    let bomb = gzip(&[MT940.as_bytes(), line.repeat(400).as_bytes()].concat());
    assert!(text(&items(&bomb).1).contains("expands to more than"));
}

#[test]
fn file_of_no_format_is_refused() {
    for (file, expected) in [
        ("", "not a bank statement"),
        ("a;b\n1;2\n", "not a bank statement"),
        (":25:37040044/0532013000\n", "there is no bank statement"),
        (
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"></Document>",
            "there is no bank statement",
        ),
    ] {
        let (_, error) = items(file);
        assert!(text(&error).contains(expected), "{file}: {error:?}");
    }
}

#[test]
fn encoding_is_assumed_where_the_file_does_not_say_it() {
    let german = MT940.replace("Invoice 7", "Miete f\u{fc}r Wohnung, gr\u{f6}\u{df}er als vereinbart");
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(&german);
    let read = entry(&*latin);
    assert_eq!(text(&read.details.remittance), "Miete f\u{fc}r Wohnung, gr\u{f6}\u{df}er als vereinbart");
    assert_eq!(
        findings(&*latin),
        ["assumed_encoding: the file does not say its encoding; windows-1252 was assumed"]
    );
    assert_eq!(findings(&german), [""; 0]);
}

#[test]
fn source_failure_is_not_an_error_of_the_file() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other(crate::read::SourceEnded))
        }
    }
    for head in [MT940, "01,1,2,260701,0800,1,,,2/\n", "OFXHEADER:100\n<OFX>", "<Document>camt.053.001"] {
        let fault = read_statements(head.as_bytes().chain(Failing), &mut |_| Ok(()));
        assert!(matches!(fault, Err(ReadError::SourceEnded(_))), "{head}: {fault:?}");
    }
}

#[test]
fn sink_stops_the_reading() {
    let mut count = 0;
    let stopped = read_statements(MT940.as_bytes(), &mut |_| {
        count += 1;
        Err(ReadError::Stopped)
    });
    assert!(matches!(stopped, Err(ReadError::Stopped)) && count == 1);
}
