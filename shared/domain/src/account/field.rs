//! The fields of an account as files have them: members of an import's rows and columns of an export.

use serde::{Deserialize, Serialize};
use strum::{EnumString, VariantArray, VariantNames};

use super::Account;
use crate::account::{AccountIdentifier, ExternalId};
use crate::contact::{ContactName, Email, Phone};
use crate::date::Date;
use crate::export::{Cell, Column, Profile, Reader};
use crate::money::Decimal;
use crate::receivable::References;
use crate::text::{Prose, Text};

/// A field of an account.
///
/// The order is that of the columns in files that Saldo writes. A field's position is also its bit in stored masks, so
/// new fields come last.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    VariantArray,
    VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AccountField {
    /// Its id. A row of an import identifies an account without an external id by it.
    Id,
    /// The source's id of the account.
    ExternalId,
    /// The system it was imported from.
    SourceSystem,
    /// Its type.
    Type,
    /// Its status.
    Status,
    /// The contact's full name; required in imports.
    #[strum(serialize = "contact.name")]
    ContactName,
    /// The contact's phone number.
    #[strum(serialize = "contact.phone")]
    ContactPhone,
    /// The contact's e-mail address.
    #[strum(serialize = "contact.email")]
    ContactEmail,
    /// The amount owed, as the source reported it; required in imports.
    TotalAmount,
    /// Its balance. In imports only beside the id, if it is not the negated amount owed.
    Balance,
    /// The currency of both amounts.
    Currency,
    /// The due date.
    DueDate,
    /// The days since the due date; negative before it. Only in exports.
    DaysPastDue,
    /// The campaign it belongs to.
    CampaignId,
    /// Its owner.
    OwnerId,
    /// Free text.
    Notes,
    /// When it was created. Only in exports.
    CreatedAt,
    /// When it was last changed. Only in exports.
    UpdatedAt,
    /// The identifier that its transactions use. In imports only beside the id; in exports only on request.
    Identifier,
    /// What payers state in payments of the debt. In exports only on request.
    PaymentReference,
    /// The kind of open item.
    Kind,
    /// What the source's amounts state.
    Amounts,
    /// The last day whose bank payments are in the source's figure.
    AsOf,
    /// The original amount.
    OriginalAmount,
    /// The earliest day of which the source has stated the original amount.
    OriginalAsOf,
    /// What is still owed. Only in exports.
    OpenAmount,
    /// The last day of the cash discount. In exports only on request.
    DiscountUntil,
    /// The cash discount. In exports only on request.
    DiscountAmount,
    /// The document numbers that payers may quote. In exports only on request.
    References,
    /// The number of the client that it belongs to, if a row has assigned it by that. In exports only on request.
    ClientExternalId,
}

impl AccountField {
    /// All fields.
    pub const ALL: &'static [Self] = <Self as VariantArray>::VARIANTS;
    /// The names of all fields, each at the position of its field.
    pub const NAMES: &'static [&'static str] = <Self as VariantNames>::VARIANTS;

    /// The fields that every row of an import must have.
    pub const REQUIRED: [Self; 2] = [Self::ContactName, Self::TotalAmount];

    /// The fields that hold ids.
    pub const IDS: [Self; 5] =
        [Self::ExternalId, Self::CampaignId, Self::OwnerId, Self::Identifier, Self::ClientExternalId];

    /// The fields that a row of an import may have.
    pub fn imported() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|field| !field.is_exported_only())
    }

    /// Whether only exports have the field. Imports ignore it without a warning, so that an export can be imported
    /// unchanged.
    #[must_use]
    pub fn is_exported_only(self) -> bool {
        matches!(self, Self::DaysPastDue | Self::CreatedAt | Self::UpdatedAt | Self::OpenAmount)
    }

    /// Whether the field holds an amount.
    #[must_use]
    pub fn is_amount(self) -> bool {
        matches!(
            self,
            Self::TotalAmount
                | Self::Balance
                | Self::OriginalAmount
                | Self::OpenAmount
                | Self::DiscountAmount
        )
    }

    /// Whether the field holds a day.
    #[must_use]
    pub fn is_day(self) -> bool {
        matches!(self, Self::DueDate | Self::AsOf | Self::OriginalAsOf | Self::DiscountUntil)
    }

    /// Whether the field counts only in rows with an account's id (the id itself included), as exports have them. Other
    /// systems have columns of these names with other meanings.
    #[must_use]
    pub fn is_beside_id(self) -> bool {
        matches!(self, Self::Id | Self::Balance | Self::Identifier)
    }

    /// The field's name: its path in JSON and its header in CSV.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The field of an import's row with this exact name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().filter(|field: &Self| !field.is_exported_only())
    }

    /// The field of an import's CSV header. Case, whitespace and underscores are ignored: `Total Amount` is
    /// `total_amount`.
    #[must_use]
    pub fn of_header(header: &str) -> Option<Self> {
        let wanted = normalized(header);
        Self::imported().find(|field| normalized(field.name()) == wanted)
    }
}

/// The name without whitespace and underscores, in lower case.
fn normalized(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && *c != '_').flat_map(char::to_lowercase).collect()
}

use AccountField as F;

impl Column<Account> for AccountField {
    const ALL: &'static [Self] = Self::ALL;

    fn is_default(self, profile: Profile) -> bool {
        match self {
            F::Identifier
            | F::PaymentReference
            | F::DiscountUntil
            | F::DiscountAmount
            | F::References
            | F::ClientExternalId => false,
            // Without them, a file that is imported again weeks later would pass for a new statement of the source.
            F::Kind | F::Amounts | F::AsOf | F::OriginalAmount | F::OriginalAsOf | F::OpenAmount => {
                profile == Profile::Raw
            }
            _ => true,
        }
    }

    fn name(self) -> &'static str {
        self.name()
    }

    fn cell(self, account: &Account, reader: Reader) -> Cell<'_> {
        let contact = account.contact.as_ref();
        let amount = |amount: Option<Decimal>| {
            amount.map_or(Cell::Empty, |amount| Cell::Amount(amount, account.currency))
        };
        let day = |day: Option<Date>| day.map_or(Cell::Empty, Cell::Day);
        match self {
            F::Id => Cell::plain(Some(&account.id)),
            F::ExternalId => Cell::free(account.external_id.as_ref().map(ExternalId::as_str)),
            F::SourceSystem => Cell::free(account.source_system.as_ref().map(Text::as_str)),
            F::Type => Cell::Free(account.kind.as_str()),
            F::Status if reader.profile == Profile::Raw => Cell::Free(account.status.as_str()),
            F::Status => Cell::Free(account.shown_status()),
            F::ContactName => Cell::free(contact.map(|contact| ContactName::as_str(&contact.name))),
            F::ContactPhone => match contact.and_then(|contact| contact.phone.as_ref()) {
                // Anything else may begin with a formula.
                Some(phone) if phone.is_number() => Cell::Plain(phone.as_str().into()),
                phone => Cell::free(phone.map(Phone::as_str)),
            },
            F::ContactEmail => {
                Cell::free(contact.and_then(|contact| contact.email.as_ref()).map(Email::as_str))
            }
            F::TotalAmount => amount(account.total_amount),
            F::Balance => Cell::Amount(account.balance, account.currency),
            F::Currency => Cell::Plain(account.currency.code().into()),
            F::DueDate => day(account.due_date),
            F::DaysPastDue => {
                account.due_date.map_or(Cell::Empty, |due| Cell::Whole(days_past(due, reader.as_of)))
            }
            F::CampaignId => Cell::free(account.campaign_id.as_ref().map(Text::as_str)),
            F::OwnerId => Cell::free(account.owner_id.as_ref().map(Text::as_str)),
            F::Notes => Cell::free(account.notes.as_ref().map(Prose::as_str)),
            F::CreatedAt => Cell::Moment(account.created_at),
            F::UpdatedAt => Cell::Moment(account.updated_at),
            F::Identifier => Cell::free(account.identifier.as_ref().map(AccountIdentifier::as_str)),
            F::PaymentReference => Cell::free(account.payment_reference.as_ref().map(Text::as_str)),
            F::Kind => Cell::plain(account.is_imported().then_some(account.item_kind)),
            F::Amounts => Cell::plain(account.is_imported().then_some(account.amounts)),
            F::AsOf => day(account.as_of),
            F::OriginalAmount => amount(account.original().map(|original| original.amount)),
            F::OriginalAsOf => day(account.original().and_then(|original| original.as_of)),
            F::OpenAmount => amount(account.open_amount()),
            F::DiscountUntil => day(account.discount_until),
            F::DiscountAmount => amount(account.discount_amount),
            F::References => Cell::free(account.references.as_ref().map(References::as_str)),
            F::ClientExternalId => Cell::free(account.client_external_id().map(ExternalId::as_str)),
        }
    }
}

fn days_past(due: Date, as_of: Date) -> i64 {
    as_of.duration_since(due).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_match_regardless_of_case_whitespace_and_underscores() {
        for header in ["total_amount", "Total Amount", "TOTALAMOUNT", " total  amount "] {
            assert_eq!(F::of_header(header), Some(F::TotalAmount), "{header:?}");
        }
        assert_eq!(F::of_header("Contact.Name"), Some(F::ContactName));
        assert_eq!(F::of_header("total-amount"), None);
        assert_eq!(F::of_header(""), None);
    }

    #[test]
    fn every_imported_field_is_found_by_its_name() {
        for field in F::imported() {
            assert_eq!(F::named(field.name()), Some(field));
            assert_eq!(F::of_header(field.name()), Some(field));
        }
        for name in ["days_past_due", "created_at", "updated_at", "open_amount"] {
            assert_eq!((F::named(name), F::of_header(name)), (None, None));
        }
    }

    /// Stored masks depend on the positions: add names at the end, and change none.
    #[test]
    fn positions_of_fields_do_not_change() {
        let names = "id external_id source_system type status contact.name contact.phone contact.email total_amount \
            balance currency due_date days_past_due campaign_id owner_id notes created_at updated_at identifier \
            payment_reference kind amounts as_of original_amount original_as_of open_amount discount_until discount_amount \
            references client_external_id";
        assert!(F::NAMES.iter().copied().eq(names.split_whitespace()));
    }

    #[test]
    fn names_are_at_the_positions_of_their_fields() {
        for (at, field) in F::ALL.iter().enumerate() {
            assert_eq!((*field as usize, F::NAMES[at]), (at, field.name()));
        }
    }
}
