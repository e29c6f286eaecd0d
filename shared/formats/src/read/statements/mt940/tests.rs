//! What banks write in MT940 and MT942.

use saldo_domain::statement::{Entry, EntryStatus, PaymentReferences};

use super::super::tests::{MT940, entries, entry, findings, items, statements, text};

/// The statement with other lines for its entry.
fn with_entry(lines: &str) -> String {
    let (before, rest) = MT940.split_once(":61:").expect("an entry");
    let (_, after) = rest.split_once(":62F:").expect("a closing balance");
    format!("{before}{lines}\n:62F:{after}")
}

/// The entry with a text of these lines.
fn with_text(lines: &str) -> Entry {
    entry(with_entry(&format!(":61:2607010701C10,50NTRFNONREF\n:86:{lines}")))
}

#[test]
fn statement_has_account_number_period_and_balances() {
    let read = statements(MT940).remove(0);
    assert_eq!(
        (text(&read.account.bank), text(&read.account.identifier)),
        ("37040044".into(), "0532013000".into())
    );
    assert_eq!((read.number, read.page.map(|page| page.number)), (Some(7), Some(1)));
    assert_eq!((text(&read.period.from), text(&read.period.to)), ("2026-06-30".into(), "2026-07-01".into()));
    let money =
        |balance: Option<saldo_domain::statement::Balance>| text(&balance.map(|balance| balance.money));
    assert_eq!((money(read.opening), money(read.closing)), ("100.00 EUR".into(), "110.50 EUR".into()));
    let entry = entry(MT940);
    assert_eq!((text(&entry.bank_id), text(&entry.reference)), ("B4E07XM00J".into(), String::new()));
    assert_eq!((entry.money.to_string(), entry.status), ("10.50 EUR".to_owned(), EntryStatus::Booked));
    assert_eq!((entry.place.line, entry.place.entry), (5, Some(1)));
    for (field, bank, account, currency) in [
        (":25:DE89370400440532013000", "", "DE89370400440532013000", ""),
        (":25:37040044/0532013000EUR", "37040044", "0532013000", "EUR"),
        (":25:COBADEFF/0532013000/EUR", "COBADEFF", "0532013000", "EUR"),
        (":25P:DE89370400440532013000\nCOBADEFFXXX", "COBADEFFXXX", "DE89370400440532013000", ""),
    ] {
        let read = statements(MT940.replace(":25:37040044/0532013000", field)).remove(0);
        let is = (text(&read.account.bank), text(&read.account.identifier), text(&read.currency));
        assert_eq!(is, (bank.to_owned(), account.to_owned(), currency.to_owned()), "{field}");
    }
}

#[test]
fn text_behind_the_closing_balance_belongs_to_the_statement() {
    let file = MT940.replace("\n-\n", "\n:64:C260701EUR110,50\n:86:Interest is due\n-\n");
    assert_eq!(text(&statements(&file)[0].text), "Interest is due");
    assert_eq!(text(&entry(&file).details.remittance), "Invoice 7");
}

#[test]
fn several_messages_in_envelopes_are_statements_of_their_own() {
    let envelope = |message: &str| {
        format!(
            "\u{1}{{1:F01COBADEFF0000}}{{2:I940COBADEFFN}}{{4:\r\n{}",
            message.replace("\n-\n", "\n-}\u{3}")
        )
    };
    let file = envelope(MT940) + &envelope(&MT940.replace("00007/001", "00008/001"));
    let numbers: Vec<_> = statements(file).iter().map(|statement| statement.number).collect();
    assert_eq!(numbers, [Some(7), Some(8)]);
    // Without an envelope, and without a dash at the end.
    let file = MT940.replace("-\n", "").repeat(2);
    assert_eq!((statements(&file).len(), entries(&file).len()), (2, 2));
    let file = format!("ABNANL2A\n940\nABNANL2A\n{MT940}");
    assert_eq!(statements(file).len(), 1);
}

#[test]
fn unreadable_entry_is_a_finding_and_the_next_one_is_read() {
    let file =
        with_entry(":61:2613010701C10,50NTRFNONREF\n:86:lost\n:61:2607010701D1,00NTRFNONREF\n:86:kept");
    assert_eq!(findings(&file), ["unreadable_entry: line 5, entry 1: the day 261301 is not in the calendar"]);
    let read = entry(&file);
    assert_eq!(
        (read.place.line, read.place.entry, text(&read.details.remittance)),
        (7, Some(2), "kept".into())
    );
    let without_balance = MT940.replace(":60F:C260630EUR100,00\n", "");
    assert_eq!(
        findings(without_balance),
        ["unreadable_entry: line 4, entry 1: the currency is unknown: no opening balance precedes the entry"]
    );
    let file = MT940.replace("C260630EUR", "C260630XYZ");
    assert!(
        findings(&file)[0].contains("field 60F can't be read: the currency `XYZ` is unknown"),
        "{:?}",
        findings(&file)
    );
}

#[test]
fn german_subfields_are_read() {
    let read = with_text(
        "166?00GUTSCHRIFT?109075/629?20EREF+A1.200080779.400143254?21.4961336\n KREF+SEPA-DA2026?22MREF+M-1?23CRED+DE98ZZZ09999999999\
         ?24SVWZ+RE-2026-0?250042?30COBADEFFXXX?31DE89370400440532013000?32ERIKA MUSTERMANN-SCHMIDT V?33ON BERG?34000",
    );
    let references = &read.details.references;
    assert_eq!(text(&references.end_to_end_id), "A1.200080779.400143254.4961336");
    assert_eq!(text(&references.payment_id), "SEPA-DA2026");
    assert_eq!(
        (text(&references.mandate_id), text(&references.creditor_id)),
        ("M-1".into(), "DE98ZZZ09999999999".into())
    );
    // The bank breaks lines within words: joined without a blank, this is RE-2026-00042.
    assert_eq!(text(&read.details.remittance), "RE-2026-0\n0042");
    assert_eq!(text(&read.booking_text), "GUTSCHRIFT");
    let party = &read.details.counterparty;
    assert_eq!(
        (text(&party.name), text(&party.bank)),
        ("ERIKA MUSTERMANN-SCHMIDT V ON BERG".into(), "COBADEFFXXX".into())
    );
    assert_eq!(text(&party.iban), "DE89370400440532013000");
    assert_eq!(
        (text(&read.details.bank_code.own), text(&read.details.bank_code.swift)),
        ("166".into(), "NTRF".into())
    );
    assert_eq!(read.details.return_of, None);
}

#[test]
fn tags_and_names_end_where_lines_end() {
    // All lines are full: the tag MREF+ is in two of them.
    let read = with_text(
        "105?00LASTSCHRIFT?20EREF+A1.200080779.4001432 M?21REF+20852HW2723821 SVWZ+Rent?22 of July?32A?33B",
    );
    assert_eq!(text(&read.details.references.mandate_id), "20852HW2723821");
    assert_eq!(text(&read.details.remittance), "Rent\nof July");
    // An id ends with a line that is not full.
    let read = with_text("166?20EREF+TFNR 40005?21Invoice 7?32A");
    assert_eq!(text(&read.details.references.end_to_end_id), "TFNR 40005");
    assert_eq!(text(&read.details.remittance), "Invoice 7");
    // A question mark before a lower number is text.
    let read = with_text("166?20Why?10 Euro?21and?30COBADEFF");
    assert_eq!(text(&read.details.remittance), "Why?10 Euro\nand");
    let read = with_text("000>100012345678>20RENT>21 OFFICE>310390012345");
    assert_eq!(text(&read.details.remittance), "RENT\nOFFICE");
    assert_eq!(text(&read.details.counterparty.account_number), "0390012345");
    // A date is no structure, nor is a number before a point.
    assert_eq!(text(&with_text("100.50 EUR paid").details.remittance), "100.50 EUR paid");
}

#[test]
fn absent_references_are_absent() {
    let read = with_text("166?20EREF+NOTPROVIDED?21KREF+NONREF?22SVWZ+Rent?32NONREF LTD");
    assert_eq!(read.details.references, PaymentReferences::default());
    assert_eq!((read.bank_id, read.reference), (None, None));
    assert_eq!(text(&read.details.counterparty.name), "NONREF LTD");
}

#[test]
fn returned_direct_debit_has_its_original_amount_and_charges() {
    let read = entry(with_entry(
        ":61:2607010701D12,35NRTIKREF+//2026021783252833\n/OCMT/EUR11,85//CHGS/EUR0,50/\n\
         :86:109?00SEPA-LASTSCHR. RETOURE CORE?20EREF+RENT-7?21OAMT+11,85 SVWZ+MD06 REFUND?34914?32A",
    ));
    let returned = read.details.return_of.expect("a return");
    assert_eq!((text(&returned.reason), text(&returned.original_amount)), ("914".into(), "11.85 EUR".into()));
    assert_eq!(read.details.charges.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0.50 EUR"]);
    assert_eq!(
        (read.money.to_string(), text(&read.bank_id)),
        ("-12.35 EUR".to_owned(), "2026021783252833".to_owned())
    );
    assert_eq!(
        (text(&read.details.remittance), read.booking_text.is_some()),
        ("MD06 REFUND".to_owned(), true)
    );
}

#[test]
fn dutch_words_are_read() {
    let read = with_text(
        "/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAM\nE/J. JANSEN/REMI/Invoice 7 of\n July/EREF/NOTPROVIDED",
    );
    let party = &read.details.counterparty;
    assert_eq!((text(&party.iban), text(&party.name)), ("NL91ABNA0417164300".into(), "J. JANSEN".into()));
    assert_eq!(
        (text(&read.details.remittance), text(&read.booking_text)),
        ("Invoice 7 of July".into(), "SEPA OVERBOEKING".into())
    );
    assert_eq!(read.details.references.end_to_end_id, None);
    // ING, and Rabobank with an account behind the statement line.
    let read =
        with_text("/CNTP/NL91ABNA0417164300/ABNANL2A/J. JANSEN/UTRECHT//REMI/USTD//Invoice 7/EREF/E-7/");
    assert_eq!(
        (text(&read.details.counterparty.name), text(&read.details.remittance)),
        ("J. JANSEN".into(), "Invoice 7".into())
    );
    assert_eq!(text(&read.details.references.end_to_end_id), "E-7");
    let read = with_text("/ORDP//NAME/J. JANSEN/REMI/STRD/CUR/9001000107514821/RTRN/MD06");
    assert_eq!(text(&read.details.references.creditor_reference), "9001000107514821");
    assert_eq!(text(&read.details.return_of.expect("a return").reason), "MD06");
    let read = entry(with_entry(
        ":61:260701D10,00N102EREF\nNL91ABNA0417164300\n:86:/EREF/E-8/BENM//NAME/A/ULTD//NAME/B/ISDT/2026-07-01",
    ));
    assert_eq!(text(&read.details.counterparty.iban), "NL91ABNA0417164300");
    assert_eq!(
        (text(&read.details.counterparty.name), text(&read.details.ultimate_counterparty)),
        ("A".into(), "B".into())
    );
}

#[test]
fn text_that_goes_on_in_an_entry_of_zero_is_joined() {
    let lines = (1..=6).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
    let zero = ":61:2607010701C0,00NMSCNONREF\n:86:RE-9\nthe end";
    let file = with_entry(&format!(":61:2607010701C10,50NTRFNONREF\n:86:{lines}\n{zero}"));
    let read = entry(&file);
    assert!(text(&read.details.remittance).ends_with("line 6\nRE-9\nthe end"), "{read:?}");
    // One behind an entry whose text is complete stays.
    let file = with_entry(&format!(":61:2607010701C10,50NTRFNONREF\n:86:Invoice\n{zero}"));
    assert_eq!(entries(&file).len(), 2);
}

#[test]
fn interim_report_has_pending_entries_and_no_balances() {
    let file = ":20:1\n:25:37040044/0532013000\n:28C:1/1\n:34F:EUR0,\n:13D:2607011200+0200\n\
                :61:260701D5,00NTRFNONREF\n:86:Rent\n:90D:1EUR5,00\n:90C:0EUR0,00\n-\n";
    let read = entry(file);
    assert_eq!((read.status, read.money.to_string()), (EntryStatus::Pending, "-5.00 EUR".to_owned()));
    let statement = statements(file).remove(0);
    assert_eq!((statement.message.name(), text(&statement.period.to)), ("mt942", "2026-07-01".into()));
    let debits = statement.stated.debits.expect("a tally");
    assert_eq!((debits.count, text(&debits.sum)), (Some(1), "5.00 EUR".into()));
    let expected = with_entry(":61:260701EC10,50NTRFNONREF");
    assert_eq!(entry(expected).status, EntryStatus::Pending);
}

#[test]
fn lines_of_texts_that_look_like_tags_are_text() {
    let read = with_text("Payment\n:KO:NR:401113172 APRIL\n-NR. 7\n- and more");
    assert_eq!(text(&read.details.remittance), "Payment\n:KO:NR:401113172 APRIL\n-NR. 7\n- and more");
}

#[test]
fn field_and_texts_are_bounded() {
    let long = "x".repeat(11_000);
    let file = with_entry(&format!(":61:2607010701C10,50NTRFNONREF\n:86:{long}"));
    assert_eq!(entry(&file).details.remittance.map(|text| text.as_str().len()), Some(10_000));
    assert_eq!(
        findings(&file),
        ["text_shortened: line 5, entry 1: a text was longer than Saldo stores, and was cut: remittance"]
    );
    let repeated = with_entry(&format!(":61:2607010701C10,50NTRFNONREF\n{}", ":86:line\n".repeat(20_000)));
    assert!(text(&items(repeated).1).contains("a field has more than 65536 bytes"));
    let blank = with_entry(&format!(":61:2607010701C10,50NTRFNONREF\n:86:{}", "\n".repeat(70_000)));
    assert!(
        text(&items(blank).1)
            .contains("line 6: the statement can't be read: a field has more than 65536 bytes")
    );
    let many = with_entry(&format!(":61:2607010701C10,50NTRFNONREF\n:86:{}", "line\n".repeat(20_000)));
    assert!(
        text(&items(many).1)
            .contains("line 6: the statement can't be read: a field has more than 65536 bytes")
    );
}
