//! What the layers before the handlers use: authentication and idempotency.

use saldo_store::files::FileStore;
use saldo_store::{Environment, IdempotencyStore, KeyStore};

/// The stores of authentication and idempotency. The state of each function that has routes for keys holds one.
#[derive(Clone, Debug)]
pub struct Guard {
    /// The keys that callers send.
    pub keys: KeyStore,
    /// The answers to repeat; `None` for a function without POST routes.
    pub answers: Option<KeptAnswers>,
}

/// The answers to requests with an `Idempotency-Key`.
#[derive(Clone, Debug)]
pub struct KeptAnswers {
    /// The requests and their answers.
    pub idempotency: IdempotencyStore,
    /// The bodies of large answers.
    pub files: FileStore,
}

impl Guard {
    /// The guard of a function with POST routes.
    pub fn new(environment: &mut Environment) -> Self {
        let (idempotency, files) = (environment.idempotency(), environment.files());
        Self { answers: Some(KeptAnswers { idempotency, files }), ..Self::without_posts(environment) }
    }

    /// The guard of a function without POST routes, which needs no answers to repeat.
    pub fn without_posts(environment: &mut Environment) -> Self {
        Self { keys: environment.keys(), answers: None }
    }
}
