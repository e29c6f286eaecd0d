//! Clients: who owns accounts. An internal client is one of the organization's own banks,
//! wallets or tills; an external one is a counterparty.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fields::{Fields, Finding, FindingCode, Patch};
use crate::id::ClientId;
use crate::text::{Prose, Text};

/// What a client is called.
pub type ClientName = Text<256>;
/// Free text about a client.
pub type Description = Prose<2_000>;

const NAME: &str = "name";
const DESCRIPTION: &str = "description";
const TYPE: &str = "type";

/// The fields of a client that a request may name.
pub const CLIENT_FIELDS: &[&str] = &[NAME, DESCRIPTION, TYPE];

/// A client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// Its name.
    pub name: ClientName,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Whose side it is on.
    pub kind: ClientKind,
    /// When it was created.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
}

/// Whose side a client is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// The organization's own: type 0.
    Internal,
    /// A counterparty: type 1.
    External,
}

/// What the balance of a client's account means.
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
    /// Nobody owes anybody.
    Settled,
}

impl ClientKind {
    /// The kind's number on the wire.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Internal => 0,
            Self::External => 1,
        }
    }

    /// What a balance means for an account of such a client; `sign` is how the balance
    /// compares with zero.
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

impl Client {
    /// A new external client: its name is required.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn create(mut fields: Fields, id: ClientId, now: Timestamp) -> Result<Self, Vec<Finding>> {
        let name = fields.required(NAME, Fields::text);
        let description = fields.optional(DESCRIPTION).value();
        refuse_type(&mut fields);
        let client = name.map(|name| Self {
            id,
            name,
            description,
            kind: ClientKind::External,
            created_at: now,
            updated_at: now,
        });
        fields.finish(client)
    }
}

/// What to change in a client. What is not mentioned stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientChange {
    /// Its name.
    pub name: Option<ClientName>,
    /// Free text.
    pub description: Patch<Description>,
}

impl ClientChange {
    /// Reads a change.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn read(mut fields: Fields) -> Result<Self, Vec<Finding>> {
        let name = fields.not_null(NAME, Fields::text);
        let description = fields.optional(DESCRIPTION);
        refuse_type(&mut fields);
        fields.finish(Some(Self { name, description }))
    }
}

/// Internal clients come with the organization's bank connections.
fn refuse_type(fields: &mut Fields) {
    if fields.take(TYPE).is_some() {
        let reason = "the type can't be set: a client made here is external, type 1";
        fields.report(Finding::in_field(TYPE, FindingCode::ReadOnly, reason));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Decimal;

    #[test]
    fn the_sign_of_a_balance_means_what_the_type_of_client_makes_of_it() {
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
