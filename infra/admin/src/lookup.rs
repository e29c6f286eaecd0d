//! Look-ups that fail if there is no such record.

use anyhow::{Result, bail};
use saldo_domain::id::OrgId;
use saldo_domain::organization::Organization;

use crate::Stores;

/// The organization with this id.
///
/// # Errors
/// When there is none.
pub(crate) async fn organization(stores: &Stores, org: &OrgId) -> Result<Organization> {
    match stores.keys.organization(org).await? {
        Some(organization) => Ok(organization),
        None => bail!("there is no {org}"),
    }
}
