//! Reads of accounts, balances and transactions.

use saldo_domain::date::{self, Date, parse_moment};
use serde_json::Value;

use super::super::{
    BankError, Party, Psu, ReportedAccount, ReportedBalance, ReportedTransaction, TransactionPage,
};
use super::NextGenPsd2;
use super::http::Call;
use super::messages::{
    AccountDetails, AccountList, AccountReference, Balance, Balances, Structured, Transaction,
    TransactionsAnswer,
};

impl NextGenPsd2 {
    pub(super) async fn read_accounts(
        &self,
        psu: Psu,
        consent: &str,
    ) -> Result<Vec<Option<ReportedAccount>>, BankError> {
        let call = Call::get(["v1", "accounts"]).query("withBalance", "true").under(consent).from(psu);
        let (_, list) = self.http.ask::<AccountList>(call).await?;
        let accounts = list.accounts.into_iter().map(|value| serde_json::from_value(value).ok().map(account));
        Ok(accounts.collect())
    }

    pub(super) async fn read_balances(
        &self,
        psu: Psu,
        consent: &str,
        account: &ReportedAccount,
    ) -> Result<Vec<ReportedBalance>, BankError> {
        let call = Call::get(["v1", "accounts", &account.resource, "balances"]).under(consent).from(psu);
        let (_, answer) = self.http.ask::<Balances>(call).await?;
        Ok(answer.balances.into_iter().map(balance).collect())
    }

    pub(super) async fn read_transactions(
        &self,
        psu: Psu,
        consent: &str,
        account: &ReportedAccount,
        from: Date,
        page: Option<&str>,
    ) -> Result<TransactionPage, BankError> {
        let call = match page {
            Some(link) => Call::link(link),
            None => Call::get(["v1", "accounts", &account.resource, "transactions"])
                .query("dateFrom", from.to_string())
                .query("bookingStatus", "both"),
        };
        let (_, answer) = self.http.ask::<TransactionsAnswer>(call.under(consent).from(psu)).await?;
        let mut report = answer.transactions;
        Ok(TransactionPage {
            booked: report.booked.into_iter().map(read).collect(),
            pending: report.pending.into_iter().map(read).collect(),
            next: report.links.remove("next").map(|link| link.href),
        })
    }
}

/// Parses one transaction. A malformed one does not affect the others.
fn read(value: Value) -> Option<ReportedTransaction> {
    serde_json::from_value(value).ok().map(transaction)
}

fn account(account: AccountDetails) -> ReportedAccount {
    ReportedAccount {
        resource: account.resource_id.unwrap_or_default(),
        iban: account.iban,
        number: account.bban.or(account.masked_pan),
        currency: account.currency,
        name: account.name.or(account.display_name),
        product: account.product,
        owner_name: account.owner_name,
        bic: account.bic,
        cash_account_type: account.cash_account_type,
        balances: account.balances.map(|balances| balances.into_iter().map(balance).collect()),
    }
}

fn balance(balance: Balance) -> ReportedBalance {
    // The booked balance describes the account best, the available amount worst.
    let rank = match balance.balance_type.as_str() {
        "interimBooked" => 0,
        "closingBooked" => 1,
        "expected" => 2,
        "openingBooked" => 3,
        "interimAvailable" => 4,
        "forwardAvailable" => 5,
        _ => 6,
    };
    let changed = || parse_moment(balance.last_change_date_time.as_deref()?).ok();
    let day = balance.reference_date.as_deref().and_then(day);
    ReportedBalance {
        rank: rank + if balance.credit_limit_included { 10 } else { 0 },
        day: day.or_else(|| changed().map(|moment| moment.to_zoned(jiff::tz::TimeZone::UTC).date())),
        amount: balance.balance_amount.amount,
        currency: balance.balance_amount.currency,
    }
}

fn transaction(transaction: Transaction) -> ReportedTransaction {
    let several = transaction.remittance_information_unstructured_array.join("\n");
    let text = transaction
        .remittance_information_unstructured
        .or((!several.is_empty()).then_some(several))
        .or(transaction.remittance_information_structured.map(|structured| match structured {
            Structured::Reference { reference } | Structured::Text(reference) => reference,
        }));
    ReportedTransaction {
        id: transaction.transaction_id.or(transaction.entry_reference),
        amount: transaction.transaction_amount.amount,
        currency: transaction.transaction_amount.currency,
        booked_on: transaction.booking_date,
        valued_on: transaction.value_date,
        text,
        creditor: party(transaction.creditor_name, transaction.creditor_account, transaction.creditor_agent),
        debtor: party(transaction.debtor_name, transaction.debtor_account, transaction.debtor_agent),
        booking_text: transaction.additional_information,
        code: transaction.bank_transaction_code.or(transaction.proprietary_bank_transaction_code),
        end_to_end_reference: transaction.end_to_end_id,
        mandate_reference: transaction.mandate_id,
        creditor_id: transaction.creditor_id,
    }
}

fn party(name: Option<String>, account: Option<AccountReference>, bic: Option<String>) -> Party {
    let account = account.unwrap_or_default();
    Party { name, iban: account.iban, number: account.bban.or(account.masked_pan), bic }
}

fn day(text: &str) -> Option<Date> {
    date::parse(text).ok()
}
