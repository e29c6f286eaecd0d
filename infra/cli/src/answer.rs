//! What a command prints: tables for people, and the API's own JSON for programs.

use std::io::{self, Write as _};

use clap::ValueEnum;
use comfy_table::Table;
use comfy_table::presets::NOTHING;

/// The form of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Columns, for people.
    #[default]
    Table,
    /// JSON, for programs.
    Json,
}

/// How a command has ended, which its exit status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has done all of its work.
    Done,
    /// Some rows of the import were refused, or statements have findings.
    SomeRefused,
    /// The job has failed or was cancelled, or a file can't be read.
    Failed,
    /// The import waits for a confirmation.
    Awaiting,
}

/// Prints a line, or lines, on stdout.
///
/// # Errors
/// When stdout is closed.
pub(crate) fn print(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{}", text.trim_end_matches('\n'))
}

/// Tells people something that is not a result, on stderr: programs read stdout alone.
pub(crate) fn note(text: &str) {
    let _stderr_closed = writeln!(io::stderr(), "{text}");
}

/// Columns below their names. A cell without a value is a dash.
pub(crate) fn columns(names: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(names.iter().copied());
    for row in rows {
        table.add_row(row.into_iter().map(|cell| if cell.is_empty() { "-".to_owned() } else { cell }));
    }
    trimmed(&mut table)
}

/// A line for each member that has a value, after its name.
pub(crate) fn members(members: impl IntoIterator<Item = (String, String)>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    for (name, value) in members.into_iter().filter(|(_, value)| !value.is_empty()) {
        table.add_row([name.to_uppercase().replace('_', " "), value]);
    }
    trimmed(&mut table)
}

/// The lines without blanks at their ends, and without the one at their beginnings.
fn trimmed(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_width_on_screen() {
        let rows = [["Núñez", "1"], ["林", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(columns(&["NAME", "ROWS"], rows), "NAME   ROWS\nNúñez  1\n林     -");
    }

    #[test]
    fn members_without_a_value_are_left_out() {
        let all = [("job_id", "imp_1"), ("reason", ""), ("rows", "3")];
        let all = all.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(members(all), "JOB ID  imp_1\nROWS    3");
    }
}
