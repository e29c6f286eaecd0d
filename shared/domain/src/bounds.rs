//! From here to there, both included.

use serde::{Deserialize, Serialize};

/// A range of values, its ends included. Without an end it is open there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds<T> {
    /// The least value.
    pub from: Option<T>,
    /// The greatest value.
    pub to: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { from: None, to: None }
    }
}

impl<T: PartialOrd> Bounds<T> {
    /// Whether the ends are the wrong way round, so that nothing lies between.
    #[must_use]
    pub fn are_crossed(&self) -> bool {
        matches!((&self.from, &self.to), (Some(from), Some(to)) if from > to)
    }

    /// Whether the value is in the range. No value is only in a range without ends.
    #[must_use]
    pub fn contain(&self, value: Option<&T>) -> bool {
        match value {
            Some(value) => {
                self.from.as_ref().is_none_or(|from| from <= value)
                    && self.to.as_ref().is_none_or(|to| value <= to)
            }
            None => self.from.is_none() && self.to.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_contain_their_ends() {
        let bounds = |from, to| Bounds { from, to };
        for (range, value, contained) in [
            (bounds(Some(1), Some(3)), Some(1), true),
            (bounds(Some(1), Some(3)), Some(3), true),
            (bounds(Some(1), Some(3)), Some(4), false),
            (bounds(Some(1), None), Some(0), false),
            (bounds(None, Some(3)), Some(-9), true),
            (bounds(None, Some(3)), None, false),
            (bounds(None, None), None, true),
        ] {
            assert_eq!(range.contain(value.as_ref()), contained, "{value:?} in {range:?}");
        }
    }
}
