//! A payment, `TxDtls`: the parties, the references and the text.

use saldo_domain::money::Money;
use saldo_domain::statement::{BankCode, Details, Label, Part, Party, PaymentReferences, Returned, Texts};

use super::context::Context;
use super::node::Node;
use super::statement::{bank_of, money};

/// ISO 20022's subfamilies of returned and reversed payments.
const RETURNS: [&str; 9] = ["RRTN", "UPDD", "PRDD", "UPCT", "RPCR", "RPDD", "ARET", "RCDD", "UPCQ"];

/// Reads a payment.
pub(super) fn part(node: &Node, context: &Context<'_>, texts: &mut Texts) -> Part {
    let amount = node.at("Amt").or_else(|| node.at("AmtDtls/TxAmt/Amt"));
    let amount = amount.and_then(|amount| money(amount).ok()).zip(context.sign_of(node));
    let return_of = returned(node, context, texts);
    let is_turned = return_of.is_some() || matches!(context.entry.text("RvslInd"), Some("true" | "1"));
    let is_received = context.sign_of(node).is_none_or(|sign| sign.is_sign_positive()) != is_turned;
    let (counterparty, ultimate_counterparty) = counterparty(node, is_received, context.own_account, texts);
    let details = Details {
        counterparty,
        ultimate_counterparty,
        references: references(node, texts),
        remittance: remittance(node, texts),
        bank_code: bank_code(node, texts),
        instructed_amount: instructed(node),
        charges: charges(node),
        return_of,
    };
    Part {
        bank_id: node.text("Refs/AcctSvcrRef").and_then(|id| texts.reference("bank_id", id)),
        money: amount.map(|(money, sign)| Money { amount: money.amount * sign, currency: money.currency }),
        details,
    }
}

/// ISO 20022's code of a kind of booking, and the bank's own, which in Germany is SWIFT's type and the number of the kind.
pub(super) fn bank_code(node: &Node, texts: &mut Texts) -> BankCode {
    let Some(code) = node.at("BkTxCd") else { return BankCode::default() };
    let iso = ["Domn/Cd", "Domn/Fmly/Cd", "Domn/Fmly/SubFmlyCd"].map(|path| code.text(path));
    let iso = iso.into_iter().flatten().collect::<Vec<_>>().join("-");
    let own = code.text("Prtry/Cd").unwrap_or_default();
    let mut members = own.split('+');
    let swift = members.next().filter(|kind| kind.len() == 4 && kind.starts_with('N'));
    let own = if swift.is_some() { members.next().unwrap_or_default() } else { own };
    BankCode {
        iso: texts.label("bank_code", &iso),
        swift: swift.and_then(|kind| texts.label("type", kind)),
        own: texts.label("bank_code", own),
    }
}

/// The amount that was ordered.
pub(super) fn instructed(node: &Node) -> Option<Money> {
    money(node.at("AmtDtls/InstdAmt/Amt")?).ok()
}

/// The charges: in version 2 elements with an amount each, later records in one element, or only their sum.
pub(super) fn charges(node: &Node) -> Vec<Money> {
    let records = [node.all("Chrgs/Rcrd"), node.all("Chrgs")].concat();
    let amounts = records.into_iter().filter_map(|record| {
        let money = money(record.at("Amt")?).ok()?;
        let is_refund = record.text("CdtDbtInd") == Some("CRDT");
        Some(Money { amount: if is_refund { -money.amount } else { money.amount }, ..money })
    });
    let amounts: Vec<_> = amounts.collect();
    if !amounts.is_empty() {
        return amounts;
    }
    node.at("Chrgs/TtlChrgsAndTaxAmt").and_then(|sum| money(sum).ok()).into_iter().collect()
}

fn returned(node: &Node, context: &Context<'_>, texts: &mut Texts) -> Option<Returned> {
    let family =
        |node: &Node| node.text("BkTxCd/Domn/Fmly/SubFmlyCd").is_some_and(|code| RETURNS.contains(&code));
    let information = node.at("RtrInf").or_else(|| node.at("RtrRsnInf"));
    if information.is_none() && !family(node) && !family(context.entry) {
        return None;
    }
    let reason =
        information.and_then(|information| information.text_of(&["Rsn/Cd", "Rsn/Prtry", "RtrRsn/Cd"]));
    let reason = reason.and_then(|reason| texts.reference("reason", reason));
    Some(Returned { reason, original_amount: instructed(node) })
}

fn references(node: &Node, texts: &mut Texts) -> PaymentReferences {
    let mut reference = |name: &'static str, paths: &[&str]| {
        paths.iter().find_map(|path| texts.reference(name, node.text(path)?))
    };
    let creditor_scheme = ["RltdPties/Cdtr/Id/PrvtId/Othr/Id", "RltdPties/Cdtr/Pty/Id/PrvtId/Othr/Id"];
    let end_to_end_id = reference("end_to_end_id", &["Refs/EndToEndId"]);
    let mandate_id = reference("mandate_id", &["Refs/MndtId"]);
    let creditor_id = reference("creditor_id", &creditor_scheme);
    let payment_id = reference("payment_id", &["Refs/PmtInfId", "Refs/InstrId"]);
    let cheque_number = reference("cheque_number", &["Refs/ChqNb"]);
    // Several bills can be paid at once: the further references are documents.
    let all = |path: &str, texts: &mut Texts| -> Vec<Label> {
        node.all(path).into_iter().filter_map(|node| texts.reference("document", node.own_text())).collect()
    };
    let creditor_references =
        [all("RmtInf/Strd/CdtrRefInf/Ref", texts), all("RmtInf/Strd/CdtrRefInf/CdtrRef", texts)].concat();
    let mut creditor_references = creditor_references.into_iter();
    let creditor_reference = creditor_references.next();
    let numbers =
        [all("RmtInf/Strd/RfrdDocInf/Nb", texts), all("RmtInf/Strd/RfrdDocInf/RfrdDocNb", texts)].concat();
    let documents = creditor_references.chain(numbers).collect();
    PaymentReferences {
        end_to_end_id,
        mandate_id,
        creditor_id,
        creditor_reference,
        payment_id,
        cheque_number,
        documents,
    }
}

/// The text of the payment. Without one, what the bank adds.
fn remittance(node: &Node, texts: &mut Texts) -> Option<saldo_domain::statement::Remittance> {
    let lines = |path: &'static str| node.all(path).into_iter().map(Node::own_text).collect::<Vec<_>>();
    let text = texts.remittance([lines("RmtInf/Ustrd"), lines("RmtInf/Strd/AddtlRmtInf")].concat());
    text.or_else(|| texts.remittance(lines("AddtlTxInf")))
}

/// The other side of a payment, and for whom it acts. What is received comes from the debtor, unless it returns a payment: the
/// parties are those of the original one. A bank that names only one party names the other side.
fn counterparty(
    node: &Node,
    is_received: bool,
    own_account: Option<&str>,
    texts: &mut Texts,
) -> (Party, Option<Label>) {
    let Some(parties) = node.at("RltdPties") else { return (Party::default(), None) };
    let agents = node.at("RltdAgts");
    let roles = if is_received { ["Dbtr", "Cdtr"] } else { ["Cdtr", "Dbtr"] };
    let is_own = |role: &str| own_account.is_some() && account_of(parties, role) == own_account;
    let is_named = |role: &str| parties.at(role).is_some() || account_of(parties, role).is_some();
    let role = match roles {
        [wanted, other]
            if (!is_named(wanted) || is_own(wanted))
                && account_of(parties, other).is_some()
                && !is_own(other) =>
        {
            other
        }
        [wanted, _] => wanted,
    };
    let member = |role: &str, path: &str| parties.at(role).and_then(|party| party.text(path));
    let name = ["Nm", "Pty/Nm", "Agt/FinInstnId/Nm"].iter().find_map(|path| member(role, path));
    let ids = ["Id/OrgId", "Pty/Id/OrgId", "Id/PrvtId", "Pty/Id/PrvtId"];
    let tax = ids.iter().find_map(|path| tax_id(parties.at(role)?.at(path)?));
    let (iban, account) = (parties.text(&format!("{role}Acct/Id/IBAN")), account_of(parties, role));
    let party = Party {
        name: name.and_then(|name| texts.label("name", name)),
        iban: iban.and_then(|iban| texts.label("iban", &iban.replace(' ', ""))),
        account_number: account
            .filter(|_| iban.is_none())
            .and_then(|number| texts.reference("account", number)),
        bank: agents.and_then(|agents| texts.label("bank", bank_of(agents, &format!("{role}Agt"))?)),
        tax_id: tax.and_then(|id| texts.label("tax_id", id)),
    };
    let ultimate = ["Nm", "Pty/Nm"].iter().find_map(|path| member(&format!("Ultmt{role}"), path));
    (party, ultimate.and_then(|name| texts.label("ultimate_counterparty", name)))
}

/// The account of a party.
fn account_of<'a>(parties: &'a Node, role: &str) -> Option<&'a str> {
    let account = parties.children.iter().find(|child| child.name.strip_suffix("Acct") == Some(role))?;
    account.text_of(&["Id/IBAN", "Id/Othr/Id", "Id/BBAN", "Id/PrtryAcct/Id"])
}

/// The tax id among a party's ids.
fn tax_id(ids: &Node) -> Option<&str> {
    let others = ids.all("Othr");
    let is_tax = |other: &&&Node| {
        matches!(
            other.text_of(&["SchmeNm/Cd", "SchmeNm/Prtry"]),
            Some("TXID" | "CUIT" | "CUIL" | "NIF" | "CNPJ" | "CPF")
        )
    };
    let id =
        others.iter().find(is_tax).and_then(|other| other.children.iter().find(|child| child.name == "Id"));
    id.map(Node::own_text).filter(|id| !id.is_empty())
}
