//! Clients, the accounts they own, and what the balances mean: `/api/clients`.

mod change;
mod create;
mod delete;
mod list;
mod read;
mod view;

use saldo::app::App;
use saldo::http::Routes;
use saldo::key::Scope;

const CLIENTS: &str = "/api/clients";
const CLIENT: &str = "/api/clients/{id}";

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app)
        .get(CLIENTS, Scope::ClientsRead, list::list)
        .post(CLIENTS, Scope::ClientsWrite, create::create)
        .get(CLIENT, Scope::ClientsRead, read::read)
        .put(CLIENT, Scope::ClientsWrite, change::change)
        .delete(CLIENT, Scope::ClientsWrite, delete::delete)
}
