//! Finds the format of the dates in a column.

use saldo_domain::import::DateFormat;

use super::verdict::{Verdict, judge};

/// The formats that are told apart, the most common ones first. They are the short dates of spreadsheets in all regions
/// (Unicode CLDR, `dateFormats/short`) and the compact forms of ledgers. No region writes a month before a day with points
/// between them, so `01.02.2026` has one reading; `01/02/2026`, `01-02-2026` and years of two digits may have several.
const FORMATS: [&str; 22] = [
    "YYYY-MM-DD",
    "DD.MM.YYYY",
    "DD/MM/YYYY",
    "MM/DD/YYYY",
    "DD-MM-YYYY",
    "MM-DD-YYYY",
    "YYYY/MM/DD",
    "YYYY.MM.DD",
    "YYYYMMDD",
    "DDMMYYYY",
    "MMDDYYYY",
    "DD.MM.YY",
    "DD/MM/YY",
    "MM/DD/YY",
    "YY/MM/DD",
    "DD-MM-YY",
    "MM-DD-YY",
    "YY-MM-DD",
    "DDMMYY",
    "YYMMDD",
    "serial",
    // Unlike the first format, it may have one digit for a month or a day, and midnight behind it.
    "YYYY-M-D",
];

/// What the values of a column say about the format of their dates. A format is written with as many letters as its
/// shortest days and months have digits.
pub(super) fn judge_dates(values: &[&str]) -> Verdict<DateFormat> {
    let formats: Vec<DateFormat> = FORMATS.iter().filter_map(|format| format.parse().ok()).collect();
    let verdict = judge(values, &formats, |format, text| format.parse(text).ok());
    let is_padded = !values.iter().any(|value| has_short_part(value));
    let written = |formats: Vec<DateFormat>| {
        formats.into_iter().map(|format| if is_padded { format } else { unpadded(format) }).collect()
    };
    match verdict {
        // Formats that read these values the same may read those of the next file to other days.
        Verdict::Proven(formats) if !are_one(&formats) => Verdict::Ambiguous(written(formats)),
        Verdict::Proven(formats) => Verdict::Proven(written(formats)),
        Verdict::Ambiguous(formats) => Verdict::Ambiguous(written(formats)),
        other => other,
    }
}

/// Whether the formats differ in the digits of days and months alone.
fn are_one(formats: &[DateFormat]) -> bool {
    formats.windows(2).all(|pair| matches!(pair, [one, other] if unpadded(*one) == unpadded(*other)))
}

/// Whether a day or a month has one digit.
fn has_short_part(date: &str) -> bool {
    let date = date.split([' ', 'T']).next().unwrap_or_default();
    date.split(['.', '/', '-']).any(|part| part.len() == 1)
}

/// The format with one letter for days and months.
fn unpadded(format: DateFormat) -> DateFormat {
    let shorter = format.to_string().replace("DD", "D").replace("MM", "M");
    shorter.parse().unwrap_or(format)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(values: &[&str]) -> Result<String, Vec<String>> {
        let names = |formats: Vec<DateFormat>| formats.iter().map(ToString::to_string).collect::<Vec<_>>();
        match judge_dates(values) {
            Verdict::Proven(formats) => Ok(names(formats).swap_remove(0)),
            Verdict::Ambiguous(formats) | Verdict::Unreadable { choices: formats, .. } => Err(names(formats)),
            Verdict::Nothing => Err(vec![]),
        }
    }

    #[test]
    fn format_is_proven_by_the_days_of_all_values() {
        for (values, format) in [
            (&["31.12.2026", "01.02.2026"][..], "DD.MM.YYYY"),
            (&["01.02.2026"], "DD.MM.YYYY"),
            (&["1.2.2026", "31.12.2026"], "D.M.YYYY"),
            (&["01/02/2026", "31/12/2026"], "DD/MM/YYYY"),
            (&["1/2/2026", "12/31/2026"], "M/D/YYYY"),
            (&["2026-01-02"], "YYYY-MM-DD"),
            (&["2026-01-02 00:00:00"], "YYYY-M-D"),
            (&["2026-1-2"], "YYYY-M-D"),
            (&["20260102", "20261231"], "YYYYMMDD"),
            (&["31122026"], "DDMMYYYY"),
            (&["46387", "46022"], "serial"),
            (&["12/31/26", "01/02/26"], "MM/DD/YY"),
            (&["05.06.26"], "DD.MM.YY"),
            (&["31.12.2026 00:00:00"], "DD.MM.YYYY"),
        ] {
            assert_eq!(judged(values), Ok(format.to_owned()), "{values:?}");
        }
    }

    #[test]
    fn dates_with_several_readings_are_ambiguous() {
        for (values, formats) in [
            (&["01/02/2026", "12/11/2026"][..], &["DD/MM/YYYY", "MM/DD/YYYY"][..]),
            (&["01-02-2026"], &["DD-MM-YYYY", "MM-DD-YYYY"]),
            (&["1/2/2026"], &["D/M/YYYY", "M/D/YYYY"]),
            (&["01022026"], &["DDMMYYYY", "MMDDYYYY"]),
            (&["02/02/2026"], &["DD/MM/YYYY", "MM/DD/YYYY"]),
            (&["31/12/26"], &["DD/MM/YY", "YY/MM/DD"]),
            (&["261231"], &["DDMMYY", "YYMMDD"]),
        ] {
            assert_eq!(judged(values), Err(formats.iter().map(|&f| f.to_owned()).collect()), "{values:?}");
        }
    }

    #[test]
    fn one_value_in_another_format_keeps_the_format_unproven() {
        assert_eq!(judged(&["31.12.2026", "sofort", "1.1.2027"]), Err(vec!["DD.MM.YYYY".to_owned()]));
        assert_eq!(
            judged(&["31/12/2026", "12/31/2026"]),
            Err(["DD/MM/YYYY", "MM/DD/YYYY"].map(str::to_owned).into())
        );
        assert_eq!(judged(&["31 Dec 2026"]), Err(vec![]));
        assert_eq!(judge_dates(&[]), Verdict::Nothing);
    }
}
