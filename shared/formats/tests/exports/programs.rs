//! The files of other programs: how each is written, and what its import stores.

/// A file, how it is written, and its rows.
pub(crate) struct Export {
    pub(crate) file: &'static str,
    pub(crate) encoding: &'static str,
    pub(crate) delimiter: char,
    pub(crate) header_line: u64,
    /// The decimal separator and the one of thousands; `_` for none.
    pub(crate) separators: &'static str,
    /// The format of due dates; empty if the file has none.
    pub(crate) dates: &'static str,
    /// What the caller has to choose: the options of the ambiguities, or the missing fields.
    pub(crate) open: &'static [&'static str],
    /// The options of the caller's choice.
    pub(crate) answer: &'static str,
    /// The external id, the name, the amount and the due date of each row.
    pub(crate) rows: &'static [[&'static str; 4]],
    /// The rows that are refused: totals, lines, and credits.
    pub(crate) refused: usize,
}

const fn of(file: &'static str, encoding: &'static str, delimiter: char, header_line: u64) -> Export {
    Export {
        file,
        encoding,
        delimiter,
        header_line,
        separators: "",
        dates: "",
        open: &[],
        answer: "{}",
        rows: &[],
        refused: 0,
    }
}

const UTF_8: &str = "UTF-8";
const LATIN: &str = "windows-1252";

pub(crate) const EXPORTS: [Export; 30] = [
    Export {
        separators: ",.",
        dates: "DD.MM.YYYY",
        rows: &[
            ["RE-2026-017", "10001", "1190", "2026-12-05"],
            ["RE-2026-021", "10001", "2000", "2026-12-13"],
            ["RE-2026-022", "10042", "99.9", "2026-12-20"],
        ],
        ..of("datev-opos.csv", LATIN, ';', 1)
    },
    Export {
        separators: ",.",
        dates: "DD.MM.YYYY",
        rows: &[
            ["1800000012", "100123", "1190", "2026-12-05"],
            ["1800000013", "100123", "25000", "2026-12-13"],
            ["1600000004", "100123", "-380.5", "2026-11-14"],
            ["1800000014", "100877", "99.9", "2026-12-20"],
        ],
        ..of("sap-customer-items.txt", "UTF-16LE", '\t', 1)
    },
    Export {
        separators: ",.",
        dates: "DD.MM.YYYY",
        rows: &[
            ["1800000012", "Müller GmbH", "1190", "2026-12-05"],
            ["1800000013", "Müller GmbH", "-380.5", "2026-12-13"],
            ["1800000014", "Zürich Möbel", "12500", "2026-12-20"],
        ],
        refused: 3,
        ..of("sap-list.txt", LATIN, '|', 5)
    },
    Export {
        separators: "._",
        dates: "YYYY-MM-DD",
        rows: &[
            ["INV/2026/00017", "Azure Interior, Brandon Freeman", "1190", "2026-12-05"],
            ["INV/2026/00018", "Deco Addict", "12500.5", "2026-12-13"],
        ],
        ..of("odoo-invoices.csv", UTF_8, ',', 1)
    },
    Export {
        separators: "._",
        dates: "DD-MM-YYYY",
        rows: &[
            ["ACC-SINV-2026-00017", "Grant Plastics Ltd.", "1190", "2026-12-28"],
            ["ACC-SINV-2026-00018", "West View Software", "12500", "2026-12-07"],
        ],
        refused: 1,
        ..of("erpnext-accounts-receivable.csv", UTF_8, ',', 1)
    },
    Export {
        separators: ".,",
        dates: "M/D/YYYY",
        rows: &[
            ["103017", "Adatum Corporation", "1190", "2026-12-05"],
            ["103021", "Trey Research", "12500.5", "2026-12-13"],
            ["103022", "School of Fine Art", "99.9", "2026-12-20"],
        ],
        ..of("business-central-ledger-entries.csv", UTF_8, ',', 1)
    },
    Export {
        separators: ", ",
        dates: "DD/MM/YYYY",
        rows: &[
            ["FV-26017", "Société Générale des Bois", "1190", "2026-12-05"],
            ["FV-26021", "Café de la Gare", "12500.5", "2026-12-28"],
        ],
        ..of("business-central-ecritures-clients.csv", UTF_8, ';', 1)
    },
    Export {
        separators: "._",
        dates: "YYYY-MM-DD",
        rows: &[
            ["INV-000017", "ABC Electronics", "1190", "2026-11-20"],
            ["INV-000018", "Elite International", "12500.5", "2026-12-13"],
            ["INV-000018", "Elite International", "12500.5", "2026-12-13"],
        ],
        ..of("zoho-invoices.csv", UTF_8, ',', 1)
    },
    Export {
        separators: "._",
        dates: "YYYY-MM-DD",
        rows: &[
            ["INV-000017", "ABC Electronics", "1190", "2026-11-20"],
            ["INV-000018", "Elite International", "12500.5", "2026-12-13"],
        ],
        ..of("zoho-fetch-invoices.csv", UTF_8, ',', 1)
    },
    Export {
        separators: ".,",
        dates: "M/D/YYYY",
        rows: &[
            ["INV10017", "1204 Bright Holdings LLC", "1190", "2026-12-05"],
            ["INV10021", "1377 O'Neil & Sons", "25000", "2026-12-31"],
        ],
        ..of("netsuite-open-invoices.csv", UTF_8, ',', 1)
    },
    Export {
        separators: ",_",
        dates: "DD/MM/YYYY",
        open: &["total_amount"],
        answer: r#"{"columns":[{"from":"Precio","to":"total_amount"}]}"#,
        rows: &[
            ["F260017", "Peña Hermanos S.L.", "1190", "2026-12-05"],
            ["F260018", "Almacenes Núñez", "2500.5", "2026-12-31"],
        ],
        ..of("holded-facturas.csv", UTF_8, ';', 1)
    },
    Export {
        separators: "._",
        dates: "DD/MM/YYYY",
        open: &["date_format", "total_amount"],
        answer: r#"{"columns":[{"from":"Price","to":"total_amount"}],"date_format":"DD/MM/YYYY"}"#,
        rows: &[
            ["F260017", "Wessex Trading", "1190", "2026-12-05"],
            ["F260018", "Old Mill Ltd", "2500.5", "2026-12-07"],
        ],
        ..of("holded-invoices.csv", UTF_8, ',', 1)
    },
    Export {
        separators: "._",
        dates: "YYYYMMDD",
        rows: &[["100017", "D-4711", "1190", "2026-12-05"], ["100018", "D-4712", "25000", "2026-12-13"]],
        ..of("coupa-receivables.csv", UTF_8, ';', 1)
    },
    Export {
        separators: ",_",
        dates: "DD/MM/YYYY",
        rows: &[
            ["F-100017", "D-4711", "1190", "2026-12-05"],
            ["F-100018", "D-4712", "25000.5", "2026-12-31"],
        ],
        ..of("coupa-creances.csv", LATIN, ';', 1)
    },
    Export {
        separators: ",.",
        rows: &[["2026-0017", "Maria Österreicher", "190", ""], ["2026-0018", "Jörg Weiß", "1250.5", ""]],
        ..of("cgm-maxx-rechnungsliste.csv", UTF_8, ';', 7)
    },
    Export {
        separators: ",_",
        dates: "DD.MM.YYYY",
        rows: &[
            ["RE-17", "Müller GmbH", "1190", "2026-12-05"],
            ["RE-18", "Café Süd", "12500.5", "2026-12-31"],
        ],
        ..of("commitly-offene-posten.csv", UTF_8, ';', 1)
    },
    Export {
        separators: ".,",
        rows: &[
            ["10017", "Deltek Test Customer", "1190", ""],
            ["10018", "Nørrebro Arkitekter", "12500.5", ""],
        ],
        ..of("maconomy-ar-aging.csv", UTF_8, ',', 1)
    },
    Export {
        separators: ".,",
        open: &["thousands_separator"],
        answer: r#"{"decimal_separator":".","thousands_separator":","}"#,
        rows: &[
            ["INV-17", "Acme Telecom", "25000", ""],
            ["INV-18", "Borealis Net", "1250", ""],
            ["INV-19", "Cobalt LLC", "980", ""],
        ],
        ..of("gotransverse-customer-balance.csv", UTF_8, ',', 1)
    },
    Export {
        separators: "._",
        rows: &[["500017", "Zumasys Test", "1190", ""], ["500018", "Zumasys Test", "12500.5", ""]],
        ..of("rover-customer-inquiry.tsv", UTF_8, '\t', 1)
    },
    Export {
        separators: "._",
        dates: "YYYY-MM-DD",
        rows: &[
            ["INV-00017", "Kitchen Corp", "1190", "2026-12-05"],
            ["INV-00018", "Ölwerk AG", "12500.5", "2026-12-13"],
        ],
        ..of("akaunting-invoices.csv", UTF_8, ',', 1)
    },
    Export {
        separators: "._",
        dates: "YYYY-MM-DD",
        rows: &[
            ["0017", "Studio Nord", "1190", "2026-12-05"],
            ["0018", "Harbor Ltd", "12500.5", "2026-12-13"],
        ],
        ..of("invoice-ninja-invoices.csv", UTF_8, ',', 1)
    },
    Export {
        separators: "._",
        dates: "YYYY-MM-DD",
        rows: &[
            ["FA2611-0017", "Boulangerie Réunie", "1190", "2026-12-05"],
            ["FA2611-0018", "Garage du Nord", "12500", "2026-12-13"],
        ],
        ..of("dolibarr-invoices.csv", UTF_8, ',', 1)
    },
    Export {
        separators: "._",
        dates: "DD/MM/YYYY",
        rows: &[
            ["INV-0017", "Basket Case", "1190", "2026-12-05"],
            ["INV-0018", "City Agency", "12500.5", "2026-12-31"],
        ],
        ..of("xero-sales-invoices.csv", UTF_8, ',', 1)
    },
    Export {
        separators: "._",
        rows: &[["", "Acme Corp", "1190", ""], ["", "Amy's Bird Sanctuary", "12500.5", ""]],
        ..of("quickbooks-transactions.csv", UTF_8, ',', 1)
    },
    Export {
        separators: ",.",
        dates: "DD.MM.YYYY",
        rows: &[
            ["4711", "Müller & Söhne", "1190", "2026-12-05"],
            ["4712", "Käse-Straße GmbH", "25000", "2026-12-31"],
            ["4713", "Käse-Straße GmbH", "99.9", "2027-01-02"],
        ],
        refused: 1,
        ..of("excel-de.csv", LATIN, ';', 4)
    },
    Export {
        separators: ",.",
        dates: "DD/MM/YYYY",
        rows: &[
            ["F-17", "Peña Hermanos S.L.", "1190", "2026-12-05"],
            ["F-18", "Almacenes Núñez", "25000.5", "2026-12-31"],
        ],
        ..of("excel-es.csv", LATIN, ';', 1)
    },
    Export {
        separators: ".,",
        dates: "M/D/YYYY",
        rows: &[
            ["INV-17", "Smith, Jones & Co.", "1190", "2026-12-05"],
            ["INV-18", "Peña Imports", "25000.5", "2026-12-31"],
        ],
        ..of("excel-us.csv", UTF_8, ',', 1)
    },
    Export {
        separators: ".'",
        dates: "DD.MM.YYYY",
        rows: &[
            ["R-17", "Zürich Möbel AG", "1190", "2026-12-05"],
            ["R-18", "Genève Café", "25000.5", "2026-12-31"],
        ],
        ..of("excel-ch.csv", LATIN, ';', 1)
    },
    Export {
        separators: ", ",
        dates: "DD/MM/YYYY",
        rows: &[
            ["F-17", "Café de la Gare", "1190", "2026-12-05"],
            ["F-18", "Société Bois", "25000.5", "2026-12-31"],
        ],
        ..of("excel-fr.csv", LATIN, ';', 1)
    },
    Export {
        separators: ",.",
        dates: "DD/MM/YYYY",
        rows: &[
            ["A-0001-00000017", "García Hnos. S.R.L.", "1190", "2026-12-05"],
            ["A-0001-00000018", "Núñez y Cía.", "25000.5", "2026-12-31"],
        ],
        ..of("excel-ar.csv", LATIN, ';', 1)
    },
];
