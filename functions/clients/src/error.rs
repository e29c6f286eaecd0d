//! The errors of requests about clients.

use axum::http::StatusCode;
use saldo_domain::client::Client;
use saldo_http::{IntoProblem, Problem};

/// Why a client was not deleted: it owns accounts, which would have no owner.
#[derive(Debug)]
pub(crate) struct OwnsAccounts;

impl IntoProblem for OwnsAccounts {
    fn into_problem(self) -> Problem {
        Problem::new(
            StatusCode::CONFLICT,
            "client_owns_accounts",
            "The client owns accounts",
            "the client owns accounts; delete them or change their owner_id first",
        )
    }
}

/// Why a client was not created: this one has its number.
#[derive(Debug)]
pub(crate) struct ClientExists(pub(crate) Client);

impl IntoProblem for ClientExists {
    fn into_problem(self) -> Problem {
        let Self(client) = self;
        let detail = format!(
            "the client {} has this external_id; change that client, or use another number",
            client.id
        );
        Problem::new(StatusCode::CONFLICT, "client_exists", "The client exists", detail)
    }
}
