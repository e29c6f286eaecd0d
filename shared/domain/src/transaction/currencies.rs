//! The currencies of the transaction import.

use crate::fields::FindingCode;
use crate::money::Currency;

/// The codes that the contract of the import lists: ISO 4217 as of 2015.
pub const CODES: [&str; 178] = [
    "AFN", "EUR", "ALL", "DZD", "USD", "AOA", "XCD", "ARS", "AMD", "AWG", "AUD", "AZN", "BSD", "BHD", "BDT",
    "BBD", "BYR", "BZD", "XOF", "BMD", "BTN", "INR", "BOB", "BOV", "BAM", "BWP", "NOK", "BRL", "BND", "BGN",
    "BIF", "KHR", "XAF", "CAD", "CVE", "KYD", "CLF", "CLP", "CNY", "COP", "COU", "KMF", "CDF", "NZD", "CRC",
    "HRK", "CUC", "CUP", "ANG", "CZK", "DKK", "DJF", "DOP", "EGP", "SVC", "ERN", "ETB", "FKP", "FJD", "XPF",
    "GMD", "GEL", "GHS", "GIP", "GTQ", "GBP", "GNF", "GYD", "HTG", "HNL", "HKD", "HUF", "ISK", "IDR", "XDR",
    "IRR", "IQD", "ILS", "JMD", "JPY", "JOD", "KZT", "KES", "KPW", "KRW", "KWD", "KGS", "LAK", "LBP", "LSL",
    "ZAR", "LRD", "LYD", "CHF", "MOP", "MKD", "MGA", "MWK", "MYR", "MVR", "MRO", "MUR", "XUA", "MXN", "MXV",
    "MDL", "MNT", "MAD", "MZN", "MMK", "NAD", "NPR", "NIO", "NGN", "OMR", "PKR", "PAB", "PGK", "PYG", "PEN",
    "PHP", "PLN", "QAR", "RON", "RUB", "RWF", "SHP", "WST", "STD", "SAR", "RSD", "SCR", "SLL", "SGD", "XSU",
    "SBD", "SOS", "SSP", "LKR", "SDG", "SRD", "SZL", "SEK", "CHE", "CHW", "SYP", "TWD", "TJS", "TZS", "THB",
    "TOP", "TTD", "TND", "TRY", "TMT", "UGX", "UAH", "AED", "USN", "UYI", "UYU", "UZS", "VUV", "VEF", "VND",
    "YER", "ZMW", "ZWL", "XBA", "XBB", "XBC", "XBD", "XTS", "XXX", "XAU", "XPD", "XPT", "XAG",
];

/// The text is not one of the listed codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the currency codes that transactions may have, such as EUR")]
pub(super) struct NotListed;

impl From<NotListed> for FindingCode {
    fn from(_: NotListed) -> Self {
        Self::UnknownCurrency
    }
}

/// Parses the currency code of an imported transaction.
pub(super) fn parse(code: &str) -> Result<Currency, NotListed> {
    if CODES.contains(&code) { code.parse().map_err(|_| NotListed) } else { Err(NotListed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_listed_currencies_are_accepted() {
        for code in CODES {
            assert_eq!(parse(code).map(Currency::code), Ok(code));
        }
        for code in ["ZZZ", "VES", "BYN", "eur", ""] {
            assert_eq!(parse(code), Err(NotListed), "{code}");
        }
    }
}

/// A currency of imported transactions, as the OpenAPI document describes it.
#[cfg(feature = "openapi")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransactionCurrency;

#[cfg(feature = "openapi")]
crate::openapi::wire! {
    TransactionCurrency => crate::openapi::string()
        .enum_values(Some(CODES))
        .description(Some("An alphabetic code of ISO 4217 as it was in 2015"));
}
