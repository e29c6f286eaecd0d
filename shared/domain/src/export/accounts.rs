//! What an export tells of an account.

use serde::{Deserialize, Serialize};

use super::{Cell, Column};
use crate::account::Account;
use crate::account::ExternalId;
use crate::contact::{ContactName, Email, Phone};
use crate::date::{Date, in_milliseconds};
use crate::text::{Prose, Text};

/// A column of an export of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountColumn {
    /// Its id.
    Id,
    /// Its id in its source system.
    ExternalId,
    /// The system it was imported from.
    SourceSystem,
    /// Its type.
    Type,
    /// Its status.
    Status,
    /// The contact's name.
    ContactName,
    /// The contact's phone number.
    ContactPhone,
    /// The contact's e-mail address.
    ContactEmail,
    /// What the source reported as owed.
    TotalAmount,
    /// Its balance.
    Balance,
    /// The currency of both.
    Currency,
    /// The day it is due.
    DueDate,
    /// The days since then; negative while it is not yet due.
    DaysPastDue,
    /// The campaign it belongs to.
    CampaignId,
    /// Who owns it.
    OwnerId,
    /// Free text.
    Notes,
    /// When it was created.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// What its transactions call it. Exports have it when they are asked for it.
    Identifier,
}

use AccountColumn as C;

impl Column<Account> for AccountColumn {
    const ALL: &'static [Self] = &[
        C::Id,
        C::ExternalId,
        C::SourceSystem,
        C::Type,
        C::Status,
        C::ContactName,
        C::ContactPhone,
        C::ContactEmail,
        C::TotalAmount,
        C::Balance,
        C::Currency,
        C::DueDate,
        C::DaysPastDue,
        C::CampaignId,
        C::OwnerId,
        C::Notes,
        C::CreatedAt,
        C::UpdatedAt,
        C::Identifier,
    ];
    const DEFAULT: &'static [Self] = match Self::ALL.split_last() {
        Some((C::Identifier, default)) => default,
        _ => Self::ALL,
    };

    fn name(self) -> &'static str {
        match self {
            C::Id => "id",
            C::ExternalId => "external_id",
            C::SourceSystem => "source_system",
            C::Type => "type",
            C::Status => "status",
            C::ContactName => "contact.name",
            C::ContactPhone => "contact.phone",
            C::ContactEmail => "contact.email",
            C::TotalAmount => "total_amount",
            C::Balance => "balance",
            C::Currency => "currency",
            C::DueDate => "due_date",
            C::DaysPastDue => "days_past_due",
            C::CampaignId => "campaign_id",
            C::OwnerId => "owner_id",
            C::Notes => "notes",
            C::CreatedAt => "created_at",
            C::UpdatedAt => "updated_at",
            C::Identifier => "identifier",
        }
    }

    fn cell(self, account: &Account, as_of: Date) -> Cell<'_> {
        let contact = account.contact.as_ref();
        match self {
            C::Id => Cell::plain(Some(&account.id)),
            C::ExternalId => Cell::free(account.external_id.as_ref().map(ExternalId::as_str)),
            C::SourceSystem => Cell::free(account.source_system.as_ref().map(Text::as_str)),
            C::Type => Cell::Free(account.kind.as_str()),
            C::Status => Cell::Free(account.status.as_str()),
            C::ContactName => Cell::free(contact.map(|contact| ContactName::as_str(&contact.name))),
            C::ContactPhone => {
                Cell::plain(contact.and_then(|contact| contact.phone.as_ref()).map(Phone::as_str))
            }
            C::ContactEmail => {
                Cell::free(contact.and_then(|contact| contact.email.as_ref()).map(Email::as_str))
            }
            C::TotalAmount => account.total_amount.map_or(Cell::Empty, Cell::Amount),
            C::Balance => Cell::Amount(account.balance),
            C::Currency => Cell::Plain(account.currency.code().into()),
            C::DueDate => Cell::plain(account.due_date),
            C::DaysPastDue => account.due_date.map_or(Cell::Empty, |due| Cell::Whole(days_past(due, as_of))),
            C::CampaignId => Cell::free(account.campaign_id.as_ref().map(Text::as_str)),
            C::OwnerId => Cell::free(account.owner_id.as_ref().map(Text::as_str)),
            C::Notes => Cell::free(account.notes.as_ref().map(Prose::as_str)),
            C::CreatedAt => Cell::Plain(in_milliseconds(account.created_at).into()),
            C::UpdatedAt => Cell::Plain(in_milliseconds(account.updated_at).into()),
            C::Identifier => Cell::free(account.identifier.as_ref().map(Text::as_str)),
        }
    }
}

fn days_past(due: Date, as_of: Date) -> i64 {
    as_of.duration_since(due).as_hours() / 24
}
