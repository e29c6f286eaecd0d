//! OFX 1.x and 2.x as banks write them.

use super::super::tests::{entries, entry, findings, items, statements, text};

/// A statement in SGML with these transactions.
fn sgml(transactions: &str) -> String {
    format!(
        "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\r\n<OFX><SIGNONMSGSRSV1><SONRS><STATUS>\
         <CODE>0<SEVERITY>INFO</STATUS></SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STMTRS><CURDEF>USD\
         <BANKACCTFROM><BANKID>121000248<ACCTID>0004321<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20260701\
         <DTEND>20260731{transactions}</BANKTRANLIST><LEDGERBAL><BALAMT>110.50<DTASOF>20260731120000[-5:EST]</LEDGERBAL>\
         <AVAILBAL><BALAMT>1.00<DTASOF>20260731</AVAILBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )
}

const RENT: &str = "<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260702233000.000[-8:PST]<DTUSER>20260701<TRNAMT>-950.00<FITID>A-7\
                    <CHECKNUM>1001<NAME>Smith & Sons &amp; Co<MEMO>Rent <3 &#233;</STMTTRN>";

#[test]
fn sgml_has_no_end_tags_for_values() {
    let read = entry(sgml(RENT));
    assert_eq!(
        (read.money.to_string(), text(&read.booked_on)),
        ("-950.00 USD".to_owned(), "2026-07-02".to_owned())
    );
    assert_eq!((text(&read.purchased_on), text(&read.bank_id)), ("2026-07-01".to_owned(), "A-7".to_owned()));
    assert_eq!(text(&read.details.counterparty.name), "Smith & Sons & Co");
    assert_eq!(text(&read.details.references.cheque_number), "1001");
    let statement = statements(sgml(RENT)).remove(0);
    assert_eq!(
        (text(&statement.account.identifier), text(&statement.account.bank)),
        ("0004321".into(), "121000248".into())
    );
    assert_eq!(statement.opening, None);
    let closing = statement.closing.expect("a balance");
    assert_eq!(
        (closing.money.to_string(), text(&closing.on)),
        ("110.50 USD".to_owned(), "2026-07-31".to_owned())
    );
    assert_eq!(
        (text(&statement.period.from), text(&statement.period.to)),
        ("2026-07-01".into(), "2026-07-31".into())
    );
}

#[test]
fn xml_has_them() {
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?OFX OFXHEADER=\"200\" VERSION=\"211\"?>\n<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS>\
               <CCSTMTRS><CURDEF>EUR</CURDEF><CCACCTFROM><ACCTID>4111********1111</ACCTID></CCACCTFROM><BANKTRANLIST>\n\
               <STMTTRN>\n<TRNTYPE>POS</TRNTYPE><DTPOSTED>20260702</DTPOSTED><TRNAMT>-10,50</TRNAMT><FITID>1</FITID><MEMO/>\
               <PAYEE><NAME>Caf\u{e9}</NAME></PAYEE><!-- <TRNAMT>7</TRNAMT> --></STMTTRN></BANKTRANLIST></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>";
    let read = entry(xml);
    assert_eq!(
        (read.money.to_string(), text(&read.details.counterparty.name)),
        ("-10.50 EUR".to_owned(), "Caf\u{e9}".to_owned())
    );
    assert_eq!((read.details.remittance, read.place.line), (None, 4));
}

#[test]
fn purchase_and_its_fee_with_one_id_are_two_entries() {
    let fee = RENT.replace("-950.00", "-2.50").replace("Rent", "Fee");
    let ids: Vec<_> = entries(sgml(&[RENT, &fee].concat()))
        .iter()
        .map(|entry| (text(&entry.bank_id), entry.money.to_string()))
        .collect();
    assert_eq!(
        ids,
        [("A-7".to_owned(), "-950.00 USD".to_owned()), ("A-7".to_owned(), "-2.50 USD".to_owned())]
    );
}

#[test]
fn unreadable_transaction_is_a_finding() {
    let broken = RENT.replace("<TRNAMT>-950.00", "<TRNAMT>much");
    let file = sgml(&[&broken, RENT].concat());
    let found = findings(&file);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("unreadable_entry: ")
            && found[0].ends_with("entry 1: the amount `much` is not a number"),
        "{found:?}"
    );
    assert_eq!(entry(&file).place.entry, Some(2));
    let undated = RENT.replace("<DTPOSTED>20260702233000.000[-8:PST]", "");
    assert!(findings(sgml(&undated))[0].ends_with("there is no day"));
}

#[test]
fn foreign_currency_of_a_transaction_counts() {
    let foreign = RENT.replace("<FITID>", "<CURRENCY><CURRATE>1.1<CURSYM>CAD</CURRENCY><FITID>");
    assert_eq!(entry(sgml(&foreign)).money.to_string(), "-950.00 CAD");
    let original = RENT.replace("<FITID>", "<ORIGCURRENCY><CURRATE>1.1<CURSYM>CAD</ORIGCURRENCY><FITID>");
    assert_eq!(entry(sgml(&original)).money.to_string(), "-950.00 USD");
}

#[test]
fn investments_are_skipped_and_told() {
    let file = sgml(RENT).replace("STMTRS>", "INVSTMTRS>");
    assert!(findings(&file)[0].contains("a statement of investments is not read"));
    assert!(text(&items(file).1).contains("there is no bank statement"));
}

#[test]
fn hostile_files_are_refused() {
    let entity = sgml(RENT).replace("<OFX>", "<!DOCTYPE OFX [<!ENTITY a \"aaaa\">]><OFX>");
    assert!(
        text(&items(entity).1)
            .contains("line 7: the statement can't be read: it has a document type declaration")
    );
    let long = sgml(&RENT.replace("Rent", &"x".repeat(70_000)));
    assert!(text(&items(long).1).contains("a tag or a text has more than 65536 bytes"));
    let many = sgml(&RENT.replace("<MEMO>", &"<MEMO>a<NAME>b".repeat(300)));
    assert!(text(&items(many).1).contains("more than 200 elements"));
    let pieces = sgml(&RENT.replace("Rent", &format!("<![CDATA[{}]]>", "x".repeat(60_000)).repeat(5)));
    assert!(text(&items(pieces).1).contains("a transaction has more than 262144 bytes"));
    let deep = sgml(&"<BAL>".repeat(200));
    assert!(text(&items(deep).1).contains("more than 100 elements are in each other"));
    let open = sgml(&RENT.replace("<MEMO>", "<MEMO"));
    assert!(items(open).0.len() > 1);
}
