//! Workbooks that are made to need much memory or time.

use super::*;

/// A text of this many bytes that arrives in many parts, which compress well.
fn in_parts(bytes: usize) -> String {
    format!("{}&amp;", "a".repeat(999)).repeat(bytes / 1_000)
}

#[test]
fn texts_of_many_parts_are_bounded() {
    let too_long = in_parts(5_000_000);
    for value in [
        format!(r#"<c r="A2" t="str"><v>{too_long}</v></c>"#),
        format!(r#"<c r="A2" t="inlineStr"><is><t>{too_long}</t></is></c>"#),
        format!(
            r#"<c r="A2" t="inlineStr"><is>{}</is></c>"#,
            format!("<r><t>{}</t></r>", in_parts(1_000_000)).repeat(5)
        ),
    ] {
        let book = Book::of(&format!("{}{}", header(1), row(2, &value)));
        assert!(
            matches!(refusal(&book.bytes()), Kind::WorkbookTooLarge { of: "bytes in a text", .. }),
            "{}",
            &value[..60]
        );
    }
}

#[test]
fn names_of_sheets_and_parts_are_bounded() {
    let sheets = |length: usize, number: usize| {
        let mut book = Book::of(&header(1));
        let name = "n".repeat(length);
        book.workbook =
            format!("<sheets>{}</sheets>", format!(r#"<sheet name="{name}" r:id="rId1"/>"#).repeat(number));
        book
    };
    assert!(matches!(refusal(&sheets(31, 900).bytes()), Kind::NoRows));
    let refused = refusal(&sheets(100_000, 11).bytes());
    assert!(
        matches!(refused, Kind::WorkbookTooLarge { of: "bytes in the names of sheets", .. }),
        "{refused:?}"
    );

    let target = "t".repeat(100_000);
    let relation = format!(r#"<Relationship Id="r" Type="{RELATED}/worksheet" Target="{target}"/>"#);
    let relations = format!("<Relationships>{}</Relationships>", relation.repeat(11));
    let refused = refusal(&zip(&[("_rels/.rels".to_owned(), relations)]));
    assert!(
        matches!(refused, Kind::WorkbookTooLarge { of: "bytes in the names of parts", .. }),
        "{refused:?}"
    );
}

#[test]
fn long_format_code_is_not_read() {
    let mut book =
        Book::of(&format!("{}{}", header(1), row(2, &(text("A2", "1") + &number("C2", "1.005", 1)))));
    book.styles = format!(
        r#"<numFmts><numFmt numFmtId="170" formatCode="{}"/></numFmts><cellXfs><xf/><xf numFmtId="170"/></cellXfs>"#,
        "G".repeat(3_000_000)
    );
    assert_eq!(cells(&book, ImportOptions::default())[0].1[2], "1.0050");
}
