//! Reads camt.052, camt.053 and camt.054 (ISO 20022), all versions from 001.01 on: where they differ in the place of an
//! element, all places are read. Names count without namespaces and prefixes, and messages may be in an envelope.

mod context;
mod entry;
mod node;
mod payment;
mod place;
mod statement;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::io::BufRead;

use saldo_domain::statement::{Message, Page, Place};

use super::super::ReadError;
use super::super::xml::{Event, Xml};
use super::output::Output;
use super::{ItemSink, invalid};
use node::{Node, Tree};
use place::Counted;
use statement::Head;

/// The bytes of an element that is held in memory, with all that it contains: of one payment, or of the head of a statement.
const ELEMENT_BYTES_MAX: usize = 1_000_000;
/// The parts of a batch that are read: 15 MB in memory.
const PARTS_MAX: usize = 20_000;
pub(super) fn read(text: impl BufRead, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
    let (line, since_event) = (Cell::new(1), Cell::new(0));
    let source =
        Counted { source: text, line: &line, since_event: &since_event, bytes_max: ELEMENT_BYTES_MAX };
    let mut tree = Tree { xml: Xml::new(source, &since_event, invalid), line: &line };
    let read = document(&mut tree, output);
    read.map_err(|error| error.at_line_if_unknown(line.get()))
}

fn document<R: BufRead>(
    tree: &mut Tree<'_, R>,
    output: &mut Output<'_, impl ItemSink>,
) -> Result<(), ReadError> {
    loop {
        let (place, name) = (
            Place { line: tree.line.get(), entry: None },
            match tree.xml.next()? {
                Event::Start(element) => element.name().to_owned(),
                Event::End(_) | Event::Text(_) => continue,
                Event::Eof => return Ok(()),
            },
        );
        let message = match name.as_str() {
            "Rpt" => Message::Camt052,
            "Stmt" => Message::Camt053,
            "Ntfctn" => Message::Camt054,
            _ => continue,
        };
        statement(tree, Head::new(message, place), output)?;
    }
}

/// A page of a statement. The header of a message has pages, too: these are pages of the message, each with statements of its
/// own.
fn page_of(node: &Node) -> Option<Page> {
    let number = node.text("PgNb")?.parse().ok()?;
    let is_last = node.text("LastPgInd").map(|last| matches!(last, "true" | "1"));
    Some(Page { number, is_last })
}

/// Reads a statement up to its end.
fn statement<R: BufRead>(
    tree: &mut Tree<'_, R>,
    mut head: Head,
    output: &mut Output<'_, impl ItemSink>,
) -> Result<(), ReadError> {
    loop {
        let name = match tree.xml.next()? {
            Event::Start(element) => element.name().to_owned(),
            Event::Text(_) => continue,
            Event::End(_) | Event::Eof => break,
        };
        if name == "Ntry" {
            head.begin(output)?;
            let place = output.next_entry(tree.line.get());
            let (entry, findings) = entry::read(tree, place, head.statement(), &mut output.texts)?;
            for finding in findings {
                output.finding(finding)?;
            }
            output.entry(place, entry)?;
        } else {
            let line = tree.line.get();
            let node = tree.node()?;
            head.take(&name, &node, line, output)?;
        }
    }
    head.end(output)
}
