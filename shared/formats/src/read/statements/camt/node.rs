//! A small element with all that it contains, held in memory: one payment, one balance, the account.

use std::cell::Cell;
use std::io::BufRead;

use super::super::super::ReadError;
use super::super::super::xml::{Element, Event, Xml};
use super::super::invalid;
use super::ELEMENT_BYTES_MAX;

/// An element without its attributes but the currency.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) name: String,
    /// The text in it, without that in its children.
    text: String,
    /// The attribute `Ccy`.
    currency: Option<String>,
    pub(super) children: Vec<Node>,
}

impl Node {
    /// The element that begins here.
    pub(super) fn of(element: &Element<'_>) -> Result<Self, ReadError> {
        let currency = element.attribute("Ccy")?;
        Ok(Self { name: element.name().to_owned(), currency, ..Self::default() })
    }

    /// The bytes that it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        let own = size_of::<Self>() + self.name.len() + self.text.len();
        self.children.iter().fold(own, |bytes, child| bytes + child.bytes())
    }

    /// All elements at a path, such as `RmtInf/Ustrd`.
    pub(super) fn all(&self, path: &str) -> Vec<&Self> {
        path.split('/').fold(vec![self], |nodes, name| {
            nodes.into_iter().flat_map(|node| &node.children).filter(|child| child.name == name).collect()
        })
    }

    /// The first element at a path.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        self.all(path).into_iter().next()
    }

    /// The text of the first element at a path that has one.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.all(path).into_iter().map(Self::own_text).find(|text| !text.is_empty())
    }

    /// The text of the first of several paths.
    pub(super) fn text_of(&self, paths: &[&str]) -> Option<&str> {
        paths.iter().find_map(|path| self.text(path))
    }

    /// The text, without blanks around it.
    pub(super) fn own_text(&self) -> &str {
        self.text.trim()
    }

    /// The attribute `Ccy`.
    pub(super) fn currency_code(&self) -> Option<&str> {
        self.currency.as_deref().map(str::trim)
    }
}

/// The elements of a document.
pub(super) struct Tree<'a, R: BufRead> {
    pub(super) xml: Xml<'a, R>,
    /// The line up to which was read.
    pub(super) line: &'a Cell<u64>,
}

impl<R: BufRead> Tree<'_, R> {
    /// The content of the element whose start was read last, without its name.
    pub(super) fn node(&mut self) -> Result<Node, ReadError> {
        self.filled(Node::default())
    }

    /// The same with the name and the attribute of that element.
    pub(super) fn filled(&mut self, root: Node) -> Result<Node, ReadError> {
        let mut open = vec![root];
        let mut bytes = 0;
        loop {
            let child = match self.xml.next()? {
                Event::Start(element) => Some(Node::of(&element)?),
                Event::Text(text) => {
                    bytes += text.len();
                    if let Some(node) = open.last_mut() {
                        node.text.push_str(&text);
                    }
                    None
                }
                Event::End(_) => {
                    let Some(node) = open.pop() else { return Ok(Node::default()) };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(node),
                        None => return Ok(node),
                    }
                    None
                }
                Event::Eof => return Err(invalid("the file ends within an element").into()),
            };
            if let Some(child) = child {
                bytes += size_of::<Node>() + child.name.len();
                open.push(child);
            }
            if bytes > ELEMENT_BYTES_MAX {
                return Err(invalid(format!("an element has more than {ELEMENT_BYTES_MAX} bytes")).into());
            }
        }
    }
}
