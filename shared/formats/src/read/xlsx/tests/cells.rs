//! The values of cells, by their types.

use saldo_domain::fields::FindingCode;
use saldo_domain::import::ImportOptions;

use super::{Book, cells, checked, header, number, row, text};

#[test]
fn values_are_read_by_their_type() {
    let mut book = Book::of(&format!(
        "{}{}{}{}",
        row(1, &text("A1", "Offene Posten")),
        header(3),
        row(
            4,
            r#"<c r="A4" t="s"><v>0</v></c><c r="B4" t="s"><v>1</v></c><c r="C4" s="1"><v>1234.5600000000001</v></c><c r="D4" s="2"><v>46387</v></c>"#
        ),
        row(
            9,
            &format!(
                "{}{}",
                text("A9", "00124"),
                r#"<c r="B9" t="str"><f>X1</f><v>Bäcker</v></c><c r="C9"><f>1+1</f><v>2</v></c>"#
            )
        ),
    ));
    book.strings = "<si><t>00123</t></si><si><r><t>Mül</t></r><r><t>ler &amp; Co</t></r></si>".to_owned();
    let expected = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
    assert_eq!(
        cells(&book, ImportOptions::default()),
        [
            (Some(4), expected(["00123", "Müller & Co", "1234.56", "2026-12-31"])),
            (Some(9), expected(["00124", "Bäcker", "2", ""])),
        ]
    );
    let local = ImportOptions {
        decimal_separator: ",".parse().ok(),
        date_format: "DD.MM.YYYY".parse().ok(),
        ..ImportOptions::default()
    };
    assert_eq!(cells(&book, local)[0].1, expected(["00123", "Müller & Co", "1234,56", "31.12.2026"]));
    book.workbook.insert_str(0, r#"<workbookPr date1904="1"/>"#);
    assert_eq!(cells(&book, ImportOptions::default())[0].1[3], "2031-01-01");
}

#[test]
fn numbers_and_errors_in_fields_are_found() {
    let codes = |cells: &str| {
        let (mut upsert, mut found) = checked(&Book::of(&format!("{}{}", header(1), row(2, cells))));
        // The currency is that of the account, which is known later.
        let euro = "EUR".parse().expect("a currency");
        if let Some(refused) = upsert.as_ref().and_then(|upsert| upsert.fits(euro).err()) {
            upsert = None;
            found.push(refused);
        }
        let codes: Vec<_> = found
            .into_iter()
            .map(|found| (found.field.unwrap_or_default().into_owned(), found.code))
            .collect();
        (
            upsert.map(|upsert| {
                let amount = upsert.total_amount.unwrap_or_default();
                (upsert.external_id.map(String::from), amount.to_string())
            }),
            codes,
        )
    };
    let of = |id: String, amount: String| format!("{id}{}{amount}", text("B2", "Ana"));
    let (one, found) = codes(&of(number("A2", "42", 3), number("C2", "12.5", 0)));
    assert_eq!(one, Some((Some("00042".to_owned()), "12.5".to_owned())));
    assert_eq!(found, [("external_id".to_owned(), FindingCode::NumericId)]);
    for (id, amount, field, code) in [
        (number("A2", "46387", 2), number("C2", "1", 0), "external_id", FindingCode::MangledId),
        (
            number("A2", "1.23456789012345E+17", 0),
            number("C2", "1", 0),
            "external_id",
            FindingCode::MangledId,
        ),
        (
            text("A2", "a"),
            r#"<c r="C2" t="e"><v>#N/A</v></c>"#.to_owned(),
            "total_amount",
            FindingCode::ErrorValue,
        ),
        (text("A2", "a"), r#"<c r="C2"><f>1+1</f></c>"#.to_owned(), "total_amount", FindingCode::ErrorValue),
        (text("A2", "a"), text("C2", "25.000"), "total_amount", FindingCode::AmbiguousAmount),
        (text("A2", "a"), number("C2", "25.001", 0), "total_amount", FindingCode::TooManyDigits),
        (text("A2", "a"), number("C2", "46387", 2), "total_amount", FindingCode::InvalidAmount),
        (
            text("A2", "a"),
            number("C2", "1", 0) + &number("D2", "46387", 0),
            "due_date",
            FindingCode::InvalidDate,
        ),
        (
            text("A2", "a"),
            number("C2", "1", 0) + &number("D2", "46387.5", 5),
            "due_date",
            FindingCode::InvalidDate,
        ),
        (
            r#"<c r="A2" t="e"><v>#REF!</v></c>"#.to_owned(),
            number("C2", "1", 0),
            "external_id",
            FindingCode::ErrorValue,
        ),
    ] {
        let (upsert, found) = codes(&of(id, amount));
        assert_eq!((upsert, found), (None, vec![(field.to_owned(), code)]));
    }
    // An amount that is shown in another currency than the row's.
    assert!(codes(&of(text("A2", "a"), number("C2", "12.5", 4))).0.is_some());
}
