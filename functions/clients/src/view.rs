//! A client in an answer, with its accounts and balances.

use futures::{StreamExt, TryStreamExt, stream};
use saldo_domain::account::OwnerId;
use saldo_domain::client::{Client, ClientKind, Position};
use saldo_domain::date::in_milliseconds;
use saldo_domain::id::{AccountId, ClientId, OrgId};
use saldo_domain::money::{Currency, Decimal, Total, as_number};
use saldo_http::openapi::Amount;
use saldo_store::failure::Failure;
use saldo_store::{Owned, OwnedAccount};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;

/// The accounts shown in one answer. With the longest texts they fit in the 6 MB of a Lambda response, which is
/// JSON with the answer as a string.
const ACCOUNTS_MAX: usize = 10_000;
/// The clients whose accounts are read at once.
const CLIENTS_IN_FLIGHT: usize = 16;

/// A client.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientWithBalances, example = json!({
    "id": "cli_mfrggzdfmztwq2lk", "name": "ACME Brokers", "description": "Preferred FX counterparty", "type": 1,
    "accounts": [{
        "id": "acc_mfrggzdfmztwq2lk", "type": "checking", "currency": "USD", "balance": 120,
        "position": "company_owes_client"
    }],
    "balances": [{ "currency": "USD", "balance": 120, "position": "company_owes_client" }], "open_amounts": [],
    "created_at": "2026-03-16T09:30:00.000Z", "updated_at": "2026-03-16T09:30:00.000Z"
}))]
pub(crate) struct View {
    id: ClientId,
    /// The number in the source system, if the client has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    name: String,
    #[schema(required)]
    description: Option<String>,
    /// 0 is internal, one of the organization's own banks, wallets or tills; 1 external, a counterparty.
    #[schema(minimum = 0, maximum = 1)]
    r#type: u8,
    #[schema(max_items = 10_000)]
    accounts: Vec<AccountView>,
    /// Whether the client owns more accounts than are shown; present only if it does.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    has_more_accounts: bool,
    /// The balance in each currency, of all its accounts, including those not shown.
    balances: Vec<BalanceView>,
    /// What is still owed in each currency, of all its accounts that imports have made.
    open_amounts: Vec<OpenAmountView>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// An account of a client.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientAccount)]
struct AccountView {
    id: AccountId,
    r#type: String,
    currency: Currency,
    #[schema(value_type = Amount)]
    #[serde(serialize_with = "as_number")]
    balance: Decimal,
    /// The meaning of the balance.
    position: Position,
}

/// The balance of a client's accounts in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientBalance)]
struct BalanceView {
    currency: Currency,
    balance: Total,
    /// The meaning of the balance.
    position: Position,
}

/// What is still owed of a client's open items in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientOpenAmount)]
struct OpenAmountView {
    currency: Currency,
    /// Negative if the client has credits left, or has paid too much.
    open_amount: Total,
}

/// The clients with their accounts.
pub(crate) async fn views(stores: &Stores, org: &OrgId, clients: Vec<Client>) -> Result<Vec<View>, Failure> {
    let owners: Vec<OwnerId> = clients.iter().map(|client| OwnerId::of_id(&client.id)).collect();
    let reads = owners.iter().map(|owner| stores.accounts.owned_by(org, owner, ACCOUNTS_MAX));
    let reads: Vec<_> = reads.collect();
    let owned: Vec<_> = stream::iter(reads).buffered(CLIENTS_IN_FLIGHT).try_collect().await?;
    let mut room = ACCOUNTS_MAX;
    let view = |(client, owned): (Client, Owned)| {
        let view = view(client, owned, room);
        room -= view.accounts.len();
        view
    };
    Ok(clients.into_iter().zip(owned).map(view).collect())
}

/// One client with its accounts.
pub(crate) async fn view_of(stores: &Stores, org: &OrgId, client: Client) -> Result<View, Failure> {
    let owned = stores.accounts.owned_by(org, &OwnerId::of_id(&client.id), ACCOUNTS_MAX).await?;
    Ok(view(client, owned, ACCOUNTS_MAX))
}

fn view(client: Client, owned: Owned, room: usize) -> View {
    let kind = client.kind;
    let balance = |(currency, balance): (Currency, Total)| {
        let position = kind.position(balance.sign());
        BalanceView { currency, balance, position }
    };
    let open_amount = |(currency, open_amount)| OpenAmountView { currency, open_amount };
    View {
        id: client.id,
        external_id: client.external_id.map(String::from),
        name: client.name.into(),
        description: client.description.map(String::from),
        r#type: kind.number(),
        has_more_accounts: owned.has_more || owned.accounts.len() > room,
        accounts: owned.accounts.into_iter().take(room).map(|account| shown(kind, account)).collect(),
        balances: owned.balances.into_iter().map(balance).collect(),
        open_amounts: owned.open_amounts.into_iter().map(open_amount).collect(),
        created_at: in_milliseconds(client.created_at),
        updated_at: in_milliseconds(client.updated_at),
    }
}

fn shown(kind: ClientKind, account: OwnedAccount) -> AccountView {
    AccountView {
        id: account.id,
        r#type: account.kind.into(),
        currency: account.currency,
        position: kind.position(account.balance.cmp(&Decimal::ZERO)),
        balance: account.balance,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    /// The bytes of a Lambda response: 6 MB, less the headers.
    const LAMBDA_BYTES_MAX: usize = 6 * 1024 * 1024 - 16 * 1024;

    /// What the owner of so many accounts owns, if so many are read to be shown.
    fn owned(account: &OwnedAccount, accounts: usize, shown: usize) -> Owned {
        let mut owned = Owned::default();
        (0..accounts).for_each(|_| owned.add(account.clone(), shown));
        owned
    }

    #[test]
    fn largest_page_fits_lambda() {
        let quotes = |count: usize| "\"".repeat(count);
        let client = Client {
            id: "cli_aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().expect("an id"),
            external_id: Some(quotes(128).parse().expect("a number")),
            name_source: None,
            name: quotes(256).parse().expect("a name"),
            description: Some(quotes(2_000).parse().expect("a description")),
            kind: ClientKind::External,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        let account = OwnedAccount {
            id: "acc_aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().expect("an id"),
            kind: quotes(64).parse().expect("a type"),
            currency: "USD".parse().expect("a currency"),
            balance: -Decimal::from_i128_with_scale(10_i128.pow(28) - 1, 2),
            first_import: None,
        };
        let full = |accounts: usize| view(client.clone(), owned(&account, accounts, accounts), accounts);
        let page: Vec<View> = [full(ACCOUNTS_MAX)].into_iter().chain((1..100).map(|_| full(0))).collect();
        let body = serde_json::to_string(&page).expect("JSON");
        let bytes = serde_json::to_string(&body).expect("JSON").len();
        assert!(bytes <= LAMBDA_BYTES_MAX, "{bytes} bytes");
    }

    #[test]
    fn full_answer_says_so_and_its_balances_are_complete() {
        let client = Client {
            id: "cli_aaaaaaaaaaaaaaaa".parse().expect("an id"),
            external_id: None,
            name_source: None,
            name: "ACME".parse().expect("a name"),
            description: None,
            kind: ClientKind::External,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        let account = OwnedAccount {
            id: "acc_aaaaaaaaaaaaaaaa".parse().expect("an id"),
            kind: "checking".parse().expect("a type"),
            currency: "USD".parse().expect("a currency"),
            balance: Decimal::ONE,
            first_import: None,
        };
        for (room, shown) in [(0, 0), (2, 2), (3, 3), (4, 3)] {
            for read in [room, 3] {
                let view = view(client.clone(), owned(&account, 3, read), room);
                assert_eq!((view.accounts.len(), view.has_more_accounts), (shown, room < 3));
                assert_eq!(serde_json::to_value(&view.balances[0].balance).expect("JSON"), 3);
            }
        }
    }
}
