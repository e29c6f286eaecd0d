//! All the transactions that match: account by account, oldest first.

use std::collections::VecDeque;

use futures::{Stream, stream};
use saldo_domain::account::AccountIdentifier;
use saldo_domain::id::OrgId;
use saldo_domain::transaction::{Place, Source, Transaction, TransactionFilter};

use super::{TransactionStore, transaction};
use crate::dynamodb::{Pages, take_first};
use crate::failure::Failure;

/// The accounts that are read at the same time, each with one query per source. Most have few transactions, so reading
/// one after the other would mostly wait for DynamoDB.
const ACCOUNTS_AHEAD: usize = 4;

impl TransactionStore {
    /// The organization's transactions that match, in the order of their accounts' identifiers, those of an account
    /// oldest first. Reads `per_page` of an account at a time, with eventual consistency.
    ///
    /// Must be called, and polled, on a Tokio runtime. The stream ends with its first error.
    pub fn export(
        &self,
        org: &OrgId,
        wanted: &TransactionFilter,
        per_page: usize,
    ) -> impl Stream<Item = Result<Transaction, Failure>> + use<> {
        let accounts = match &wanted.account_identifier {
            Some(account) => Accounts::One(Some(account.clone())),
            None => Accounts::Noted(self.noted_accounts(org, per_page)),
        };
        let (store, org, wanted) = (self.clone(), org.clone(), wanted.clone());
        let reading = Reading { store, org, wanted, per_page, accounts, ahead: VecDeque::new() };
        stream::try_unfold(reading, async |mut reading| {
            let next = reading.next().await?;
            Ok(next.map(|transaction| (transaction, reading)))
        })
    }

    fn pages(
        &self,
        org: &OrgId,
        account: &AccountIdentifier,
        wanted: &TransactionFilter,
        per_page: usize,
    ) -> Vec<Pages<Transaction>> {
        let of = |source| {
            let query = self.valued_on(org, source, account, wanted.valued_on);
            let org = org.clone();
            Pages::of(query, per_page, move |item| transaction(&org, item))
        };
        Source::ALL.iter().copied().map(of).collect()
    }
}

/// The accounts whose transactions are still to be read.
enum Accounts {
    One(Option<AccountIdentifier>),
    Noted(Pages<AccountIdentifier>),
    None,
}

impl Accounts {
    async fn next(&mut self) -> Result<Option<AccountIdentifier>, Failure> {
        let next = match self {
            Self::One(account) => account.take(),
            Self::Noted(accounts) => accounts.next().await?,
            Self::None => None,
        };
        if next.is_none() {
            *self = Self::None;
        }
        Ok(next)
    }
}

struct Reading {
    store: TransactionStore,
    org: OrgId,
    wanted: TransactionFilter,
    per_page: usize,
    accounts: Accounts,
    /// The account that is being read, and those after it: the rest of each source.
    ahead: VecDeque<Vec<Pages<Transaction>>>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Transaction>, Failure> {
        loop {
            while self.ahead.len() < ACCOUNTS_AHEAD {
                let Some(account) = self.accounts.next().await? else { break };
                self.ahead.push_back(self.store.pages(&self.org, &account, &self.wanted, self.per_page));
            }
            let Some(first) = self.ahead.front_mut() else {
                return Ok(None);
            };
            if let Some(next) = take_first(first, Place::of).await? {
                return Ok(Some(next));
            }
            self.ahead.pop_front();
        }
    }
}
