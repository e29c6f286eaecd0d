//! Reads bank statements and prints each item as a line of JSON: `cargo run --release --package saldo-formats --example
//! statements -- items FILE`. `write ENTRIES FILE` writes a camt.053 with many entries, and `read FILE` reads a file and prints
//! entries a second and the peak of memory. `.ci/statements` compares the items with those of other programs.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::time::Instant;

use saldo_domain::statement::Item;
use saldo_formats::read::read_statements;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["items", file] => items(file),
        ["read", file] => read(file),
        ["write", entries, file] => write(entries.parse()?, BufWriter::new(File::create(file)?)),
        _ => Err("expected items FILE, read FILE, or write ENTRIES FILE".into()),
    }
}

/// Prints the items of a file.
fn items(file: &str) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut failed = None;
    let read = read_statements(File::open(file)?, &mut |item: Item| {
        let line = serde_json::to_writer(&mut out, &item).map_err(Into::into);
        failed = line.and_then(|()| writeln!(out)).err().or(failed.take());
        Ok(())
    });
    out.flush()?;
    failed.map_or(Ok(()), Err)?;
    read.map(drop).map_err(|error| error.to_string().into())
}

/// Reads a file and prints how fast.
fn read(file: &str) -> Result<(), Box<dyn Error>> {
    let (begun, mut entries) = (Instant::now(), 0_u64);
    read_statements(File::open(file)?, &mut |item: Item| {
        entries += u64::from(matches!(item, Item::Entry(_)));
        Ok(())
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM is unknown");
    println!("{entries} entries in {seconds:.1} s, {:.0} entries a second, {peak}", entries as f64 / seconds);
    Ok(())
}

/// Writes a statement of many entries of 1 EUR.
fn write(entries: u32, mut out: impl Write) -> Result<(), Box<dyn Error>> {
    let balance = |code: &str, amount: u32| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Dt><Dt>2026-01-31</Dt></Dt></Bal>"
        )
    };
    write!(
        out,
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><IBAN>\
         DE89370400440532013000</IBAN></Id></Acct>{}{}",
        balance("OPBD", 0),
        balance("CLBD", entries)
    )?;
    for number in 0..entries {
        write!(
            out,
            "<Ntry><Amt Ccy=\"EUR\">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-01-31</Dt>\
             </BookgDt><AcctSvcrRef>{number}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>E{number}</EndToEndId></Refs>\
             <RltdPties><Dbtr><Pty><Nm>Customer {number}</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>Invoice {number}</Ustrd>\
             </RmtInf></TxDtls></NtryDtls></Ntry>"
        )?;
    }
    write!(out, "</Stmt></BkToCstmrStmt></Document>")?;
    Ok(())
}
