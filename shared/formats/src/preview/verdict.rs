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
    let fitting: Vec<T> =
        ways.iter().copied().filter(|way| values.iter().all(|value| read(*way, value).is_some())).collect();
    let is_same = |one: T, other: T| values.iter().all(|value| read(one, value) == read(other, value));
    if let Some(first) = fitting.first() {
        return match fitting.iter().all(|other| is_same(*first, *other)) {
            true => Verdict::Proven(fitting),
            false => Verdict::Ambiguous(different(&fitting, is_same)),
        };
    }
    let count = |way: T| values.iter().filter(|value| read(way, value).is_some()).count();
    let counted: Vec<(usize, T)> = ways.iter().map(|way| (count(*way), *way)).collect();
    let most = counted.iter().map(|(count, _)| *count).max().unwrap_or_default();
    let best: Vec<T> =
        counted.iter().filter(|(count, _)| *count == most && most > 0).map(|(_, way)| *way).collect();
    let choices = different(&best, is_same);
    let is_unread = |value: &&str| choices.first().is_none_or(|way| read(*way, value).is_none());
    Verdict::Unreadable { at: values.iter().position(is_unread).unwrap_or_default(), choices }
}

/// One of each group of ways that read the same.
fn different<T: Copy>(ways: &[T], is_same: impl Fn(T, T) -> bool) -> Vec<T> {
    let mut choices: Vec<T> = Vec::new();
    for way in ways {
        if !choices.iter().any(|choice| is_same(*choice, *way)) {
            choices.push(*way);
        }
    }
    choices
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
