//! The file of an export as a stream of pieces, encoded while its records are read.

use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use saldo_domain::account::{Account, AccountField, AccountFilter};
use saldo_domain::export::{Column, ExportSpec, Subject};
use saldo_domain::id::OrgId;
use saldo_formats::Encoder;
use saldo_store::failure::Failure;

use super::stores::Records;

/// The records in a piece of the file: some hundred kilobytes.
const RECORDS_PER_PIECE: usize = 500;

/// A piece of a file.
pub struct Piece {
    /// The number of records in it.
    pub records: usize,
    /// The encoded bytes.
    pub bytes: Vec<u8>,
}

/// The pieces of the file, in order. The stream ends after the first error.
#[must_use]
pub fn pieces(
    records: &Records,
    org: &OrgId,
    spec: &ExportSpec,
) -> BoxStream<'static, Result<Piece, Failure>> {
    match &spec.subject {
        Subject::Accounts { filter, columns } => {
            let needs_days = columns.contains(&AccountField::AsOf);
            encoded(spec, columns, accounts(records, org, filter, needs_days))
        }
        Subject::Transactions { filter, columns } => {
            encoded(spec, columns, records.transactions.export(org, filter, records.records_per_page))
        }
    }
}

/// The accounts; with the days that complete files state, if these are needed.
fn accounts(
    records: &Records,
    org: &OrgId,
    filter: &AccountFilter,
    needs_days: bool,
) -> impl Stream<Item = Result<Account, Failure>> + Send + use<> {
    let (records, org, filter) = (records.clone(), org.clone(), filter.clone());
    let begin = async move {
        let scopes = if needs_days { records.imports.scopes(&org).await? } else { Vec::new() };
        Ok(records.accounts.export(&org, &filter, scopes, records.records_per_page))
    };
    stream::once(begin).try_flatten()
}

fn encoded<T: Send + 'static, C: Column<T>>(
    spec: &ExportSpec,
    columns: &[C],
    records: impl Stream<Item = Result<T, Failure>> + Send + 'static,
) -> BoxStream<'static, Result<Piece, Failure>> {
    let encoder = Encoder::new::<T>(spec, columns.to_vec());
    let records = records.try_chunks(RECORDS_PER_PIECE).map_err(|error| error.1).boxed();
    let pieces = stream::try_unfold(Some((encoder, records)), async |rest| {
        let Some((mut encoder, mut records)) = rest else {
            return Ok(None);
        };
        match records.try_next().await? {
            Some(next) => {
                let piece = Piece {
                    records: next.len(),
                    bytes: encoder.encode(&next).map_err(Failure::corrupt("an exported record"))?,
                };
                Ok(Some((piece, Some((encoder, records)))))
            }
            None => Ok(Some((
                Piece {
                    records: 0,
                    bytes: encoder.finish::<T>().map_err(Failure::corrupt("an exported record"))?,
                },
                None,
            ))),
        }
    });
    pieces.boxed()
}
