//! The cells of a record of a table.

use serde::{Deserialize, Serialize};

use crate::text::{is_blank, is_plain};

/// What a cell of a workbook is, if it is not a text. Its text is what a CSV file would have in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellMark {
    /// A number.
    Number,
    /// A number of more digits than spreadsheets keep.
    LongNumber,
    /// A date.
    Date,
    /// An error, such as `#N/A`.
    Error,
    /// A formula whose result the file lacks.
    NoResult,
}

/// The byte between two cells that were not divided by another one.
const SEPARATOR: char = ',';

/// The cells of a record in one text, with a byte between each two: a record takes two allocations, however many cells it
/// has, and the line of a CSV record without quotation marks is that text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Cells {
    text: String,
    /// The positions in `text` at which the cells end, ascending.
    ends: Vec<usize>,
    /// The cells that are not texts, by their positions, ascending.
    marks: Vec<(usize, CellMark)>,
}

impl PartialEq for Cells {
    fn eq(&self, other: &Self) -> bool {
        self.marks == other.marks && self.iter().eq(other.iter())
    }
}

impl Eq for Cells {}

impl Cells {
    /// The cells of a line, divided by the bytes at these positions, ascending.
    #[must_use]
    pub fn of_line(line: &str, delimiters: &[usize]) -> Self {
        let mut ends = Vec::with_capacity(delimiters.len() + 1);
        ends.extend_from_slice(delimiters);
        ends.push(line.len());
        Self { text: line.to_owned(), ends, marks: Vec::new() }
    }

    /// Adds a cell behind the others.
    pub fn push(&mut self, cell: &str) {
        if !self.ends.is_empty() {
            self.text.push(SEPARATOR);
        }
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    /// Adds a cell that may be marked behind the others.
    pub fn push_marked(&mut self, cell: &str, mark: Option<CellMark>) {
        self.marks.extend(mark.map(|mark| (self.ends.len(), mark)));
        self.push(cell);
    }

    /// What the cell at a position is, if it is not a text.
    #[must_use]
    pub fn mark(&self, at: usize) -> Option<CellMark> {
        self.marks.iter().find(|(marked, _)| *marked == at).map(|(_, mark)| *mark)
    }

    /// Whether there are cells that are not texts.
    pub(super) fn has_marks(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Whether the texts of all cells [are plain](is_plain).
    pub(super) fn are_plain(&self) -> bool {
        is_plain(&self.text)
    }

    /// Removes the cells after the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.text.truncate(self.ends.last().copied().unwrap_or_default());
        self.marks.retain(|(marked, _)| *marked < len);
    }

    /// Whether all cells from this position on are blank.
    #[must_use]
    pub fn are_blank_from(&self, at: usize) -> bool {
        self.iter().skip(at).all(is_blank)
    }

    /// The number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no cells.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cell at a position, counting from 0.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let before = at.checked_sub(1).and_then(|before| self.ends.get(before));
        self.text.get(before.map_or(0, |end| end + 1)..end)
    }

    /// The cells.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut begin = 0;
        self.ends.iter().map(move |end| {
            let cell = self.text.get(begin..*end).unwrap_or_default();
            begin = end + 1;
            cell
        })
    }

    /// The memory that they take, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.text.len() + size_of_val(self.ends.as_slice()) + size_of_val(self.marks.as_slice())
    }
}

impl<T: AsRef<str>> FromIterator<T> for Cells {
    fn from_iter<I: IntoIterator<Item = T>>(cells: I) -> Self {
        let mut all = Self::default();
        cells.into_iter().for_each(|cell| all.push(cell.as_ref()));
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cells_are_those_that_were_pushed(cells in prop::collection::vec("(?s).{0,5}", 0..6)) {
            let record: Cells = cells.iter().collect();
            prop_assert_eq!(record.iter().collect::<Vec<_>>(), cells.clone());
            prop_assert_eq!((record.len(), record.is_empty()), (cells.len(), cells.is_empty()));
            for (at, cell) in cells.iter().enumerate() {
                prop_assert_eq!(record.get(at), Some(cell.as_str()));
            }
            prop_assert_eq!(record.get(cells.len()), None);
            if let Some((_, delimiters)) = record.ends.split_last() {
                let line = cells.join(";");
                prop_assert_eq!(&Cells::of_line(&line, delimiters), &record);
            }
            let mut shorter = record;
            shorter.truncate(2);
            prop_assert_eq!(shorter, cells.iter().take(2).collect());
        }
    }
}
