//! The access that a consent grants.

use serde::Deserialize;

use super::account::Account;
use super::answer::{Refusal, Result};

/// The access of a consent request.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Access {
    accounts: Option<Vec<Reference>>,
    balances: Option<Vec<Reference>>,
    transactions: Option<Vec<Reference>>,
    available_accounts: Option<Extent>,
    available_accounts_with_balance: Option<Extent>,
    all_psd2: Option<Extent>,
    restricted_to: Option<Vec<String>>,
}

/// A reference to an account; without a currency, to all accounts with the IBAN.
#[derive(Clone, Deserialize)]
struct Reference {
    iban: String,
    currency: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Extent {
    AllAccounts,
    AllAccountsWithOwnerName,
}

/// A right to data of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Details,
    Balances,
    Transactions,
}

impl Access {
    /// Refuses an empty access, and one that names accounts in one list but not in another.
    pub(super) fn check(&self) -> Result<()> {
        let extents = [self.available_accounts, self.available_accounts_with_balance, self.all_psd2];
        if self.lists().next().is_none() && extents.iter().all(Option::is_none) {
            return Err(Refusal::format("access asks for nothing"));
        }
        if self.lists().any(<[_]>::is_empty) && !self.lists().all(<[_]>::is_empty) {
            return Err(Refusal::format("access has lists with and without accounts"));
        }
        Ok(())
    }

    /// Whether the access includes this right to the account.
    pub(super) fn grants(&self, right: Right, account: &Account) -> bool {
        let restricted = self.restricted_to.as_ref();
        let of_kind = restricted.is_none_or(|kinds| kinds.iter().any(|kind| kind == account.kind));
        let global = match right {
            Right::Details => self.available_accounts.or(self.available_accounts_with_balance),
            Right::Balances => self.available_accounts_with_balance,
            Right::Transactions => None,
        };
        let named = |list: &[Reference]| match list {
            [] => of_kind,
            references => references.iter().any(|reference| reference.is_to(account)),
        };
        let listed = match right {
            // A right to balances or transactions includes the details.
            Right::Details => self.lists().any(named),
            Right::Balances => self.balances.as_deref().is_some_and(named),
            Right::Transactions => self.transactions.as_deref().is_some_and(named),
        };
        listed || (global.or(self.all_psd2).is_some() && of_kind)
    }

    fn lists(&self) -> impl Iterator<Item = &[Reference]> {
        [&self.accounts, &self.balances, &self.transactions].into_iter().filter_map(Option::as_deref)
    }
}

impl Reference {
    fn is_to(&self, account: &Account) -> bool {
        let currency = self.currency.as_ref();
        self.iban == account.iban && currency.is_none_or(|currency| currency == account.currency)
    }
}
