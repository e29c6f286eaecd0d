//! What a statement says besides its entries: account, number, period, balances, totals.

use saldo_domain::date::{self, Date};
use saldo_domain::money::{Currency, Decimal, Money};
use saldo_domain::statement::{
    Balance, Message, Place, StatedTally, Statement, StatementFinding, StatementFindingCode as Code,
};

use super::super::super::ReadError;
use super::super::ItemSink;
use super::super::amount::{amount, shown};
use super::super::output::Output;
use super::node::Node;
use super::page_of;

/// A statement that is being read.
pub(super) struct Head {
    statement: Statement,
    has_begun: bool,
    /// The balance with which the statement before has closed: the opening one, if none is stated.
    previous: Option<Balance>,
    /// An electronic number precedes a legal one.
    has_electronic_number: bool,
}

impl Head {
    pub(super) fn new(message: Message, place: Place) -> Self {
        let statement = Statement::new(message, place);
        Self { statement, has_begun: false, previous: None, has_electronic_number: false }
    }

    pub(super) fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Passes on the beginning, if that has not been done.
    pub(super) fn begin(&mut self, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        self.complete();
        if std::mem::replace(&mut self.has_begun, true) {
            return Ok(());
        }
        output.begin(&self.statement)
    }

    pub(super) fn end(mut self, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        self.begin(output)?;
        output.end(self.statement)
    }

    fn complete(&mut self) {
        let statement = &mut self.statement;
        statement.opening = statement.opening.or(self.previous);
        let day = |balance: Option<Balance>| balance.and_then(|balance| balance.on);
        statement.period.to = statement.period.to.or(day(statement.closing));
    }

    /// Takes an element of the statement that is no entry.
    pub(super) fn take(
        &mut self,
        name: &str,
        node: &Node,
        line: u64,
        output: &mut Output<'_, impl ItemSink>,
    ) -> Result<(), ReadError> {
        let statement = &mut self.statement;
        let texts = &mut output.texts;
        match name {
            "Id" => statement.id = texts.reference("id", node.own_text()),
            "ElctrncSeqNb" | "LglSeqNb" if !self.has_electronic_number => {
                self.has_electronic_number = name == "ElctrncSeqNb";
                statement.number = node.own_text().parse().ok().filter(|number| *number > 0);
            }
            "StmtPgntn" | "RptPgntn" | "NtfctnPgntn" => statement.page = page_of(node),
            "FrToDt" => {
                statement.period.from = day(node, &["FrDtTm", "FrDt"]);
                statement.period.to = day(node, &["ToDtTm", "ToDt"]);
            }
            "Acct" => {
                let account = &mut statement.account;
                let number =
                    node.text_of(&["Id/IBAN", "Id/Othr/Id", "Id/BBAN", "Id/UPIC", "Id/PrtryAcct/Id"]);
                let number = number.and_then(|number| texts.label("account", number));
                account.identifier = number.and_then(|number| number.as_str().parse().ok());
                account.bank = bank_of(node, "Svcr").and_then(|bank| texts.label("bank", bank));
                account.name = node.text("Nm").and_then(|name| texts.label("account_name", name));
                let owner = node.text_of(&["Ownr/Nm", "Ownr/Pty/Nm"]);
                account.owner_name = owner.and_then(|name| texts.label("owner_name", name));
                statement.currency = node.text("Ccy").and_then(|code| code.parse().ok());
            }
            "Bal" => return self.balance(node, line, output),
            "TxsSummry" => totals(node, statement),
            "AddtlStmtInf" | "AddtlRptInf" | "AddtlNtfctnInf" => {
                statement.text = texts.remittance([node.own_text()]);
            }
            _ => {}
        }
        Ok(())
    }

    /// A balance. Opening and closing booked ones count, and that with which the statement before has closed.
    fn balance(
        &mut self,
        node: &Node,
        line: u64,
        output: &mut Output<'_, impl ItemSink>,
    ) -> Result<(), ReadError> {
        let code = node.text_of(&["Tp/CdOrPrtry/Cd", "Tp/Cd"]).unwrap_or_default();
        let is_intermediate = node.text("Tp/SubTp/Cd") == Some("INTM");
        let place = match code {
            "OPBD" => &mut self.statement.opening,
            "CLBD" => &mut self.statement.closing,
            "PRCD" => &mut self.previous,
            _ => return Ok(()),
        };
        match signed(node) {
            Ok(money) => {
                *place = Some(Balance { money, on: day(node, &["Dt/Dt", "Dt/DtTm", "Dt"]), is_intermediate });
                Ok(())
            }
            Err(reason) => {
                let reason = format!("the balance {code} can't be read: {reason}");
                let place = Place { line, entry: None };
                output.finding(StatementFinding::at(place, Code::UnreadableField, reason))
            }
        }
    }
}

/// The BIC of a bank, or its number.
pub(super) fn bank_of<'a>(node: &'a Node, role: &str) -> Option<&'a str> {
    let bank = node.at(role)?.at("FinInstnId")?;
    bank.text_of(&["BICFI", "BIC", "ClrSysMmbId/MmbId", "Othr/Id", "Nm", "CmbndId/BIC", "PrtryId/Id"])
}

/// A day, of a date or of a date with a time: the bank's own day, whatever its time zone.
pub(super) fn day(node: &Node, paths: &[&str]) -> Option<Date> {
    let text = paths.iter().find_map(|path| node.text(path))?;
    date::parse_in_range(text.get(..10)?).ok()
}

/// The amount of an element `Amt` with its currency.
pub(super) fn money(amt: &Node) -> Result<Money, String> {
    let code = amt.currency_code().ok_or("the amount has no currency")?;
    let currency: Currency = code.parse().map_err(|_| format!("the currency {} is unknown", shown(code)))?;
    let text = amt.own_text();
    let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let digits = amount(digits.trim_start_matches('+'))?;
    Ok(Money { amount: if is_negative { -digits } else { digits }, currency })
}

/// The amount in an element, with the sign of its direction.
pub(super) fn signed(node: &Node) -> Result<Money, String> {
    let Money { amount, currency } = money(node.at("Amt").ok_or("there is no amount")?)?;
    Ok(Money { amount: amount * sign(node.text("CdtDbtInd"))?, currency })
}

/// The sign of a direction.
pub(super) fn sign(direction: Option<&str>) -> Result<Decimal, String> {
    match direction {
        Some("CRDT") => Ok(Decimal::ONE),
        Some("DBIT") => Ok(Decimal::NEGATIVE_ONE),
        Some(other) => Err(format!("the direction {} is neither CRDT nor DBIT", shown(other))),
        None => Err("there is no direction".to_owned()),
    }
}

fn totals(node: &Node, statement: &mut Statement) {
    let currency = statement.currency();
    let count = |path: &str| node.text(path).and_then(|count| count.parse().ok());
    let tally = |count: Option<u64>, sum: Option<&str>| {
        let sum =
            sum.zip(currency).and_then(|(sum, currency)| Some(Money { amount: amount(sum).ok()?, currency }));
        (count.is_some() || sum.is_some()).then_some(StatedTally { count, sum })
    };
    statement.stated.entries = count("TtlNtries/NbOfNtries");
    statement.stated.credits = tally(count("TtlCdtNtries/NbOfNtries"), node.text("TtlCdtNtries/Sum"));
    statement.stated.debits = tally(count("TtlDbtNtries/NbOfNtries"), node.text("TtlDbtNtries/Sum"));
}
