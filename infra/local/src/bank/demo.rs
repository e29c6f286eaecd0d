//! The accounts of `demo` and of most other scripts: one IBAN with two currencies, savings, and a loan in a currency without
//! minor units.

mod current;

use jiff::civil::Date;
use serde_json::json;

use super::account::Account;

const CURRENT: &str = "DE59999999990000001001";
const SAVINGS: &str = "DE32999999990000001002";
const LOAN: &str = "DE05999999990000001003";

pub(super) fn accounts(started: Date) -> Vec<Account> {
    vec![current::account(CURRENT, started), dollars(started), savings(started), loan(started)]
}

fn dollars(started: Date) -> Account {
    Account::new(CURRENT, "USD", "CACC", ("Girokonto USD", "Giro Plus"), 0, started)
        .balance("interimBooked", "1975.25")
        .balance("interimAvailable", "1975.25")
        .booked(
            3,
            "-24.75",
            json!({
                "transactionId": "demo-usd-3",
                "creditorName": "Cloud Services Inc.",
                "remittanceInformationUnstructured": "INV 0093",
            }),
        )
        .booked(
            33,
            "1500.00",
            json!({
                "transactionId": "demo-usd-2",
                "debtorName": "ACME Corp.",
                "remittanceInformationUnstructured": "Royalties",
            }),
        )
        .booked(
            60,
            "500.00",
            json!({
                "transactionId": "demo-usd-1",
                "debtorName": "ACME Corp.",
                "remittanceInformationUnstructured": "Royalties",
            }),
        )
}

fn savings(started: Date) -> Account {
    Account::new(SAVINGS, "EUR", "SVGS", ("Tagesgeld", "Sparen Flex"), 0, started)
        .balance("closingBooked", "10012.50")
        .booked(
            30,
            "12.50",
            json!({
                "transactionId": "demo-savings-2",
                "entryReference": "S2",
                "additionalInformation": "Zinsen",
            }),
        )
        .booked(
            70,
            "10000.00",
            json!({
                "transactionId": "demo-savings-1",
                "entryReference": "S1",
                "debtorName": "Käthe Öztürk-Müller",
                "debtorAccount": { "iban": CURRENT },
                "remittanceInformationUnstructured": "Übertrag",
            }),
        )
}

fn loan(started: Date) -> Account {
    Account::new(LOAN, "JPY", "LOAN", ("Darlehen Yen", "Kredit Fix"), 0, started)
        .balance("closingBooked", "-1450000")
        .booked(
            10,
            "50000",
            json!({
                "transactionId": "demo-jpy-2",
                "remittanceInformationUnstructured": "返済",
            }),
        )
        .booked(
            75,
            "-1500000",
            json!({
                "transactionId": "demo-jpy-1",
                "remittanceInformationUnstructured": "Auszahlung",
            }),
        )
}
