//! What the function uses.

use axum::extract::FromRef;
use jiff::Timestamp;
use saldo_domain::date::Date;
use saldo_domain::id::OrgId;
use saldo_http::Guard;
use saldo_store::failure::Failure;
use saldo_store::{Environment, ImportStore, OpenItemStore, TransactionStore, warm_up};

/// What the handlers of accounts use.
#[derive(Clone, Debug)]
pub struct Stores {
    pub guard: Guard,
    pub accounts: OpenItemStore,
    /// What complete files say about accounts.
    pub imports: ImportStore,
    pub transactions: TransactionStore,
}

impl Stores {
    /// Builds them from the environment.
    pub fn new(environment: &mut Environment) -> Self {
        Self {
            guard: Guard::new(environment),
            accounts: environment.open_items(),
            imports: environment.imports(),
            transactions: environment.transactions(),
        }
    }

    /// The day of a moment in the organization's time zone.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub(crate) async fn day_at(&self, org: &OrgId, moment: Timestamp) -> Result<Date, Failure> {
        let organization = self.guard.keys.organization(org).await?;
        Ok(organization.ok_or_else(|| Failure::missing("the organization of a key"))?.day_at(moment))
    }

    /// Connects to the services that a request needs first.
    pub async fn warm_up(&self) {
        warm_up([self.guard.keys.connect()]).await;
    }
}

impl FromRef<Stores> for Guard {
    fn from_ref(stores: &Stores) -> Self {
        stores.guard.clone()
    }
}
