//! The current account of `demo`: all kinds of transactions, with texts that are difficult to parse, store or display.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::Account;

pub(super) fn account(iban: &'static str, started: Date) -> Account {
    let account = Account::new(iban, "EUR", "CACC", ("Girokonto", "Giro Plus"), 0, started)
        .balance("interimBooked", "1336934.98")
        .balance("closingBooked", "1336934.98")
        .balance("interimAvailable", "1336857.59")
        .pending(
            "-12.40",
            json!({
                "transactionId": "demo-p-1",
                "valueDate": started,
                "creditorName": "Bäckerei Müller & Söhne",
                "remittanceInformationUnstructured": "Kartenzahlung girocard",
            }),
        )
        .pending(
            "-64.99",
            json!({
                "creditorName": "Online-Händler",
                "remittanceInformationUnstructured": "Vormerkung",
            }),
        );
    older(months_ago(weeks_ago(days_ago(this_week(account)))))
}

fn this_week(account: Account) -> Account {
    account
        .booked(
            1,
            "-0.01",
            numbered(
                1,
                json!({
                    "creditorName": "Prüfstelle",
                    "creditorAccount": { "iban": "DE89370400440532013000" },
                    "remittanceInformationUnstructured": "Verifizierung",
                }),
            ),
        )
        .booked(
            1,
            "1234567.89",
            numbered(
                2,
                json!({
                    "endToEndId": "NL-2024-000017",
                    "debtorName": "Nordlicht Maschinenbau GmbH & Co. KG",
                    "debtorAccount": { "iban": "NL91ABNA0417164300", "currency": "EUR" },
                    "debtorAgent": "ABNANL2AXXX",
                    "ultimateDebtor": "Nordlicht Holding S.à r.l.",
                    "remittanceInformationUnstructured": "Kaufpreis Maschine Nr. 4711",
                    "remittanceInformationStructured": { "reference": "RF18539007547034", "referenceType": "SCOR" },
                    "purposeCode": "GDDS",
                    "bankTransactionCode": "PMNT-RCDT-ESCT",
                }),
            ),
        )
        .booked(
            2,
            "-49.90",
            numbered(
                3,
                json!({
                    "endToEndId": "SWM-778812",
                    "mandateId": "SWM-MANDAT-0042",
                    "creditorId": "DE98ZZZ09999999999",
                    "creditorName": "Stadtwerke München",
                    "creditorAccount": { "iban": "DE89370400440532013000" },
                    "creditorAgent": "COBADEFFXXX",
                    "remittanceInformationUnstructured": "Abschlag Strom, Kundennr. 00815",
                    "bankTransactionCode": "PMNT-RDDT-ESDD",
                    "proprietaryBankTransactionCode": "105",
                }),
            ),
        )
        .booked(
            5,
            "-1200.00",
            numbered(
                4,
                json!({
                    "endToEndId": "NOTPROVIDED",
                    "creditorName": "Hausverwaltung Grün",
                    "creditorAccount": { "iban": "FR1420041010050500013M02606" },
                    "remittanceInformationUnstructured": "Miete",
                    "additionalInformation": "Dauerauftrag",
                }),
            ),
        )
}

fn days_ago(account: Account) -> Account {
    let quoted = account.date(8);
    account
        .booked(
            8,
            "-84.13",
            numbered(
                5,
                json!({
                    "creditorName": "HARBOR COFFEE & BOOKS",
                    "remittanceInformationUnstructured": "SEATTLE WA USD 91.02",
                    "additionalInformation": "Auslandseinsatz der Karte",
                    "currencyExchange": [{
                        "sourceCurrency": "USD",
                        "targetCurrency": "EUR",
                        "unitCurrency": "EUR",
                        "exchangeRate": "1.0819",
                        "quotationDate": quoted,
                        "contractIdentification": "FX-31337",
                    }],
                    "bankTransactionCode": "PMNT-CCRD-POSD",
                }),
            ),
        )
        .booked(
            12,
            "2750.00",
            numbered(
                6,
                json!({
                    "endToEndId": "GEHALT-11",
                    "debtorName": "Arbeitgeber AG",
                    "debtorAccount": { "iban": "GB29NWBK60161331926819" },
                    "debtorAgent": "NWBKGB2LXXX",
                    "remittanceInformationUnstructured": "Gehalt",
                    "purposeCode": "SALA",
                }),
            ),
        )
}

fn weeks_ago(account: Account) -> Account {
    account
        .booked(
            15,
            "-13.37",
            numbered(
                7,
                json!({
                    "creditorName": "=SUM(1)",
                    "remittanceInformationUnstructured": "=SUM(1)",
                }),
            ),
        )
        .booked(
            21,
            "0.01",
            numbered(
                8,
                json!({
                    "debtorName": "Prüfstelle",
                    "remittanceInformationUnstructured": "+49 30 123456 -- @retour",
                }),
            ),
        )
        .booked(
            28,
            "-219.00",
            numbered(
                9,
                json!({
                    "creditorName": "Schreinerei \"Holz & Söhne\"",
                    "creditorAccount": { "other": { "identification": "KD-4711", "issuer": "Schreinerei" } },
                    "remittanceInformationUnstructured":
                        "Rechnung \"17\"; Größe 'L', 5 % Rabatt\\Skonto <b>Übermaß</b>, Ærø, 東京 🪚",
                }),
            ),
        )
}

fn months_ago(account: Account) -> Account {
    account
        .booked(
            40,
            "-7.5",
            numbered(
                10,
                json!({
                    "creditorName": "Kiosk",
                    "remittanceInformationUnstructured": "Zeitung",
                }),
            ),
        )
        .booked(
            55,
            "-1056",
            numbered(
                11,
                json!({
                    "creditorName": "Finanzkasse",
                    "remittanceInformationUnstructuredArray": ["Einkommensteuer", "StNr 12/345/67890"],
                }),
            ),
        )
        .booked(
            63,
            "99999.99",
            numbered(
                12,
                json!({
                    "debtorName": "Lotterie",
                    "remittanceInformationUnstructured": "Gewinn",
                }),
            ),
        )
        .booked(
            80,
            "-3.00",
            numbered(
                13,
                json!({
                    "additionalInformation": "Kontoführung",
                }),
            ),
        )
}

/// Adds transactions that are older than the usual 90 days.
fn older(account: Account) -> Account {
    account
        .booked(
            95,
            "-250.00",
            numbered(
                14,
                json!({
                    "creditorName": "Reisebüro Fernweh",
                    "remittanceInformationUnstructured": "Anzahlung",
                }),
            ),
        )
        .booked(
            120,
            "500.00",
            numbered(
                15,
                json!({
                    "debtorName": "Oma Käthe",
                    "remittanceInformationUnstructured": "Zum Geburtstag!",
                }),
            ),
        )
}

/// Adds the ids of a booked transaction of the current account.
fn numbered(number: u32, details: Value) -> Value {
    let mut entry = details;
    entry["transactionId"] = json!(format!("demo-{number}"));
    entry["entryReference"] = json!(format!("2024-{number:05}"));
    entry
}
