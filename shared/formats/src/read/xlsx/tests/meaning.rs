//! Values whose meaning depends on another cell or on the workbook.

use saldo_domain::fields::FindingCode;
use saldo_domain::import::DateFormat;
use serde_json::json;

use super::*;

fn findings(rows: &str, options: &serde_json::Value) -> Vec<FindingCode> {
    let options = serde_json::from_value(options.clone()).expect("options");
    let notation = Notation::with(options, Format::Xlsx, false).expect("valid options");
    let mut found = Vec::new();
    let outcome = read(&notation, Book::of(rows).bytes().as_slice(), |shape, row| {
        let checked = row.check(shape, &notation.rules(), "EUR".parse().expect("a currency"));
        found.extend(checked.findings.into_iter().map(|finding| finding.code));
        Ok(())
    });
    outcome.expect("a readable workbook");
    found
}

#[test]
fn amount_whose_sign_or_part_is_an_error_is_refused() {
    let header = |amounts: [&str; 2]| {
        let [first, second] = amounts;
        row(
            1,
            &[text("A1", "external_id"), text("B1", "contact.name"), text("C1", first), text("D1", second)]
                .concat(),
        )
    };
    let uncalculated = r#"<c r="D2" t="str"><f>IF(1,"H","S")</f></c>"#;
    let empty = r#"<c r="D2"><f>TODAY()</f><v /></c>"#;
    let error = r#"<c r="D2" t="e"><v>#N/A</v></c>"#;
    let signed = json!({ "amount": { "column": "Betrag", "sign": "SH", "negative": ["H"] } });
    let two = json!({ "amount": { "debit": "Soll", "credit": "Haben" } });
    for (columns, options) in [(["Betrag", "SH"], &signed), (["Soll", "Haben"], &two)] {
        for cell in [uncalculated, empty, error] {
            let of_row =
                [text("A2", "R-1"), text("B2", "Al"), number("C2", "100", 0), cell.to_owned()].concat();
            let rows = format!("{}{}", header(columns), row(2, &of_row));
            assert_eq!(findings(&rows, options), [FindingCode::ErrorValue], "{options} {cell}");
        }
    }
    let of_row = [text("A2", "R-1"), text("B2", "Al"), number("C2", "100", 0), text("D2", "S")].concat();
    assert_eq!(findings(&format!("{}{}", header(["Betrag", "SH"]), row(2, &of_row)), &signed), []);
}

#[test]
fn serial_numbers_of_the_1904_system_are_its_days() {
    let mut book =
        Book::of(&format!("{}{}", header(1), row(2, &(text("A2", "1") + &number("D2", "44925", 0)))));
    let serial = ImportOptions { date_format: Some(DateFormat::Serial), ..ImportOptions::default() };
    assert_eq!(cells(&book, serial.clone())[0].1[3], "44925");
    book.workbook.insert_str(0, r#"<workbookPr date1904="1"/>"#);
    assert_eq!(cells(&book, serial)[0].1[3], "46387");
}

#[test]
fn formula_with_an_empty_result_is_no_blank_cell() {
    let rows = |due: &str| {
        let of_row = [text("A2", "R-1"), text("B2", "Al"), number("C2", "100", 0), due.to_owned()].concat();
        format!("{}{}", header(1), row(2, &of_row))
    };
    let none = serde_json::json!({});
    for due in [r#"<c r="D2"><f>TODAY()</f><v/></c>"#, r#"<c r="D2" t="n"><f>TODAY()</f><v></v></c>"#] {
        assert_eq!(findings(&rows(due), &none), [FindingCode::ErrorValue], "{due}");
    }
    // The formula has the result "".
    assert_eq!(findings(&rows(r#"<c r="D2" t="str"><f>IF(1,"",2)</f><v></v></c>"#), &none), []);
}
