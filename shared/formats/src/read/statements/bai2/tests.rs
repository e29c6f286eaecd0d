//! BAI2 as banks write it.

use saldo_domain::statement::EntryStatus;

use super::super::tests::{entries, entry, findings, items, statements, text};

/// A file with one account, these entries, and the control total and number of records in its trailer.
fn file(entries: &str, trailer: &str) -> String {
    format!(
        "01,121000248,0004321,260702,0200,1,80,1,2/\n02,0004321,121000248,1,260701,2400,USD,2/\n\
         03,9876543210,USD,010,10000,,/\n88,015,11050,,,100,1050,1,Z/\n{entries}\n49,{trailer}/\n98,{trailer},1,6/\n99,{trailer},1,8/\n"
    )
}

const ENTRY: &str = "16,165,1050,Z,B-7,C-8,ACME CORP, INVOICE 7/8";

#[test]
fn amounts_are_in_the_smallest_unit() {
    let good = file(ENTRY, "23150,4");
    assert_eq!(findings(&good), [""; 0]);
    let read = entry(&good);
    assert_eq!((read.money.to_string(), read.status), ("10.50 USD".to_owned(), EntryStatus::Booked));
    assert_eq!((text(&read.bank_id), text(&read.reference)), ("B-7".to_owned(), "C-8".to_owned()));
    assert_eq!(text(&read.details.remittance), "ACME CORP, INVOICE 7/8");
    assert_eq!(
        (text(&read.booked_on), text(&read.details.bank_code.own)),
        ("2026-07-01".to_owned(), "165".to_owned())
    );
    let statement = statements(&good).remove(0);
    assert_eq!(text(&statement.opening.map(|balance| balance.money)), "100.00 USD");
    assert_eq!(text(&statement.closing.map(|balance| balance.money)), "110.50 USD");
    assert_eq!(text(&statement.account.identifier), "9876543210");
    let yen = good.replace("USD", "JPY");
    assert_eq!(entry(yen).money.to_string(), "1050 JPY");
}

#[test]
fn types_say_the_direction() {
    for (kind, amount) in
        [("165", "10.50"), ("475", "-10.50"), ("699", "-10.50"), ("920", "10.50"), ("970", "-10.50")]
    {
        let read = entry(file(&ENTRY.replace("165", kind), "23150,4"));
        assert_eq!(read.money.to_string(), format!("{amount} USD"), "{kind}");
        assert_eq!(read.details.references.cheque_number.is_some(), kind == "475");
    }
    let information = entry(file("16,890,,Z,,,A note/", "22100,4"));
    assert_eq!(
        (information.status, information.money.to_string()),
        (EntryStatus::Information, "0.00 USD".to_owned())
    );
    let loan = file(&ENTRY.replace("165", "720"), "23150,4");
    assert!(findings(loan)[0].contains("the type `720` is none of a credit or a debit"));
}

#[test]
fn types_of_funds_bring_fields_along() {
    for funds in ["V,260703,1200", "S,100,200,750", "D,2,0,500,1,550", "", "0", "1", "2"] {
        let read = entry(file(&ENTRY.replace(",Z,", &format!(",{funds},")), "23150,4"));
        assert_eq!(text(&read.bank_id), "B-7", "{funds}");
        assert_eq!(text(&read.details.remittance), "ACME CORP, INVOICE 7/8");
        assert_eq!(read.valued_on.is_some(), funds.starts_with('V'));
    }
}

#[test]
fn continuations_belong_to_the_record_before() {
    let lines = "16,165,1050,Z,B-7/\n88,C-8,ACME CORP\n88,INVOICE 7,\n88,of July/";
    let read = entry(file(lines, "23150,7"));
    assert_eq!(
        (text(&read.reference), text(&read.details.remittance)),
        ("C-8".into(), "ACME CORP\nINVOICE 7,\nof July".into())
    );
    assert_eq!(findings(file(lines, "23150,7")), [""; 0]);
    // Several records in a line, and a line break within a text.
    let lines = "16,165,1000,Z,,,A/   16,165,50,Z,,,B\nand C/";
    let texts: Vec<_> =
        entries(file(lines, "23150,6")).iter().map(|entry| text(&entry.details.remittance)).collect();
    assert_eq!(texts, ["A", "B\nand C"]);
}

#[test]
fn trailer_shows_what_is_missing() {
    for trailer in ["23151,4", "23150,5"] {
        let found = findings(file(ENTRY, trailer));
        assert!(found.len() == 1 && found[0].starts_with("totals_differ: line 6"), "{trailer}: {found:?}");
    }
    let cut = file(ENTRY, "23150,4");
    let (cut, _) = cut.split_once("98,").expect("a trailer");
    assert!(findings(cut)[0].contains("without its trailer (99)"));
}

#[test]
fn deletions_and_tests_are_no_postings() {
    for (status, reason) in [("2", "deletes an earlier report"), ("4", "is a test")] {
        let skipped = file(ENTRY, "23150,4").replace("121000248,1,", &format!("121000248,{status},"));
        let both = [skipped.replace("99,23150", "98,23150"), file(ENTRY, "23150,4")].concat();
        assert_eq!(entries(&both).len(), 1);
        assert!(findings(&both)[0].contains(reason), "{:?}", findings(&both));
    }
}

#[test]
fn interim_report_has_pending_entries() {
    let interim = file(ENTRY, "23150,4").replace("2400,USD,2", "0900,USD,3");
    assert_eq!(entry(interim).status, EntryStatus::Pending);
}

#[test]
fn records_in_wrong_places_are_refused() {
    for (broken, expected) in [
        (
            file(ENTRY, "23150,4").replace("03,", "16,"),
            "line 3: the statement can't be read: a transaction (16) precedes its account",
        ),
        (
            file(ENTRY, "23150,4").replace("02,0004321", "03,0004321"),
            "line 2: the statement can't be read: a record 03 is outside of a group",
        ),
        (
            file(ENTRY, "23150,4").replace("USD,2", "XYZ,2"),
            "line 2: the statement can't be read: the currency `XYZ` is unknown",
        ),
        (file("17,165/", "23150,4"), "a record of the unknown kind `17`"),
        (file(&format!("{ENTRY}\n{}", "88,x\n".repeat(2_000)), "1,1"), "too many continuations"),
    ] {
        let (_, error) = items(&broken);
        assert!(text(&error).contains(expected), "{error:?}");
    }
}
