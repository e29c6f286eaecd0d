//! API keys: `/api/v1/keys`.

mod create;
mod list;
mod revoke;
mod view;

use saldo::app::App;
use saldo::http::Routes;
use saldo::key::Scope;

const KEYS: &str = "/api/v1/keys";
const KEY: &str = "/api/v1/keys/{id}";

/// The routes of the function.
#[must_use]
pub fn routes(app: &App) -> Routes {
    Routes::new(app).get(KEYS, Scope::Keys, list::list).post(KEYS, Scope::Keys, create::create).delete(
        KEY,
        Scope::Keys,
        revoke::revoke,
    )
}
