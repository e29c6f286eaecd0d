//! What a column proves about how it is written.
//!
//! A way of writing is proven if it reads all values and every other way that reads them all reads the same. Otherwise the
//! caller chooses: nothing is guessed that changes an amount or a date.

/// What the values of a column say about how they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<T> {
    /// There are no values.
    Nothing,
    /// These ways read all values, and read the same. There is at least one.
    Proven(Vec<T>),
    /// These ways read all values, each to something else.
    Ambiguous(Vec<T>),
    /// No way reads all values.
    Unreadable {
        /// The ways that read most of them; perhaps none.
        choices: Vec<T>,
        /// The position of the first value that they don't read.
        at: usize,
    },
}

/// Judges values by the ways in which they may be written, the most common ones first.
pub(super) fn judge<T: Copy, R: PartialEq>(
    values: &[&str],
    ways: &[T],
    read: impl Fn(T, &str) -> Option<R>,
) -> Verdict<T> {
    if values.is_empty() {
        return Verdict::Nothing;
    }
    // Most ways fail at one of the first values.
    let read_all = |way: T| values.iter().map(|value| read(way, value)).collect::<Option<Vec<R>>>();
    let fitting: Vec<(T, Vec<R>)> = ways.iter().filter_map(|way| Some((*way, read_all(*way)?))).collect();
    if let Some((_, first)) = fitting.first() {
        return match fitting.iter().all(|(_, readings)| readings == first) {
            true => Verdict::Proven(fitting.into_iter().map(|(way, _)| way).collect()),
            false => Verdict::Ambiguous(different(fitting)),
        };
    }
    let read_some = |way: &T| (*way, values.iter().map(|value| read(*way, value)).collect::<Vec<_>>());
    let count = |readings: &[Option<R>]| readings.iter().flatten().count();
    let partial: Vec<(T, Vec<Option<R>>)> = ways.iter().map(read_some).collect();
    let most = partial.iter().map(|(_, readings)| count(readings)).max().unwrap_or_default();
    let best: Vec<_> =
        partial.into_iter().filter(|(_, readings)| most > 0 && count(readings) == most).collect();
    let at = best.first().and_then(|(_, readings)| readings.iter().position(Option::is_none));
    Verdict::Unreadable { choices: different(best), at: at.unwrap_or_default() }
}

/// One of each group of ways that read the same.
fn different<T, R: PartialEq>(ways: Vec<(T, R)>) -> Vec<T> {
    let mut choices: Vec<(T, R)> = Vec::new();
    for (way, readings) in ways {
        if !choices.iter().any(|(_, chosen)| *chosen == readings) {
            choices.push((way, readings));
        }
    }
    choices.into_iter().map(|(way, _)| way).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn radix(values: &[&str]) -> Verdict<u32> {
        judge(values, &[10, 16, 8], |radix, text| u32::from_str_radix(text, radix).ok())
    }

    #[test]
    fn only_agreement_of_all_values_is_a_proof() {
        assert_eq!(radix(&[]), Verdict::Nothing);
        assert_eq!(radix(&["7", "1"]), Verdict::Proven(vec![10, 16, 8]));
        assert_eq!(radix(&["7", "a"]), Verdict::Proven(vec![16]));
        assert_eq!(radix(&["7", "19"]), Verdict::Ambiguous(vec![10, 16]));
        assert_eq!(radix(&["7", "11"]), Verdict::Ambiguous(vec![10, 16, 8]));
        assert_eq!(radix(&["19", "a", "x"]), Verdict::Unreadable { choices: vec![16], at: 2 });
        assert_eq!(radix(&["x"]), Verdict::Unreadable { choices: vec![], at: 0 });
    }
}
