//! Reads MT940 and MT942 (SWIFT, Category 9), as banks write them: with or without the blocks of SWIFT's envelope, several
//! messages in a file, tags in the order of the standard or nearly so.

mod fields;
mod line;
mod message;
mod narrative;
#[cfg(test)]
mod tests;

use std::io::BufRead;

use super::super::ReadError;
use super::ItemSink;
use super::lines::Lines;
use super::output::Output;
use fields::{Fields, Next};
use message::Message;

/// The most bytes of a field. The longest one of the standard has six lines of 65 characters; a few banks write more.
const FIELD_BYTES_MAX: usize = 64 * 1024;

pub(super) fn read(text: impl BufRead, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
    let mut fields = Fields::new(Lines::new(text));
    let mut message = None;
    let mut is_interim = false;
    while let Some(next) = fields.next()? {
        let field = match next {
            // The envelope names the message.
            Next::Envelope { is_interim: interim } => {
                end(message.take(), output)?;
                is_interim = interim;
                continue;
            }
            Next::Field(field) => field,
        };
        let begins = message.as_ref().is_none_or(|open: &Message| open.is_ended_by(&field.tag));
        if begins {
            end(message.take(), output)?;
        }
        let open = message.get_or_insert_with(|| Message::new(field.line, is_interim));
        open.take(&field, output)?;
    }
    end(message, output)
}

fn end(message: Option<Message>, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
    message.map_or(Ok(()), |message| message.end(output))
}
