//! How the quotation marks of a CSV record stand (RFC 4180, section 2, rules 5 to 7).
//!
//! The `csv` crate reads every record: it takes text after a closing quotation mark for more of
//! the cell. Such a mark was not meant to close, or the one before it not to open, and then the
//! cell has swallowed the rows between them. So a record's bytes are looked at once more.

/// How the quotation marks of a record stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Every cell that opens one closes it at its end. A mark within an unquoted cell is text,
    /// as in `5" pipe`.
    WellFormed,
    /// The record ends within quoted text.
    Unclosed,
    /// Text follows a closing mark.
    TextAfter {
        /// Where in the record the text begins.
        at: usize,
        /// Whether the record is one line with as many opening as closing marks, so that the
        /// next line is the next record beyond doubt.
        is_one_line: bool,
    },
}

/// Looks at the bytes of a record, which may have line breaks before and after it.
pub(super) fn quoting(record: &[u8], delimiter: u8) -> Quoting {
    if !record.contains(&b'"') {
        return Quoting::WellFormed;
    }
    let mut at = record.iter().take_while(|byte| is_line_break(**byte)).count();
    let begin = at;
    loop {
        if record.get(at) == Some(&b'"') {
            let Some(end) = end_of_quoted(record, at + 1) else { return Quoting::Unclosed };
            let blanks = record.iter().skip(end).take_while(|byte| **byte == b' ').count();
            at = end + blanks;
            if record.get(at).is_some_and(|byte| *byte != delimiter && !is_line_break(*byte)) {
                return Quoting::TextAfter {
                    at,
                    is_one_line: is_one_line(record.get(begin..).unwrap_or_default()),
                };
            }
        }
        let rest = record.get(at..).unwrap_or_default();
        match rest.iter().position(|byte| *byte == delimiter || is_line_break(*byte)) {
            Some(end) if rest.get(end) == Some(&delimiter) => at += end + 1,
            _ => return Quoting::WellFormed,
        }
    }
}

/// Where the byte after the mark is that closes a quoted cell. Two marks are one that is text.
fn end_of_quoted(record: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += record.get(at..)?.iter().position(|byte| *byte == b'"')? + 1;
        if record.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

fn is_one_line(record: &[u8]) -> bool {
    let end = record.iter().rposition(|byte| !is_line_break(*byte)).map_or(0, |last| last + 1);
    let record = record.get(..end).unwrap_or_default();
    let marks = record.split(|byte| *byte == b'"').skip(1).count();
    marks.is_multiple_of(2) && !record.iter().any(|byte| is_line_break(*byte))
}

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_open_and_close_cells_and_are_text_elsewhere() {
        for record in [
            "a,b",
            "\"a\",\"b\"\r\n",
            "\n\r\n\"a\"\"b\",\"c\nd\"\n",
            "5\" pipe,\"x\"",
            "\"\",\"\"\"\"",
            "\"a\" ,b",
            "a \"b\",c",
        ] {
            assert_eq!(quoting(record.as_bytes(), b','), Quoting::WellFormed, "{record:?}");
        }
        for record in ["\"a", "a,\"b\nc", "\"a\"\"", "\""] {
            assert_eq!(quoting(record.as_bytes(), b','), Quoting::Unclosed, "{record:?}");
        }
        for (record, at, is_one_line) in [
            ("\"Alfa\" GmbH,1\n", 7, true),
            ("\n1,\"a\"b\n", 6, true),
            ("1,\"urgent\n2,ok\n3,\"urgent\n", 18, false),
            ("\"5\" pipe\",x", 4, false),
            ("\"a\"b,\"c\nd\"", 3, false),
        ] {
            assert_eq!(
                quoting(record.as_bytes(), b','),
                Quoting::TextAfter { at, is_one_line },
                "{record:?}"
            );
        }
        assert_eq!(quoting(b"\"a\"\t\"b\";", b'\t'), Quoting::TextAfter { at: 7, is_one_line: true });
    }
}
