//! An entry, `Ntry`. The payments of a batch are read one after the other, so that memory holds only their results.

use std::io::BufRead;

use saldo_domain::money::Money;
use saldo_domain::statement::{
    BankCode, Details, Entry, EntryStatus, Message, Part, Place, Statement, StatementFinding,
    StatementFindingCode as Code, Texts,
};

use super::super::super::ReadError;
use super::super::super::xml::Event;
use super::super::amount::shown;
use super::super::invalid;
use super::context::Context;
use super::node::{Node, Tree};
use super::payment;
use super::statement::{day, signed};
use super::{ELEMENT_BYTES_MAX, PARTS_MAX};

/// Reads the rest of an entry after its start tag. Returns the entry, or the reason why it can't be read, and the findings about it.
pub(super) fn read<R: BufRead>(
    tree: &mut Tree<'_, R>,
    place: Place,
    statement: &Statement,
    texts: &mut Texts,
) -> Result<(Result<Entry, String>, Vec<StatementFinding>), ReadError> {
    let own_account =
        statement.account.identifier.as_ref().map(saldo_domain::account::AccountIdentifier::as_str);
    let (mut node, mut parts, mut omitted) = (Node::default(), Vec::new(), 0_u64);
    let mut bytes = 0;
    let mut is_in_details = false;
    loop {
        let child = match tree.xml.next()? {
            Event::Start(element) if element.is("NtryDtls") && !is_in_details => {
                is_in_details = true;
                continue;
            }
            Event::Start(element) => Node::of(&element)?,
            Event::Text(_) => continue,
            Event::End(_) if is_in_details => {
                is_in_details = false;
                continue;
            }
            Event::End(_) | Event::Eof => break,
        };
        let child = tree.filled(child)?;
        match child.name.as_str() {
            "TxDtls" if parts.len() < PARTS_MAX => {
                parts.push(payment::part(&child, &Context { entry: &node, own_account }, texts));
            }
            "TxDtls" => omitted += 1,
            _ => {
                bytes += child.bytes();
                if bytes > ELEMENT_BYTES_MAX {
                    return Err(invalid(format!("an entry has more than {ELEMENT_BYTES_MAX} bytes")).into());
                }
                node.children.push(child);
            }
        }
    }
    let mut findings = Vec::new();
    if omitted > 0 {
        let reason = format!("the batch has more than {PARTS_MAX} payments; {omitted} were not read");
        findings.push(StatementFinding::at(place, Code::TooManyParts, reason));
    }
    let context = Context { entry: &node, own_account };
    Ok((entry(place, parts, &context, statement.message, texts), findings))
}

fn entry(
    place: Place,
    mut parts: Vec<Part>,
    context: &Context<'_>,
    message: Message,
    texts: &mut Texts,
) -> Result<Entry, String> {
    let node = context.entry;
    let money = signed(node)?;
    let counts: Vec<u64> =
        node.all("Btch/NbOfTxs").into_iter().filter_map(|count| count.own_text().parse().ok()).collect();
    let parts_stated =
        (!counts.is_empty()).then(|| counts.iter().fold(0, |all: u64, count| all.saturating_add(*count)));
    // An entry of one payment is that payment.
    let is_single = parts.len() == 1 && parts_stated.is_none_or(|stated| stated == 1);
    let single = if is_single { parts.pop() } else { None };
    let (of_part, mut details) = match single {
        Some(part) => (part.bank_id, part.details),
        None => (None, Details::default()),
    };
    if details.bank_code == BankCode::default() {
        details.bank_code = payment::bank_code(node, texts);
    }
    details.charges.extend(if details.charges.is_empty() { payment::charges(node) } else { Vec::new() });
    let references = &mut details.references;
    references.payment_id = references.payment_id.take().or_else(|| {
        let ids = node.text_of(&["Btch/PmtInfId", "Btch/MsgId"])?;
        texts.reference("payment_id", ids)
    });
    details.instructed_amount = details
        .instructed_amount
        .or_else(|| payment::instructed(node))
        .filter(|instructed| differs(*instructed, money));
    // Where the payment has no text, this is the only one, and may be long.
    let additional = node.text("AddtlNtryInf");
    let booking_text = match &details.remittance {
        None if parts.is_empty() => {
            details.remittance = texts.remittance(additional);
            None
        }
        _ => additional.and_then(|text| texts.label("booking_text", text)),
    };
    Ok(Entry {
        place,
        bank_id: node.text("AcctSvcrRef").and_then(|id| texts.reference("bank_id", id)).or(of_part),
        reference: node.text("NtryRef").and_then(|reference| texts.reference("reference", reference)),
        status: status(node, message)?,
        money,
        is_reversal: matches!(node.text("RvslInd"), Some("true" | "1")),
        booked_on: day(node, &["BookgDt/Dt", "BookgDt/DtTm"]),
        valued_on: day(node, &["ValDt/Dt", "ValDt/DtTm"]),
        purchased_on: None,
        booking_text,
        details,
        parts,
        parts_stated,
    })
}

/// Whether an instructed amount is another one than what was booked.
fn differs(instructed: Money, booked: Money) -> bool {
    instructed.currency != booked.currency || instructed.amount.abs() != booked.amount.abs()
}

/// The status: a text up to version 7, a code within it from version 8 on. It is mandatory; without it, a statement has what is
/// booked.
fn status(node: &Node, message: Message) -> Result<EntryStatus, String> {
    match node.text_of(&["Sts", "Sts/Cd", "Sts/Prtry"]) {
        Some("BOOK") => Ok(EntryStatus::Booked),
        Some("PDNG" | "FUTR") => Ok(EntryStatus::Pending),
        Some("INFO") => Ok(EntryStatus::Information),
        Some(other) => Err(format!("the status {} is unknown", shown(other))),
        None if message == Message::Camt053 => Ok(EntryStatus::Booked),
        None => Err("there is no status".to_owned()),
    }
}
