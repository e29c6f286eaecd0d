//! The provider accesses, and beside each the sealed credentials for its bank.

mod credentials;
mod logins;

use aws_sdk_dynamodb::Client;
use saldo_domain::access::Access;
use saldo_domain::id::{AccessId, OrgId};
use saldo_domain::revised::Revised;
use serde::{Deserialize, Serialize};

use crate::dynamodb::item::{Item, from_item, text, to_item};
use crate::dynamodb::revised::{ATTEMPTS_MAX, Changed, outrun};
use crate::dynamodb::{Table, begins_with, exists};
use crate::failure::Failure;
use crate::table_keys::AccessKey;

pub use credentials::SealedCredentials;

const WHAT: &str = "an access";

/// The accesses of all organizations.
#[derive(Clone, Debug)]
pub struct AccessStore {
    table: Table<AccessKey>,
}

/// An item of the table.
#[derive(Serialize, Deserialize)]
struct Record<T> {
    org: OrgId,
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(flatten)]
    record: T,
}

/// An access without its key.
#[derive(Serialize, Deserialize)]
struct Body {
    access: Access,
    /// A copy outside the access, for conditions.
    revision: uuid::Uuid,
}

impl AccessStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { table: Table::new(client, table) }
    }

    /// Stores a new access. If there is one with its id, which only an earlier attempt of the
    /// same request can have created, that one stays and is returned.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn create(&self, new: Access) -> Result<Access, Failure> {
        match self.table.put_new(item(&new)?).await? {
            true => Ok(new),
            false => Ok(self.get(&new.org, &new.id).await?.unwrap_or(new)),
        }
    }

    /// The access, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &AccessId) -> Result<Option<Access>, Failure> {
        self.table.get(&AccessKey::new(org, id)).await?.map(access).transpose()
    }

    /// Every access of the organization, oldest first.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn all(&self, org: &OrgId) -> Result<Vec<Access>, Failure> {
        let query = self
            .table
            .query(org.to_string())
            .sort_key(begins_with("id", text(AccessId::PREFIX)))
            .filter(vec![exists(ACCESS)])
            .consistent();
        let accesses = query.all().await?.into_iter().map(access);
        let mut accesses = accesses.collect::<Result<Vec<_>, _>>()?;
        accesses.sort_by_key(|access| access.created_at);
        Ok(accesses)
    }

    /// The accesses of all organizations, a page at a time, and where the next page begins.
    /// For the schedule, not for a request.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn page(
        &self,
        after: Option<Item>,
    ) -> Result<(Vec<Result<Access, Failure>>, Option<Item>), Failure> {
        let page = self.table.scan(&[exists(ACCESS)]).page(after).await?;
        Ok((page.items.into_iter().map(access).collect(), page.next))
    }

    /// Changes an access: `change` returns whether it changed the access that it was given, which is then written.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; it may have been changed or not.
    pub async fn change(
        &self,
        org: &OrgId,
        id: &AccessId,
        mut change: impl FnMut(&mut Access) -> bool,
    ) -> Result<Changed<Access>, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(mut access) = self.get(org, id).await? else { return Ok(Changed::Gone) };
            if !change(&mut access) {
                return Ok(Changed::Refused(access));
            }
            if self.save(&mut access).await? {
                return Ok(Changed::Done(access));
            }
        }
        Err(outrun())
    }

    /// Writes back an access that was read and changed, if it has not been written since. Returns whether it has not.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; it may have been written or not.
    pub async fn save(&self, access: &mut Access) -> Result<bool, Failure> {
        self.table.put_revised(access, item).await
    }

    /// Deletes an access and its credentials.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the credentials may be deleted and the access not.
    pub async fn delete(&self, org: &OrgId, id: &AccessId) -> Result<(), Failure> {
        self.forget_credentials(org, id).await?;
        self.table.delete(&AccessKey::new(org, id)).await
    }
}

/// The attribute that only accesses have.
const ACCESS: &str = "access";

fn item(access: &Access) -> Result<Item, Failure> {
    let record = Record {
        org: access.org.clone(),
        id: access.id.to_string(),
        expires_at: None,
        record: Body { access: access.clone(), revision: Revised::revision(access) },
    };
    to_item(&record, WHAT)
}

fn access(item: Item) -> Result<Access, Failure> {
    from_item::<Record<Body>>(item, WHAT).map(|found| found.record.access)
}
