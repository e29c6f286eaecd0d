//! The marks of currencies in amounts: codes of ISO 4217, and signs such as `€`.

use super::Currency;

/// Signs, each with the codes of the currencies that use it.
const SIGNS: [(&str, &str); 58] = [
    ("€", "EUR"),
    ("Euro", "EUR"),
    ("Euros", "EUR"),
    (
        "$",
        "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP CVE DOP FJD GYD HKD JMD KYD LRD MXN NAD NIO NZD SBD SGD SRD TTD \
         TWD UYU XCD",
    ),
    ("US$", "USD"),
    ("U$S", "USD"),
    ("U$D", "USD"),
    ("AR$", "ARS"),
    ("A$", "AUD"),
    ("AU$", "AUD"),
    ("C$", "CAD NIO"),
    ("CA$", "CAD"),
    ("MX$", "MXN"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("S$", "SGD"),
    ("NT$", "TWD"),
    ("$U", "UYU"),
    ("R$", "BRL"),
    ("RD$", "DOP"),
    ("£", "GBP EGP FKP GIP LBP SDG SHP SSP SYP"),
    ("¥", "JPY CNY"),
    ("￥", "JPY CNY"),
    ("円", "JPY"),
    ("元", "CNY"),
    ("₹", "INR"),
    ("Rs", "INR LKR MUR NPR PKR SCR"),
    ("Rs.", "INR LKR MUR NPR PKR SCR"),
    ("Fr", "CHF"),
    ("Fr.", "CHF"),
    ("SFr.", "CHF"),
    ("kr", "DKK ISK NOK SEK"),
    ("kr.", "DKK ISK NOK SEK"),
    ("Kč", "CZK"),
    ("Kčs", "CZK"),
    ("zł", "PLN"),
    ("Ft", "HUF"),
    ("lei", "RON MDL"),
    ("leu", "RON MDL"),
    ("лв", "BGN"),
    ("лв.", "BGN"),
    ("дин", "RSD"),
    ("₴", "UAH"),
    ("₽", "RUB"),
    ("руб.", "RUB"),
    ("₺", "TRY"),
    ("₪", "ILS"),
    ("₩", "KRW KPW"),
    ("₫", "VND"),
    ("฿", "THB"),
    ("₱", "PHP"),
    ("₦", "NGN"),
    ("₡", "CRC"),
    ("₲", "PYG"),
    ("₸", "KZT"),
    ("RM", "MYR"),
    ("Rp", "IDR"),
    ("S/", "PEN"),
];

/// Whether the text is the code or a sign of a currency.
#[must_use]
pub fn is_known(mark: &str) -> bool {
    is_sign(mark) || of_code(mark).is_some()
}

fn is_sign(mark: &str) -> bool {
    SIGNS.iter().any(|(sign, _)| *sign == mark)
}

fn of_code(mark: &str) -> Option<Currency> {
    // A code has three letters, in any case.
    (mark.len() == 3).then(|| mark.to_ascii_uppercase().parse().ok()).flatten()
}

impl Currency {
    /// The currency of a mark: of a code, or of a sign that no other currency uses. `$` and `kr` have none.
    #[must_use]
    pub fn of_mark(mark: &str) -> Option<Self> {
        let of_sign = || {
            let (_, codes) = SIGNS.iter().find(|(sign, _)| *sign == mark)?;
            codes.parse().ok()
        };
        of_code(mark).or_else(of_sign)
    }

    /// Whether an amount in this currency may have this mark beside it.
    pub(crate) fn may_be_marked(self, mark: &str) -> bool {
        if let Some(currency) = of_code(mark) {
            return currency == self;
        }
        SIGNS.iter().any(|(sign, codes)| *sign == mark && codes.split(' ').any(|code| code == self.code()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marks_of_one_currency_have_one() {
        let of = |mark| Currency::of_mark(mark).map(Currency::code);
        assert_eq!(
            [of("€"), of("usd"), of("zł"), of("Fr.")],
            [Some("EUR"), Some("USD"), Some("PLN"), Some("CHF")]
        );
        assert_eq!([of("$"), of("kr"), of("x"), of("")], [None; 4]);
    }

    #[test]
    fn signs_belong_to_existing_currencies() {
        for (sign, codes) in SIGNS {
            assert!(is_known(sign));
            for code in codes.split(' ') {
                assert!(
                    code.parse::<Currency>().is_ok_and(|currency| currency.may_be_marked(sign)),
                    "{sign} {code}"
                );
            }
        }
    }

    #[test]
    fn marks_of_other_currencies_contradict() {
        let eur: Currency = "EUR".parse().expect("a currency");
        for (mark, may_be) in
            [("€", true), ("EUR", true), ("eur", true), ("$", false), ("USD", false), ("£", false)]
        {
            assert_eq!(eur.may_be_marked(mark), may_be, "{mark}");
        }
        for unknown in ["", "x", "abc", "ZZZ", "€€"] {
            assert!(!is_known(unknown), "{unknown}");
        }
    }
}
