//! Recognizes the format of a statement file by its first bytes. Names of files say little: banks call the same format
//! `.sta`, `.txt`, `.940`, `.swi` or nothing at all.

use encoding_rs::{Encoding, UTF_8};
use saldo_domain::fields::{PayloadError, PayloadErrorKind};
use saldo_domain::statement::StatementFormat;

use super::super::recognized::{binary, plain};

/// The first bytes that are examined. Headers of interfaces and comments can precede what tells the format.
pub(super) const HEAD_BYTES: u64 = 8 * 1024;
/// The characters of each record of a lockbox file of the BAI, which has no separators.
const LOCKBOX_CHARS: usize = 80;

/// The format of a file that begins with these bytes.
///
/// # Errors
/// [`PayloadErrorKind::OtherFormat`] if they are none of a bank statement; the error says what they are where that is known.
pub fn recognized(head: &[u8]) -> Result<StatementFormat, PayloadError> {
    let refuse = |is, advice| Err(PayloadErrorKind::OtherFormat { is, advice }.into());
    if let Some((is, _)) = binary(head) {
        return refuse(is, "unpack it, or export the statement as camt.053, MT940, OFX or BAI2");
    }
    let text = plain(head);
    let text = String::from_utf8_lossy(&text);
    let upper = text.to_ascii_uppercase();
    let begin = upper.trim_start_matches(|c: char| !c.is_ascii_graphic());
    if begin.starts_with("OFXHEADER") || upper.contains("<OFX>") || upper.contains("<?OFX") {
        return Ok(StatementFormat::Ofx);
    }
    if begin.starts_with('<') {
        return match () {
            () if is_camt(&text) => Ok(StatementFormat::Camt),
            () if upper.contains("<HTML") || upper.contains("<!DOCTYPE HTML") => {
                refuse("an HTML page", "download the statement itself")
            }
            () => refuse(
                "an XML document of another kind",
                "export the statement as camt.053, MT940, OFX or BAI2",
            ),
        };
    }
    if begin.starts_with("01,") {
        return Ok(StatementFormat::Bai2);
    }
    if is_mt940(&text) {
        return Ok(StatementFormat::Mt940);
    }
    if is_lockbox(begin) {
        return refuse("a lockbox file of the BAI", "import the bank's balance report in BAI2");
    }
    refuse("not a bank statement in camt, MT940, OFX or BAI2", "export the statement in one of these formats")
}

/// Whether an XML document is one of the three messages: by its namespace, or by the name of the message.
fn is_camt(text: &str) -> bool {
    ["camt.052.", "camt.053.", "camt.054.", "BkToCstmrAcctRpt", "BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn"]
        .iter()
        .any(|name| text.contains(name))
}

/// Whether a line begins with a tag of MT940.
fn is_mt940(text: &str) -> bool {
    let mut lines =
        text.split(['\r', '\n']).map(|line| line.trim_start_matches(|c: char| !c.is_ascii_graphic()));
    let tags = [":20:", ":25:", ":28C:", ":28:", ":60F:", ":60M:", ":61:", ":940:", "{4::20:"];
    lines.any(|line| tags.iter().any(|tag| line.starts_with(tag)))
}

/// Whether a text is the fixed-width records of a lockbox file: a header of type 1, and nothing but types in front.
fn is_lockbox(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let is_header = |line: &str| {
        line.starts_with('1')
            && line.chars().count().abs_diff(LOCKBOX_CHARS) <= 2
            && !line.contains([',', ';', '\t'])
    };
    lines.next().is_some_and(is_header)
        && lines.next().is_none_or(|line| line.starts_with(|c: char| c.is_ascii_digit()))
}

/// The encoding that the format prescribes or the file names; `None` if it has to be found out.
pub(super) fn encoding(format: StatementFormat, head: &[u8]) -> Option<&'static Encoding> {
    let text = plain(head);
    let text = String::from_utf8_lossy(&text);
    match format {
        // XML is UTF-8 unless it says another encoding (XML 1.0, section 4.3.3).
        StatementFormat::Camt => Some(declared(&text).unwrap_or(UTF_8)),
        StatementFormat::Ofx if text.trim_start().starts_with('<') => declared(&text).or(Some(UTF_8)),
        StatementFormat::Ofx => ofx(&text),
        StatementFormat::Mt940 | StatementFormat::Bai2 => None,
    }
}

/// The encoding of an XML declaration.
fn declared(text: &str) -> Option<&'static Encoding> {
    let (declaration, _) = text.trim_start().strip_prefix("<?xml")?.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = value.strip_prefix(quote)?.split(quote).next()?;
    Encoding::for_label(label.as_bytes())
}

/// The encoding that the header of OFX 1.x names; `None` for Windows-1252. Many programs write `CHARSET:1252` in files that are
/// UTF-8, so the reader decides between these two by the bytes.
fn ofx(text: &str) -> Option<&'static Encoding> {
    let value = |name: &str| {
        let (_, rest) = text.split_once(name)?;
        let end = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
        rest.get(..end)
    };
    let charset = value("CHARSET:").filter(|charset| !matches!(*charset, "NONE" | "1252" | ""))?;
    Encoding::for_label(charset.as_bytes())
        .or_else(|| Encoding::for_label(format!("windows-{charset}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_follows_from_the_first_bytes() {
        for (head, format) in [
            (&b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">"[..], StatementFormat::Camt),
            (b"<Document><BkToCstmrStmt>", StatementFormat::Camt),
            (b"OFXHEADER:100\r\nDATA:OFXSGML", StatementFormat::Ofx),
            (b"<?xml version=\"1.0\"?><?OFX OFXHEADER=\"200\"?><OFX>", StatementFormat::Ofx),
            (b"\r\n<ofx><signonmsgsrsv1>", StatementFormat::Ofx),
            (b"01,122099999,123456789,040621,0200,1,65,,2/", StatementFormat::Bai2),
            (b"ABNANL2A\r\n940\r\nABNANL2A\r\n:20:ABN", StatementFormat::Mt940),
            (b"\x01{1:F01POFICHBE}{2:I940}{4:\r\n:20:1", StatementFormat::Mt940),
        ] {
            assert_eq!(recognized(head).ok(), Some(format), "{}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn other_files_are_refused_by_name() {
        let lockbox = format!("100{}\n2{}", "0".repeat(77), "0".repeat(79));
        for (head, expected) in [
            (&b"PK\x03\x04"[..], "a ZIP archive"),
            (b"%PDF-1.7", "a PDF document"),
            (
                b"<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.03\">",
                "an XML document of another kind",
            ),
            (b"<!DOCTYPE html><html>", "an HTML page"),
            (lockbox.as_bytes(), "a lockbox file"),
            (b"Datum;Betrag\n1.1.2026;5,00", "not a bank statement"),
            (b"", "not a bank statement"),
        ] {
            let error = recognized(head).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn encoding_is_that_which_the_file_names() {
        let name = |format, head: &[u8]| encoding(format, head).map(Encoding::name);
        assert_eq!(
            name(StatementFormat::Camt, b"<?xml version='1.0' encoding='ISO-8859-1'?>"),
            Some("windows-1252")
        );
        assert_eq!(name(StatementFormat::Camt, b"<Document>"), Some("UTF-8"));
        assert_eq!(name(StatementFormat::Ofx, b"OFXHEADER:100\nCHARSET:1250\n"), Some("windows-1250"));
        assert_eq!(name(StatementFormat::Ofx, b"OFXHEADER:100\nCHARSET:1252\n"), None);
        assert_eq!(name(StatementFormat::Mt940, b":20:1"), None);
    }
}
