//! Merged cells. Only the first cell of an area has its value; if the area spans several rows of the table, the others would
//! lose theirs without a word.

/// An area of merged cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Merged {
    rows: (u64, u64),
    columns: (usize, usize),
    /// The area as the file writes it: `A2:A5`.
    pub(super) area: String,
}

impl Merged {
    /// The area that a file writes so.
    pub(super) fn of(area: &str) -> Option<Self> {
        let (first, last) = area.split_once(':')?;
        let row = |cell: &str| cell.trim_start_matches(|c: char| c.is_ascii_alphabetic()).parse::<u64>().ok();
        let rows = (row(first)?, row(last)?);
        Some(Self {
            rows,
            columns: (column_of(first)?, column_of(last)?),
            area: area.chars().take(20).collect(),
        })
    }

    /// Whether it spans several rows.
    pub(super) fn has_several_rows(&self) -> bool {
        self.rows.0 < self.rows.1
    }

    /// Whether it hides values of a table: it begins in one of these rows, and has one of these columns.
    pub(super) fn hides(&self, header: u64, last_row: u64, is_read: impl Fn(usize) -> bool) -> bool {
        let (first, last) = self.columns;
        self.rows.0 > header && self.rows.0 <= last_row && (first..=last.max(first)).take(1_000).any(is_read)
    }
}

/// The column of a cell such as `AB12`, counting from 0.
pub(super) fn column_of(cell: &str) -> Option<usize> {
    const LETTERS: usize = 26;
    let letters = cell.bytes().map(|byte| byte.to_ascii_uppercase()).take_while(u8::is_ascii_uppercase);
    let number = letters.take(4).fold(0, |number, letter| number * LETTERS + usize::from(letter - b'A') + 1);
    number.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_over_several_rows_of_the_table_hide_values() {
        let area = |text: &str| Merged::of(text).expect("an area");
        for (text, hides) in
            [("B3:B5", true), ("A3:C4", true), ("C3:D9", false), ("B1:B2", false), ("B90:B99", false)]
        {
            assert_eq!(area(text).hides(2, 10, |column| column == 1), hides, "{text}");
        }
        assert!(!area("A3:F3").has_several_rows() && area("A3:F4").has_several_rows());
        assert_eq!((Merged::of("A3"), Merged::of("3:4"), Merged::of("A:B")), (None, None, None));
    }
}
