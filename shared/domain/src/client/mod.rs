//! Clients, the owners of accounts. An internal client is one of the organization's own banks, wallets or tills; an
//! external one is a counterparty.

mod name;
mod numbered;

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use name::{InvalidNameSource, NameSource};
pub use numbered::ClientOfRow;

use crate::account::ExternalId;
use crate::fields::{Body, Fields, Patch};
use crate::id::{ClientId, OrgId};
use crate::text::{Prose, Text};

/// The name of a client.
pub type ClientName = Text<256>;
/// Free text about a client.
pub type Description = Prose<2_000>;

/// A client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The id.
    pub id: ClientId,
    /// The number in the source system, unique in the organization. The id is derived from it, so it never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The name.
    pub name: ClientName,
    /// Where the name comes from, if rows of imports may still give it another; `None` if a request has given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_source: Option<NameSource>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Whether it is internal or external.
    pub kind: ClientKind,
    /// When it was created.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
}

/// Whether a client belongs to the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// The organization's own: type 0.
    Internal,
    /// A counterparty: type 1.
    External,
}

/// The meaning of the balance of a client's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// The organization has this much there.
    FundsAvailable,
    /// The organization has drawn this much more than it had there.
    Overdraft,
    /// The organization owes the client this much.
    CompanyOwesClient,
    /// The client owes the organization this much.
    ClientOwesCompany,
    /// The balance is zero.
    Settled,
}

impl ClientKind {
    /// The number of the kind on the wire.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Internal => 0,
            Self::External => 1,
        }
    }

    /// The meaning of a balance of an account of such a client. `sign` compares the balance with zero.
    #[must_use]
    pub fn position(self, sign: Ordering) -> Position {
        match (self, sign) {
            (_, Ordering::Equal) => Position::Settled,
            (Self::Internal, Ordering::Greater) => Position::FundsAvailable,
            (Self::Internal, Ordering::Less) => Position::Overdraft,
            (Self::External, Ordering::Greater) => Position::CompanyOwesClient,
            (Self::External, Ordering::Less) => Position::ClientOwesCompany,
        }
    }
}

/// A new external client.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = NewClient, example = json!({ "name": "ACME Brokers", "description": "Preferred FX counterparty" })))]
#[body(read_only("type", "the type can't be set: a client made here is external, type 1"))]
pub struct NewClient {
    /// The name.
    pub name: ClientName,
    /// Free text.
    #[body(read = Fields::optional, wire = crate::openapi::BlankOrProse<2_000>)]
    pub description: Option<Description>,
    /// The number in the source system, such as the ERP's customer number, unique in the organization. It can't be changed
    /// later.
    #[body(read = Fields::optional_id)]
    pub external_id: Option<ExternalId>,
}

/// A change of a client. Absent fields keep their values; `null` removes the description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Body)]
#[body(schema(as = ClientChange, example = json!({ "description": "Preferred FX counterparty" })))]
#[body(read_only("type", "the type can't be set: a client made here is external, type 1"))]
#[body(read_only(
    "external_id",
    "the external_id can't be changed: the client's id is derived from it; create another client with it"
))]
pub struct ClientChange {
    /// The name.
    #[body(not_null)]
    pub name: Option<ClientName>,
    /// Free text.
    #[body(read = Fields::optional, wire = crate::openapi::BlankOrProse<2_000>)]
    pub description: Patch<Description>,
}

impl NewClient {
    /// The client. If it has no number, its id is derived from the seed. Internal clients come with the organization's bank
    /// connections.
    #[must_use]
    pub fn create(self, org: &OrgId, seed: Uuid, now: Timestamp) -> Client {
        let Self { name, description, external_id } = self;
        let id = match &external_id {
            Some(number) => ClientId::of_external(org, number),
            None => ClientId::of_seed(seed),
        };
        Client {
            id,
            external_id,
            name,
            name_source: None,
            description,
            kind: ClientKind::External,
            created_at: now,
            updated_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Decimal;

    #[test]
    fn position_depends_on_sign_and_kind() {
        let cases = [
            (ClientKind::Internal, "100.01", Position::FundsAvailable),
            (ClientKind::Internal, "-0.01", Position::Overdraft),
            (ClientKind::Internal, "0", Position::Settled),
            (ClientKind::Internal, "-0", Position::Settled),
            (ClientKind::External, "0.01", Position::CompanyOwesClient),
            (ClientKind::External, "-45000", Position::ClientOwesCompany),
            (ClientKind::External, "0.00", Position::Settled),
            (ClientKind::External, "-0.00", Position::Settled),
        ];
        for (kind, balance, position) in cases {
            let amount = crate::money::parse_plain(balance).expect(balance);
            assert_eq!(kind.position(amount.cmp(&Decimal::ZERO)), position, "{kind:?} {balance}");
        }
    }
}
