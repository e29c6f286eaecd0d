//! camt.052, .053 and .054 of all versions, as banks write them.

use saldo_domain::statement::EntryStatus;

use super::super::tests::{entries, entry, findings, items, statements, text};

/// A camt.053 of a version, with one statement that has these entries.
fn file(version: &str, entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}\">\n\
         <BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>\n<Stmt><Id>S-7</Id><ElctrncSeqNb>7</ElctrncSeqNb><LglSeqNb>3</LglSeqNb>\
         <FrToDt><FrDtTm>2026-07-01T00:00:00+02:00</FrDtTm><ToDtTm>2026-07-01T23:59:59+02:00</ToDtTm></FrToDt>\
         <Acct><Id><IBAN>DE89 3704 0044 0532 0130 00</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>ACME GmbH</Nm></Ownr><Svcr><FinInstnId>\
         <BIC>COBADEFF</BIC></FinInstnId></Svcr></Acct>\n{}{}\n{entries}</Stmt></BkToCstmrStmt></Document>",
        balance("PRCD", "100.00"),
        balance("CLBD", "110.50"),
    )
}

fn balance(code: &str, amount: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt>\
         <Dt>2026-06-30</Dt></Dt></Bal>"
    )
}

const HEAD: &str = "<Amt Ccy=\"EUR\">10.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-07-01</Dt></BookgDt>\
                    <ValDt><DtTm>2026-07-02T00:30:00+02:00</DtTm></ValDt><AcctSvcrRef>B-7</AcctSvcrRef>";

/// An entry with these details.
fn with(details: &str) -> String {
    file("02", &format!("<Ntry>{HEAD}<NtryDtls>{details}</NtryDtls></Ntry>"))
}

const PAYMENT: &str = "<TxDtls><Refs><EndToEndId>E-7</EndToEndId><MndtId>NOTPROVIDED</MndtId></Refs><RltdPties><Dbtr><Nm>Erika Muster</Nm></Dbtr>\
    <DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct><UltmtDbtr><Nm>Max Muster</Nm></UltmtDbtr><Cdtr><Nm>ACME GmbH</Nm></Cdtr>\
    <CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct></RltdPties><RltdAgts><DbtrAgt><FinInstnId><BIC>BYLADEM1001</BIC></FinInstnId></DbtrAgt></RltdAgts>\
    <RmtInf><Ustrd>Invoice 7</Ustrd><Ustrd>and 8</Ustrd><Strd><RfrdDocInf><Nb>RE-7</Nb></RfrdDocInf><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>";

#[test]
fn statement_has_account_number_period_and_balances() {
    let read = statements(file("02", "")).remove(0);
    assert_eq!((text(&read.id), read.number, read.message.name()), ("S-7".into(), Some(7), "camt.053"));
    assert_eq!(text(&read.account.identifier), "DE89370400440532013000");
    assert_eq!(
        (text(&read.account.bank), text(&read.account.owner_name)),
        ("COBADEFF".into(), "ACME GmbH".into())
    );
    assert_eq!((text(&read.period.from), text(&read.period.to)), ("2026-07-01".into(), "2026-07-01".into()));
    let money =
        |balance: Option<saldo_domain::statement::Balance>| text(&balance.map(|balance| balance.money));
    assert_eq!((money(read.opening), money(read.closing)), ("100.00 EUR".into(), "110.50 EUR".into()));
    // An opening balance takes precedence over that of the statement before.
    let both = file("02", &balance("OPBD", "99.00"));
    assert_eq!(money(statements(both)[0].opening), "99.00 EUR");
}

#[test]
fn entry_of_one_payment_is_the_payment() {
    let read = entry(with(PAYMENT));
    assert_eq!((read.money.to_string(), read.status), ("10.50 EUR".to_owned(), EntryStatus::Booked));
    // The bank's own day, whatever its time zone.
    assert_eq!((text(&read.booked_on), text(&read.valued_on)), ("2026-07-01".into(), "2026-07-02".into()));
    assert_eq!((text(&read.bank_id), read.parts.len(), read.parts_stated), ("B-7".into(), 0, None));
    let details = &read.details;
    assert_eq!(text(&details.counterparty.name), "Erika Muster");
    assert_eq!(
        (text(&details.counterparty.iban), text(&details.counterparty.bank)),
        ("DE02120300000000202051".into(), "BYLADEM1001".into())
    );
    assert_eq!(text(&details.ultimate_counterparty), "Max Muster");
    assert_eq!(text(&details.remittance), "Invoice 7\nand 8");
    let references = &details.references;
    assert_eq!(
        (text(&references.end_to_end_id), text(&references.mandate_id)),
        ("E-7".into(), String::new())
    );
    assert_eq!(text(&references.creditor_reference), "RF18539007547034");
    assert_eq!(references.documents.iter().map(ToString::to_string).collect::<Vec<_>>(), ["RE-7"]);
}

#[test]
fn later_versions_have_elements_in_other_places() {
    let later = file("08", &format!("<Ntry>{HEAD}<NtryDtls>{PAYMENT}</NtryDtls></Ntry>"))
        .replace("<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>")
        .replace("<Dbtr><Nm>Erika Muster</Nm></Dbtr>", "<Dbtr><Pty><Nm>Erika Muster</Nm></Pty></Dbtr>")
        .replace("<BIC>", "<BICFI>")
        .replace("</BIC>", "</BICFI>");
    let place = |mut read: saldo_domain::statement::Entry| {
        read.place.line = 0;
        read
    };
    assert_eq!(place(entry(&later)), place(entry(with(PAYMENT))));
    assert_eq!(text(&statements(&later)[0].account.bank), "COBADEFF");
    // Prefixes and envelopes do not matter.
    let prefixed =
        later.replace("</", "</n:").replace('<', "<n:").replace("<n:/n:", "</n:").replace("<n:?", "<?");
    let prefixed = prefixed.replace("xmlns=", "xmlns:n=");
    assert_eq!(entry(&prefixed), entry(&later));
}

#[test]
fn status_decides_what_is_booked() {
    for (status, expected) in [
        ("BOOK", EntryStatus::Booked),
        ("PDNG", EntryStatus::Pending),
        ("FUTR", EntryStatus::Pending),
        ("INFO", EntryStatus::Information),
    ] {
        for message in ["Stmt", "Rpt", "Ntfctn"] {
            let file = with(PAYMENT).replace("<Sts>BOOK", &format!("<Sts>{status}"));
            let file =
                file.replace("<Stmt>", &format!("<{message}>")).replace("</Stmt>", &format!("</{message}>"));
            assert_eq!(entry(file).status, expected, "{status} in {message}");
        }
    }
    assert!(
        findings(with(PAYMENT).replace("<Sts>BOOK", "<Sts>OTHR"))[0].contains("the status `OTHR` is unknown")
    );
}

#[test]
fn batch_is_one_entry_with_parts() {
    let amounts = |amount: &str| {
        PAYMENT.replace(
            "<RltdPties>",
            &format!("<AmtDtls><TxAmt><Amt Ccy=\"EUR\">{amount}</Amt></TxAmt></AmtDtls><RltdPties>"),
        )
    };
    let batch = format!(
        "<Btch><PmtInfId>P-7</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>{}{}",
        amounts("4.50"),
        amounts("6.00")
    );
    let read = entry(with(&batch));
    assert_eq!((read.money.to_string(), read.parts_stated), ("10.50 EUR".to_owned(), Some(2)));
    let parts: Vec<_> = read.parts.iter().map(|part| text(&part.money)).collect();
    assert_eq!(parts, ["4.50 EUR", "6.00 EUR"]);
    assert_eq!(text(&read.details.references.payment_id), "P-7");
    assert_eq!(text(&read.parts[1].details.counterparty.name), "Erika Muster");
    // The bank need not list the payments, or lists some.
    let listed = entry(with("<Btch><NbOfTxs>2000</NbOfTxs></Btch>"));
    assert_eq!((listed.parts.len(), listed.parts_stated), (0, Some(2_000)));
    assert_eq!(entry(with(&format!("<Btch><NbOfTxs>2</NbOfTxs></Btch>{PAYMENT}"))).parts.len(), 1);
}

#[test]
fn parts_are_bounded_and_the_amount_is_complete() {
    let small = "<TxDtls><Refs><EndToEndId>E</EndToEndId></Refs></TxDtls>".repeat(super::PARTS_MAX + 5);
    let read = entry(with(&small));
    assert_eq!((read.parts.len(), read.money.to_string()), (super::PARTS_MAX, "10.50 EUR".to_owned()));
    assert_eq!(
        findings(with(&small)),
        ["too_many_parts: line 6, entry 1: the batch has more than 20000 payments; 5 were not read"]
    );
}

#[test]
fn instructed_amount_and_charges_explain_what_is_booked() {
    let changed = "<TxDtls><AmtDtls><InstdAmt><Amt Ccy=\"USD\">12</Amt></InstdAmt></AmtDtls><Chrgs><Amt Ccy=\"EUR\">0.50</Amt></Chrgs></TxDtls>";
    let read = entry(with(changed));
    assert_eq!(text(&read.details.instructed_amount), "12.00 USD");
    assert_eq!(read.details.charges.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0.50 EUR"]);
    let records = changed.replace("<Chrgs><Amt Ccy=\"EUR\">0.50</Amt></Chrgs>", "<Chrgs><TtlChrgsAndTaxAmt Ccy=\"EUR\">0.30</TtlChrgsAndTaxAmt>\
        <Rcrd><Amt Ccy=\"EUR\">0.50</Amt></Rcrd><Rcrd><Amt Ccy=\"EUR\">0.20</Amt><CdtDbtInd>CRDT</CdtDbtInd></Rcrd></Chrgs>");
    let charges: Vec<_> = entry(with(&records)).details.charges.iter().map(ToString::to_string).collect();
    assert_eq!(charges, ["0.50 EUR", "-0.20 EUR"]);
    // The same amount says nothing.
    assert_eq!(
        entry(with("<TxDtls><AmtDtls><InstdAmt><Amt Ccy=\"EUR\">10.5</Amt></InstdAmt></AmtDtls></TxDtls>"))
            .details
            .instructed_amount,
        None
    );
}

#[test]
fn return_keeps_the_parties_of_the_original_payment() {
    let collected = PAYMENT.replace("</TxDtls>", "<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf></TxDtls>");
    let read = entry(
        with(&collected).replace("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<CdtDbtInd>DBIT</CdtDbtInd><Sts>"),
    );
    assert_eq!(read.money.to_string(), "-10.50 EUR");
    assert_eq!(text(&read.details.return_of.expect("a return").reason), "MD06");
    assert_eq!(text(&read.details.counterparty.name), "Erika Muster");
    let family = "<TxDtls><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd></Fmly></Domn></BkTxCd></TxDtls>";
    let read = entry(with(family));
    assert_eq!(
        (text(&read.details.bank_code.iso), read.details.return_of.is_some()),
        ("PMNT-IDDT-UPDD".into(), true)
    );
}

#[test]
fn other_side_is_who_does_not_own_the_account() {
    // What is paid goes to the creditor.
    let paid = PAYMENT.replace("Dbtr", "X").replace("Cdtr", "Dbtr").replace('X', "Cdtr");
    let read =
        entry(with(&paid).replace("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<CdtDbtInd>DBIT</CdtDbtInd><Sts>"));
    assert_eq!(text(&read.details.counterparty.name), "Erika Muster");
    // Some banks name them the other way round; the accounts show it.
    assert_eq!(text(&entry(with(&paid)).details.counterparty.name), "Erika Muster");
    // Only the owner is named.
    let own = "<TxDtls><RltdPties><Cdtr><Nm>ACME GmbH</Nm></Cdtr></RltdPties></TxDtls>";
    assert_eq!(entry(with(own)).details.counterparty.name, None);
}

#[test]
fn additional_text_is_the_remittance_where_there_is_no_other() {
    let with_text = |details: &str| {
        let entries = format!(
            "<Ntry>{HEAD}<NtryDtls>{details}</NtryDtls><AddtlNtryInf>{}</AddtlNtryInf></Ntry>",
            "word ".repeat(90)
        );
        entry(file("02", &entries))
    };
    let read = with_text("");
    assert_eq!(
        (read.details.remittance.map(|text| text.as_str().len()), read.booking_text),
        (Some(449), None)
    );
    let read = with_text("<TxDtls><RmtInf><Ustrd>Invoice 7</Ustrd></RmtInf></TxDtls>");
    assert_eq!((text(&read.details.remittance).as_str(), read.booking_text.is_some()), ("Invoice 7", true));
}

#[test]
fn decimal_places_are_those_of_the_currency() {
    let with_amount = |amount: &str| with(PAYMENT).replace("10.50<", &format!("{amount}<"));
    assert_eq!(entry(with_amount("10.50000")).money.amount.to_string(), "10.50");
    assert_eq!(
        findings(with_amount("10.505")),
        ["unreadable_entry: line 6, entry 1: the amount 10.505 has more decimal places than EUR"]
    );
}

#[test]
fn codes_of_german_banks_are_told_apart() {
    let read =
        entry(with("<TxDtls><BkTxCd><Prtry><Cd>NTRF+166+9004</Cd><Issr>DK</Issr></Prtry></BkTxCd></TxDtls>"));
    assert_eq!(
        (text(&read.details.bank_code.swift), text(&read.details.bank_code.own)),
        ("NTRF".into(), "166".into())
    );
}

#[test]
fn unreadable_entry_is_a_finding_and_the_next_one_is_read() {
    for (good, bad, reason) in [
        (
            "10.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>",
            "much</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>",
            "the amount `much` is not a number",
        ),
        (
            "<CdtDbtInd>CRDT</CdtDbtInd><Sts>",
            "<CdtDbtInd>C</CdtDbtInd><Sts>",
            "the direction `C` is neither CRDT nor DBIT",
        ),
        ("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<Sts>", "there is no direction"),
        ("<Amt Ccy=\"EUR\">10.50", "<Amt Ccy=\"XYZ\">10.50", "the currency `XYZ` is unknown"),
        ("<Amt Ccy=\"EUR\">10.50", "<Amt>10.50", "the amount has no currency"),
    ] {
        let entry = format!("<Ntry>{HEAD}</Ntry>");
        let file = file("02", &format!("{}\n{entry}", entry.replace(good, bad)));
        assert_eq!(findings(&file), [format!("unreadable_entry: line 6, entry 1: {reason}")]);
        assert_eq!(entries(&file).len(), 1);
    }
    let bad = file("02", "").replace(">110.50<", ">?<");
    assert_eq!(
        findings(bad),
        ["unreadable_field: line 5: the balance CLBD can't be read: the amount `?` is not a number"]
    );
}

#[test]
fn counts_and_pages_are_read() {
    let totals = "<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries><TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>10.50</Sum>\
                  </TtlCdtNtries></TxsSummry>";
    let read = statements(file("02", totals)).remove(0);
    assert_eq!(read.stated.entries, Some(2));
    let credits = read.stated.credits.expect("a tally");
    assert_eq!((credits.count, text(&credits.sum)), (Some(1), "10.50 EUR".into()));
    let paged = file("02", "").replace(
        "<Id>S-7</Id>",
        "<Id>S-7</Id><StmtPgntn><PgNb>2</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>",
    );
    let page = statements(paged)[0].page.expect("a page");
    assert_eq!((page.number, page.is_last), (2, Some(false)));
}

#[test]
fn hostile_files_are_refused() {
    let good = with(PAYMENT);
    let laughs = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
    let outside = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    for (file, expected) in [
        (good.replace("<Document", &format!("{laughs}<Document")), "it has a document type declaration"),
        (good.replace("<Document", &format!("{outside}<Document")), "it has a document type declaration"),
        (good.replace("Invoice 7", "&x;"), "line 6: the statement can't be read: it has an unknown entity"),
        (good.replace("Invoice 7", &"x".repeat(1_100_000)), "an element has more than 1000000 bytes"),
        (good.replace("Invoice 7", &"<a>".repeat(200)), "more than 100 elements are in each other"),
        (
            good.replace("<Ustrd>Invoice 7</Ustrd>", &"<Ustrd>x</Ustrd>".repeat(50_000)),
            "an element has more than",
        ),
        (
            good.replace(
                "<NtryDtls>",
                &format!("{}<NtryDtls>", "<AddtlNtryInf>x</AddtlNtryInf>".repeat(50_000)),
            ),
            "an entry has more than 1000000 bytes",
        ),
        (good.get(..good.len() - 100).expect("long").to_owned(), "line 6: the statement can't be read"),
        (good.replace("</Ntry>", "</Nope>"), "line 6: the statement can't be read"),
    ] {
        let (_, error) = items(file);
        assert!(text(&error).contains(expected), "{expected}: {error:?}");
    }
}
