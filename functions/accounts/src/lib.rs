//! Accounts, one by one: `/v1/accounts`.

mod change;
mod create;
mod delete;
mod list;
mod read;
mod view;

use saldo::app::App;
use saldo::http::Routes;
use saldo::key::Scope;

const ACCOUNTS: &str = "/v1/accounts";
const ACCOUNT: &str = "/v1/accounts/{id}";

/// How often a change is tried on an account that others are changing. Each attempt loses
/// only to a write that succeeded meanwhile.
const ATTEMPTS_MAX: usize = 16;

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .get(ACCOUNTS, Scope::AccountsRead, list::list)
        .post(ACCOUNTS, Scope::AccountsWrite, create::create)
        .get(ACCOUNT, Scope::AccountsRead, read::read)
        .put(ACCOUNT, Scope::AccountsWrite, change::change)
        .delete(ACCOUNT, Scope::AccountsWrite, delete::delete)
}
