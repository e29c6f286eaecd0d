//! The finX API's requests, in its words.

mod accesses;
mod accounts;
mod callback;
mod catalog;
mod challenges;
mod syncs;
mod transactions;
mod window;

use saldo::app::App;
use saldo::http::Routes;
use saldo::key::Scope;

/// The routes for accesses, their synchronizations, and what these have brought.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(app)
        .get("/rest/catalog", Scope::Sync, catalog::catalog)
        .post("/rest/accesses", Scope::Sync, accesses::create)
        .get("/rest/accesses", Scope::Sync, accesses::list)
        .get("/rest/accesses/{access_id}", Scope::Sync, accesses::read)
        .delete("/rest/accesses/{access_id}", Scope::Sync, accesses::delete)
        .post("/rest/accesses/{access_id}/remove_pin", Scope::Sync, accesses::remove_pin)
        .delete("/rest/accesses/{access_id}/remove_pin", Scope::Sync, accesses::remove_pin)
        .post("/rest/accesses/{access_id}/syncs", Scope::Sync, syncs::create)
        .get("/rest/accesses/{access_id}/syncs", Scope::Sync, syncs::list)
        .get("/rest/accesses/{access_id}/syncs/{sync_id}", Scope::Sync, syncs::read)
        .public_get("/rest/accesses/{access_id}/syncs/{sync_id}/callback", callback::callback)
        .get("/rest/accesses/{access_id}/syncs/{sync_id}/challenges", Scope::Sync, challenges::list)
        .get(
            "/rest/accesses/{access_id}/syncs/{sync_id}/challenges/{challenge_id}",
            Scope::Sync,
            challenges::read,
        )
        .post(
            "/rest/accesses/{access_id}/syncs/{sync_id}/challenges/{challenge_id}/response",
            Scope::Sync,
            challenges::respond,
        )
        .get("/rest/accounts", Scope::Sync, accounts::list)
        .get("/rest/accounts/{account_id}", Scope::Sync, accounts::read)
        .delete("/rest/accounts/{account_id}", Scope::Sync, accounts::delete)
        .get("/rest/accounts/{account_id}/balance", Scope::Sync, accounts::balance)
        .get("/rest/transactions", Scope::Sync, transactions::list)
        .get("/rest/accounts/{account_id}/transactions", Scope::Sync, transactions::of_account)
        .get("/rest/accounts/{account_id}/transactions/{transaction_id}", Scope::Sync, transactions::read)
}
