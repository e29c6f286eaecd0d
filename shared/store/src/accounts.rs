//! The accounts.

mod bank;
mod change;
mod export;
mod filter;
mod import;
mod list;
mod trace;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use saldo_domain::account::{Account, Contact, Revision};
use saldo_domain::id::{AccountId, OrgId};

use super::item::{Item, Reader};
use super::table_keys;
use crate::failure::Failure;
use trace::Trace;

pub use bank::Reported;
pub use import::{ImportWrite, Seen, Written};
pub use list::OwnedAccount;

/// The accounts of all organizations.
#[derive(Clone, Debug)]
pub struct AccountStore {
    client: Client,
    table: String,
}

impl AccountStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The account, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &AccountId) -> Result<Option<Account>, Failure> {
        let item = self.read(org, id).await?.filter(|item| !Trace::of(item).is_deleted());
        item.map(|item| account(org, &item)).transpose()
    }

    async fn read(&self, org: &OrgId, id: &AccountId) -> Result<Option<Item>, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(table_keys::account(org, id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("GetItem on accounts"))?;
        Ok(answer.item)
    }
}

const WHAT: &str = "an account";
const BALANCE: &str = "balance";
const CURRENCY: &str = "currency";
const TOTAL_AMOUNT: &str = "total_amount";
/// The attribute that holds what a bank says about its account.
const BANK: &str = "bank";
/// The attribute that tells one state of an account from another.
const REVISION: &str = "revision";

/// The attributes of an account that [`account`] reads; the others are for the order of
/// imports.
const ATTRIBUTES: [&str; 19] = [
    "id",
    "external_id",
    "identifier",
    "type",
    "status",
    "name",
    "phone",
    "email",
    TOTAL_AMOUNT,
    BALANCE,
    CURRENCY,
    "due_date",
    "source_system",
    "campaign_id",
    "owner",
    "notes",
    "created_at",
    "updated_at",
    REVISION,
];

/// The attribute that names who set a field last: an import or a change by hand, as 16
/// bytes that sort by time.
fn set_by(field: &str) -> String {
    format!("{field}_set_by")
}

/// A revision as an attribute.
fn stamp(revision: &Revision) -> Option<AttributeValue> {
    (*revision != Revision::NONE).then(|| AttributeValue::B(Blob::new(revision.as_bytes().as_slice())))
}

fn account(org: &OrgId, item: &Item) -> Result<Account, Failure> {
    let read = Reader::new(item, WHAT);
    let owner: Option<String> = read.optional("owner")?;
    let owner_id = match owner.as_deref().map(|owner| owner.strip_prefix(&table_keys::account_owner(org, "")))
    {
        None => None,
        Some(owner) => {
            let owner = owner.and_then(|id| id.parse().ok());
            Some(owner.ok_or_else(|| Failure::missing("an account's owner"))?)
        }
    };
    Ok(Account {
        id: read.required("id")?,
        external_id: read.optional("external_id")?,
        identifier: read.optional("identifier")?,
        kind: read.required("type")?,
        status: read.required("status")?,
        contact: match read.optional("name")? {
            Some(name) => {
                Some(Contact { name, phone: read.optional("phone")?, email: read.optional("email")? })
            }
            None => None,
        },
        total_amount: read.optional(TOTAL_AMOUNT)?,
        balance: read.required(BALANCE)?,
        currency: read.required(CURRENCY)?,
        due_date: read.optional("due_date")?,
        source_system: read.optional("source_system")?,
        campaign_id: read.optional("campaign_id")?,
        owner_id,
        notes: read.optional("notes")?,
        bank: read.nested(BANK)?.map(Box::new),
        created_at: read.moment("created_at")?,
        updated_at: read.moment("updated_at")?,
        revision: read.binary(REVISION)?.unwrap_or(Revision::NONE),
    })
}
