//! What the headers of ledgers and of other programs mean, in several languages.
//!
//! A header is compared without case, accents, blanks and punctuation, and without a currency at its end. What it means is
//! a [`Role`]; the values of the columns decide which of several columns with a role fills a field.

use std::collections::HashMap;
use std::sync::LazyLock;

use icu_normalizer::DecomposingNormalizerBorrowed;
use saldo_domain::money::Currency;

use super::role::Role;
use super::words::WORDS;

/// The meaning of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) role: Role,
    /// The place of the name among those of the role: the first names are the clearest.
    pub(super) rank: usize,
    /// The currency that the header names.
    pub(super) currency: Option<Currency>,
}

static MEANINGS: LazyLock<HashMap<String, (Role, usize)>> = LazyLock::new(|| {
    let mut meanings = HashMap::new();
    for (role, names) in WORDS {
        for (rank, name) in names.split(',').map(folded).filter(|name| !name.is_empty()).enumerate() {
            meanings.entry(name).or_insert((*role, rank));
        }
    }
    meanings
});

/// The meaning of a header, if it is known.
pub(super) fn meaning(header: &str) -> Option<Meaning> {
    let known = |name: &str, currency| {
        let (role, rank) = *MEANINGS.get(&folded(name))?;
        Some(Meaning { role, rank, currency })
    };
    let of_currency = without_currency(header).and_then(|(name, currency)| known(name, Some(currency)));
    of_currency.or_else(|| known(header, None))
}

/// A header without accents, case, blanks and punctuation.
pub(super) fn folded(header: &str) -> String {
    let mut folded = String::new();
    for c in DecomposingNormalizerBorrowed::new_nfkd().normalize(header).chars().flat_map(char::to_lowercase)
    {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ø' | 'º' | '°' | '№' => folded.push('o'),
            '#' => folded.push_str("no"),
            c if c.is_alphanumeric() => folded.push(c),
            _ => {}
        }
    }
    folded
}

/// The header without the currency at its end, as in `Betrag (EUR)`, `Amount in USD` and `Importe €`.
fn without_currency(header: &str) -> Option<(&str, Currency)> {
    let is_around = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '/' | '-' | ':' | '.');
    let trimmed = header.trim_matches(is_around);
    let begin = trimmed.char_indices().rev().find(|(_, c)| is_around(*c)).map(|(at, c)| at + c.len_utf8())?;
    let (name, mark) = trimmed.split_at(begin);
    let is_code = mark.bytes().all(|byte| byte.is_ascii_uppercase()) && has_lower_case(name);
    let currency = Currency::of_mark(mark).filter(|_| is_code || !mark.is_ascii())?;
    let name = name.trim_matches(is_around);
    let name =
        [" in", " en", " em", " i", " w"].iter().find_map(|word| name.strip_suffix(word)).unwrap_or(name);
    Some((name, currency))
}

/// Whether a header is not written in capitals, where `ALL` and `TOP` are words and no currencies.
fn has_lower_case(name: &str) -> bool {
    name.chars().any(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(header: &str) -> Option<Role> {
        meaning(header).map(|meaning| meaning.role)
    }

    #[test]
    fn headers_are_known_in_several_languages_and_spellings() {
        for (header, expected) in [
            ("Beleg-Nr.", Role::Document),
            ("BELEGNUMMER", Role::Document),
            ("Invoice #", Role::Document),
            ("*InvoiceNumber", Role::Document),
            ("Nº Factura", Role::Document),
            ("Nro. Comprobante", Role::Document),
            ("Kundennummer", Role::PartyNumber),
            ("Customer", Role::Party),
            ("Raz\u{f3}n social", Role::PartyName),
            ("Razo\u{301}n Social", Role::PartyName),
            ("Offener Betrag", Role::Open),
            ("Amount Due", Role::Open),
            ("Saldo", Role::Balance),
            ("Importe", Role::Amount),
            ("Soll", Role::Debit),
            ("Haber", Role::Credit),
            ("Soll/Haben-Kennzeichen", Role::Sign),
            ("Währung", Role::Currency),
            ("Fälligkeit", Role::DueDate),
            ("Faelligkeitsdatum", Role::DueDate),
            ("Fecha de vencimiento", Role::DueDate),
            ("Date d'échéance", Role::DueDate),
            ("Förfallodatum", Role::DueDate),
            ("Termin płatności", Role::DueDate),
        ] {
            assert_eq!(role(header), Some(expected), "{header}");
        }
        for unknown in ["", "Farbe", "123", "Belegdatum", "Invoice date"] {
            assert_eq!(role(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn currency_at_the_end_of_a_header_is_known() {
        for (header, currency) in [
            ("Betrag (EUR)", Some("EUR")),
            ("Betrag in EUR", Some("EUR")),
            ("Amount USD", Some("USD")),
            ("Importe €", Some("EUR")),
            ("Offener Betrag [CHF]", Some("CHF")),
            ("Betrag", None),
            ("Amount", None),
        ] {
            assert_eq!(meaning(header).expect(header).currency.map(Currency::code), currency, "{header}");
        }
        assert_eq!(meaning("Betrag $").map(|meaning| meaning.currency), Some(None));
        for unknown in ["AMOUNT ALL", "Farbe EUR", "EUR"] {
            assert_eq!(meaning(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn each_name_has_one_role() {
        let mut seen: HashMap<String, Role> = HashMap::new();
        for (role, names) in WORDS {
            for name in names.split(',').map(folded).filter(|name| !name.is_empty()) {
                if let Some(other) = seen.insert(name.clone(), *role) {
                    assert_eq!(other, *role, "{name} is {other:?} and {role:?}");
                }
            }
        }
    }
}
