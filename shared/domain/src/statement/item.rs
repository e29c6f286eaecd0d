//! What a reader of statements returns, one after the other.

use serde::Serialize;

use super::{Entry, Statement, StatementFinding};

/// A piece of a statement file, in the order of the file: for each statement its beginning, then its entries, then its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A statement begins. It has what the file says before the first entry.
    Begin(Box<Statement>),
    /// An entry of the statement.
    Entry(Box<Entry>),
    /// Something that can't be read, or that the user should know. It concerns the statement that has begun, if one has.
    Finding(StatementFinding),
    /// The statement ends. It has all that the file says of it.
    End(Box<Statement>),
}
