//! Text search that ignores case and accents.

use icu_casemap::CaseMapperBorrowed;
use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

/// The first character after ASCII, and of [`SPELLINGS`].
const LATIN_START: usize = 0x80;

/// The spellings in ASCII of the characters in the Unicode blocks with Latin letters whose marks do not decompose, such as
/// `łøœ`. The build script takes them from the crate `deunicode`, whose whole table has half a megabyte.
static SPELLINGS: &[Option<&str>] = &include!(concat!(env!("OUT_DIR"), "/spellings.rs"));

/// Folds text for comparison: compatibility caseless matching (Unicode Standard, section 3.13, D146), then removal of
/// combining marks and transliteration of the remaining Latin letters. `Société` and `SOCIETE` fold to the same text, as
/// do `Straße` and `strasse`, `Łódź` and `lodz`.
#[must_use]
pub fn fold(text: &str) -> String {
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let normalizer = DecomposingNormalizerBorrowed::new_nfkd();
    let decomposed = normalizer.normalize(text);
    let folded = CaseMapperBorrowed::new().fold_string(&decomposed);
    let decomposed = normalizer.normalize(&folded);
    let mut basic = String::with_capacity(decomposed.len());
    for letter in decomposed.chars().filter(|c| classes.get_u8(*c) == 0) {
        match spelling(letter) {
            Some(spelt) => basic.push_str(spelt),
            None => basic.push(letter),
        }
    }
    basic
}

/// The spelling of a Latin letter beyond ASCII.
fn spelling(letter: char) -> Option<&'static str> {
    let index = (u32::from(letter) as usize).checked_sub(LATIN_START)?;
    SPELLINGS.get(index).copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_are_ignored() {
        for (one, other) in [
            ("Société Générale", "societe generale"),
            ("MARÍA GARCÍA", "María García"),
            ("Straße", "STRASSE"),
            ("İstanbul", "istanbul"),
            ("ΟΔΟΣ", "οδος"),
            ("ﬁnance", "FINANCE"),
            ("e\u{301}", "é"),
            ("Łódź", "lodz"),
            ("Ørsted", "ORSTED"),
            ("ŒUVRE", "oeuvre"),
            ("Αθήνα", "ΑΘΗΝΑ"),
            ("東京", "東京"),
            ("№ 5", "no 5"),
            ("Acme™", "acmetm"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("Muller"), fold("Mueller"));
    }
}
