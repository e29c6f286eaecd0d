//! Bank statements that are checked on the user's machine, without an API.

use serde_json::json;

use crate::cli::User;

/// An MT940 of a day with one entry.
fn mt940(number: u32, day: &str, opening: &str, amount: &str, closing: &str) -> String {
    format!(
        ":20:STARTUMS\n:25:37040044/0532013000\n:28C:{number:05}/001\n:60F:C260630EUR{opening}\n:61:2607{day}07{day}{amount}NTRFNONREF//B-{number}\n\
         :86:166?00GUTSCHRIFT?20EREF+E-{number}?21SVWZ+Invoice {number}?32ERIKA MUSTER\n:62F:C2607{day}EUR{closing}\n-\n"
    )
}

#[tokio::test]
async fn statements_in_order_are_listed() {
    let user = User::new();
    user.write("july-02.sta", mt940(8, "02", "110,50", "D10,00", "100,50"));
    user.write("july-01.sta", mt940(7, "01", "100,00", "C10,50", "110,50"));
    let ran = user.run(&["statements", "check", "july-02.sta", "july-01.sta"]).await;
    insta::assert_snapshot!("statements_in_order", ran.shown());
    let ran = user.run(&["statements", "check", "july-01.sta", "--output", "json"]).await;
    let read = ran.json();
    assert_eq!((ran.code, &read["in_order"]), (Some(0), &json!(true)));
    assert_eq!(
        read["files"],
        json!([{ "file": "july-01.sta", "format": "mt940", "error": null, "findings": [] }])
    );
    let statement = &read["statements"][0];
    assert_eq!(statement["closing"], json!({ "amount": "110.50", "currency": "EUR", "on": "2026-07-01" }));
    assert_eq!(statement["credits"], json!({ "count": 1, "sum": "10.50" }));
    assert_eq!(statement["account"]["identifier"], "0532013000");
}

#[tokio::test]
async fn findings_are_told_with_their_places() {
    let user = User::new();
    let broken =
        mt940(9, "03", "100,50", "C5,00", "120,00").replace(":62F:", ":61:2613010703C1,00NTRF\n:62F:");
    user.write("july.sta", [mt940(7, "01", "100,00", "C10,50", "110,50"), broken].concat());
    let ran = user.run(&["statements", "check", "july.sta"]).await;
    insta::assert_snapshot!("statements_with_findings", ran.shown());
    let ran = user.run(&["statements", "check", "july.sta", "--output", "json"]).await;
    let read = ran.json();
    assert_eq!(
        (ran.code, &read["in_order"], &read["statements"][1]["unreadable"]),
        (Some(1), &json!(false), &json!(1))
    );
}

#[tokio::test]
async fn unreadable_files_are_named_and_the_others_are_checked() {
    let user = User::new();
    user.write("good.sta", mt940(7, "01", "100,00", "C10,50", "110,50"));
    user.write("letter.txt", "Dear Sir or Madam,");
    user.write(
        "cut.xml",
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Id>1",
    );
    user.write("folder/.keep", "");
    let ran =
        user.run(&["statements", "check", "good.sta", "letter.txt", "cut.xml", "none.sta", "folder"]).await;
    insta::assert_snapshot!("statements_unreadable", ran.shown());
}
