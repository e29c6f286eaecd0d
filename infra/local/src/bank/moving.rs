//! Accounts that are hard to synchronize: they change, contradict earlier reports, or have indistinguishable transactions.

use jiff::civil::Date;
use serde_json::json;

use super::account::Account;

const STAYS: &str = "DE25999999990000002001";
const GOES: &str = "DE95999999990000002002";
const COMES: &str = "DE68999999990000002003";
const CONTRADICTS: &str = "DE88999999990000003001";
const WITHOUT_IDS: &str = "DE54999999990000004001";

/// From day 1 on, one account is gone and another one new, the pending transactions are booked (with a tip or under a new
/// id) or gone, and all resource ids have changed.
pub(super) fn moving(day: i32, started: Date) -> Vec<Account> {
    let generation = u32::from(day > 0);
    let stays = Account::new(STAYS, "EUR", "CACC", ("Girokonto", "Giro Plus"), generation, started);
    if day == 0 {
        let stays = stays
            .balance("interimBooked", "830.00")
            .balance("interimAvailable", "695.70")
            .pending(
                "-20.00",
                json!({
                    "transactionId": "moving-tip",
                    "creditorName": "Gasthaus Zum Löwen",
                }),
            )
            .pending("-15.30", json!({ "creditorName": "Tankstelle" }))
            .pending(
                "-99.00",
                json!({
                    "transactionId": "moving-vanishing",
                    "creditorName": "Hotel Kaution",
                }),
            );
        let goes = Account::new(GOES, "EUR", "SVGS", ("Sparbuch", "Sparen Alt"), generation, started)
            .balance("closingBooked", "50.00")
            .booked(50, "50.00", json!({ "transactionId": "moving-savings-1" }));
        return vec![settled(stays), goes];
    }
    let stays = stays
        .balance("interimBooked", "791.70")
        .balance("interimAvailable", "791.70")
        .booked(
            0,
            "-23.00",
            json!({
                "transactionId": "moving-tip",
                "creditorName": "Gasthaus Zum Löwen",
            }),
        )
        .booked(
            0,
            "-15.30",
            json!({
                "transactionId": "moving-4",
                "creditorName": "Tankstelle",
            }),
        );
    let comes = Account::new(COMES, "EUR", "SVGS", ("Tagesgeld", "Sparen Flex"), generation, started)
        .balance("closingBooked", "50.00")
        .booked(0, "50.00", json!({ "transactionId": "moving-savings-2" }));
    vec![settled(stays), comes]
}

/// Adds the older transactions.
fn settled(account: Account) -> Account {
    account
        .booked(4, "-70.00", json!({ "transactionId": "moving-3", "creditorName": "Buchladen" }))
        .booked(20, "-100.00", json!({ "transactionId": "moving-2", "creditorName": "Verein" }))
        .booked(45, "1000.00", json!({ "transactionId": "moving-1", "debtorName": "Arbeitgeber AG" }))
}

/// From day 1 on a booked transaction has another amount.
pub(super) fn conflict(day: i32, started: Date) -> Account {
    let (amount, balance) = if day == 0 { ("-10.00", "490.00") } else { ("-11.00", "489.00") };
    Account::new(CONTRADICTS, "EUR", "CACC", ("Girokonto", "Giro Plus"), 0, started)
        .balance("interimBooked", balance)
        .booked(3, amount, json!({ "transactionId": "conflict-2", "creditorName": "Apotheke" }))
        .booked(9, "500.00", json!({ "transactionId": "conflict-1", "debtorName": "Arbeitgeber AG" }))
}

/// No transaction has an id, and two are identical.
pub(super) fn no_ids(started: Date) -> Account {
    let ticket = json!({
        "creditorName": "Verkehrsbetriebe",
        "remittanceInformationUnstructured": "Einzelfahrkarte",
    });
    let supper = json!({
        "creditorName": "Imbiss",
        "remittanceInformationUnstructured": "Abendessen",
    });
    Account::new(WITHOUT_IDS, "EUR", "CACC", ("Girokonto", "Giro Plus"), 0, started)
        .balance("interimBooked", "288.20")
        .booked(4, "-2.50", ticket.clone())
        .booked(4, "-2.50", ticket)
        .booked(4, "-6.80", supper)
        .booked(10, "300.00", json!({ "debtorName": "Arbeitgeber AG" }))
}
