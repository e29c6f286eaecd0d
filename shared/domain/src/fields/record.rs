//! The cells of a record as the values of fields.

use super::Value;
use crate::text::{is_blank, trimmed};

/// A record whose cells are the values of fields. A value is made when it is asked for: a row has a dozen, and each is read
/// about once.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    /// The cells, with a byte between each two.
    text: &'a str,
    /// The positions in `text` at which the cells end.
    ends: &'a [usize],
    /// The cell of each field, by the position of the field.
    cells: [u16; Record::FIELDS_MAX],
    /// The fields that have a cell that was not taken, as bits at their positions.
    left: u64,
    /// The fields of which blanks around the value are removed. Those around other values are left to their readers.
    trimmed: u64,
}

impl<'a> Record<'a> {
    /// There are at most so many fields: one for each bit.
    pub(crate) const FIELDS_MAX: usize = u64::BITS as usize;

    /// The record of cells in `text` that end at these positions, without fields so far.
    pub(crate) fn new(text: &'a str, ends: &'a [usize], trimmed: u64) -> Self {
        Self { text, ends, cells: [0; Self::FIELDS_MAX], left: 0, trimmed }
    }

    /// Makes a cell the value of the field with the index `at`, which is below [`Record::FIELDS_MAX`].
    #[inline]
    pub(crate) fn add(&mut self, at: usize, cell: u16) {
        self.cells[at] = cell;
        self.left |= 1 << at;
    }

    /// Whether the field with the index `at` has a cell that was not taken.
    #[inline]
    pub(super) fn has(&self, at: usize) -> bool {
        at < Self::FIELDS_MAX && self.left >> at & 1 == 1
    }

    /// The value of the field with the index `at`, if it was not taken. A blank cell is null.
    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<Value<'a>> {
        if !self.has(at) {
            return None;
        }
        let cell = cell(self.text, self.ends, usize::from(*self.cells.get(at)?)).unwrap_or_default();
        Some(match self.trimmed >> at & 1 == 1 {
            _ if is_blank(cell) => Value::Null,
            true => Value::Text(trimmed(cell).into()),
            false => Value::Text(cell.into()),
        })
    }

    /// As [`Record::get`], once.
    #[inline]
    pub(super) fn take(&mut self, at: usize) -> Option<Value<'a>> {
        let value = self.get(at)?;
        self.left &= !(1 << at);
        Some(value)
    }
}

/// The cell at a position, of those in `text` that end at these positions, with a byte between each two.
#[inline]
pub(crate) fn cell<'a>(text: &'a str, ends: &[usize], at: usize) -> Option<&'a str> {
    let end = *ends.get(at)?;
    let before = at.checked_sub(1).and_then(|before| ends.get(before));
    text.get(before.map_or(0, |end| end + 1)..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_values_until_they_are_taken() {
        let mut record = Record::new("a , b,,\u{a0}", &[2, 5, 6, 9], 0b10);
        for (at, cell) in [(0, 0), (1, 1), (5, 2), (63, 3)] {
            record.add(at, cell);
        }
        let text = |text: &'static str| Some(Value::Text(text.into()));
        for (at, value) in
            [(0, text("a ")), (1, text("b")), (5, Some(Value::Null)), (63, Some(Value::Null)), (2, None)]
        {
            assert_eq!((record.has(at), record.get(at)), (value.is_some(), value.clone()), "{at}");
            assert_eq!((record.take(at), record.take(at), record.has(at)), (value, None, false), "{at}");
        }
        assert_eq!((record.get(Record::FIELDS_MAX), record.take(256)), (None, None));
    }

    #[test]
    fn last_cell_of_a_field_counts() {
        let mut record = Record::new("a,b", &[1, 3], 0);
        record.add(0, 0);
        record.add(0, 1);
        assert_eq!(record.take(0), Some(Value::Text("b".into())));
    }
}
