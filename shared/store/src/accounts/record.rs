//! The attributes of an account, except its history.
//!
//! The record is declared once, and its projection is derived from the declaration. [`Record::into_account`] names every field of
//! [`Account`] and [`Record::of`] every field of the record, so the compiler reports a field that they forget.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_domain::account::{
    Account, AccountIdentifier, AccountStatus, AccountType, AllocationSet, BankDetails, CampaignId, Contact,
    Notes, NumberedClient, OwnerId, PaymentReference, Revision, SourceSystem,
};
use saldo_domain::contact::{ContactName, Email, Phone};
use saldo_domain::id::{AccountId, OrgId};
use saldo_domain::import::ExternalId;
use saldo_domain::money::{Currency, Decimal};
use saldo_domain::receivable::References;

use super::open_item::{AsOpenItem, OpenItem};
use crate::dynamodb::item::{Item, Reader, binary, text};
use crate::dynamodb::record::{AsMoment, AsNested, AsNumber, AsText, Codec, Optional, record};
use crate::dynamodb::revised::REVISION;
use crate::failure::Failure;
use crate::table_keys::AccountKey;

pub(super) const WHAT: &str = "an account";
pub(super) const EXTERNAL_ID: &str = "external";
pub(super) const IDENTIFIER: &str = "ident";
pub(super) const TYPE: &str = "type";
pub(super) const STATUS: &str = "status";
pub(super) const NAME: &str = "name";
pub(super) const PHONE: &str = "phone";
pub(super) const EMAIL: &str = "email";
pub(super) const TOTAL_AMOUNT: &str = "total";
pub(super) const ITEM: &str = "item";
pub(super) const ALLOCATIONS: &str = "set";
pub(super) const BALANCE: &str = "balance";
pub(super) const CURRENCY: &str = "currency";
pub(super) const DUE_DATE: &str = "due";
pub(super) const SOURCE_SYSTEM: &str = "source";
pub(super) const CAMPAIGN_ID: &str = "campaign";
pub(super) const OWNER: &str = "owner";
pub(super) const NOTES: &str = "notes";
pub(super) const BANK: &str = "bank";
pub(super) const CREATED_AT: &str = "created";
pub(super) const UPDATED_AT: &str = "updated";

record! {
    /// An account's item.
    pub(super) struct Record, WHAT;
    id: AccountId as AsText = "id",
    external_id: Option<ExternalId> as Optional<AsText> = EXTERNAL_ID,
    identifier: Option<AccountIdentifier> as Optional<AsText> = IDENTIFIER,
    kind: AccountType as AsText = TYPE,
    status: AccountStatus as AsText = STATUS,
    name: Option<ContactName> as Optional<AsText> = NAME,
    phone: Option<Phone> as Optional<AsText> = PHONE,
    email: Option<Email> as Optional<AsEmail> = EMAIL,
    total_amount: Option<Decimal> as Optional<AsNumber> = TOTAL_AMOUNT,
    item: OpenItem as AsOpenItem = ITEM,
    /// Apart from the open item, so that a version of Saldo that does not know it leaves it alone.
    allocations: Option<AllocationSet> as Optional<AsAllocationSet> = ALLOCATIONS,
    balance: Decimal as AsNumber = BALANCE,
    currency: Currency as AsText = CURRENCY,
    due_date: Option<Date> as Optional<AsText> = DUE_DATE,
    source_system: Option<SourceSystem> as Optional<AsText> = SOURCE_SYSTEM,
    campaign_id: Option<CampaignId> as Optional<AsText> = CAMPAIGN_ID,
    /// The partition key of the owner's accounts in the index by owner.
    owner: Option<String> as Optional<AsText> = OWNER,
    /// The number of the client to which a row has assigned the account.
    client: Option<ExternalId> as Optional<AsText> = "client",
    notes: Option<Notes> as Optional<AsText> = NOTES,
    payment_reference: Option<PaymentReference> as Optional<AsText> = "ref",
    references: Option<References> as Optional<AsText> = "refs",
    bank: Option<Box<BankDetails>> as Optional<AsNested> = BANK,
    created_at: Timestamp as AsMoment = CREATED_AT,
    updated_at: Timestamp as AsMoment = UPDATED_AT,
    revision: Revision as AsRevision = REVISION,
}

/// An e-mail address, which has no `Display`, so that no log line can show it.
pub(super) struct AsEmail;

impl Codec<Email> for AsEmail {
    fn write(value: &Email, _: &'static str) -> Result<Option<AttributeValue>, Failure> {
        Ok(Some(text(value.as_str())))
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<Email>, Failure> {
        reader.optional(attribute)
    }
}

/// The 36 bytes of a set of allocations.
pub(super) struct AsAllocationSet;

impl Codec<AllocationSet> for AsAllocationSet {
    fn write(value: &AllocationSet, _: &'static str) -> Result<Option<AttributeValue>, Failure> {
        Ok(Some(binary(&value.to_bytes())))
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<AllocationSet>, Failure> {
        reader.binary(attribute)
    }
}

/// The 16 bytes of a revision.
pub(super) struct AsRevision;

impl Codec<Revision> for AsRevision {
    fn write(value: &Revision, _: &'static str) -> Result<Option<AttributeValue>, Failure> {
        Ok(Some(binary(value.as_bytes())))
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<Revision>, Failure> {
        reader.binary(attribute)
    }
}

/// An owner as an attribute.
pub(super) fn owner(org: &OrgId, owner: &OwnerId) -> AttributeValue {
    text(AccountKey::owner(org, owner))
}

impl Record {
    pub(super) fn of(org: &OrgId, account: Account) -> Self {
        let (name, phone, email) = match account.contact {
            Some(Contact { name, phone, email }) => (Some(name), phone, email),
            None => (None, None, None),
        };
        let item = OpenItem {
            kind: account.item_kind,
            amounts: account.amounts,
            as_of: account.as_of,
            figures: account.figures,
            discount_until: account.discount_until,
            discount_amount: account.discount_amount,
            omitted: account.omitted,
        };
        Self {
            id: account.id,
            external_id: account.external_id,
            identifier: account.identifier,
            kind: account.kind,
            status: account.status,
            name,
            phone,
            email,
            total_amount: account.total_amount,
            item,
            allocations: account.allocations,
            balance: account.balance,
            currency: account.currency,
            due_date: account.due_date,
            source_system: account.source_system,
            campaign_id: account.campaign_id,
            owner: account.owner_id.map(|owner| AccountKey::owner(org, &owner)),
            client: account.client.map(|client| client.external_id),
            notes: account.notes,
            payment_reference: account.payment_reference,
            references: account.references,
            bank: account.bank,
            created_at: account.created_at,
            updated_at: account.updated_at,
            revision: account.revision,
        }
    }

    pub(super) fn into_account(self, org: &OrgId) -> Result<Account, Failure> {
        let owner = |partition: String| {
            let owner = AccountKey::owner_of(org, &partition);
            owner.ok_or_else(|| Failure::missing("an account's owner"))
        };
        let (phone, email) = (self.phone, self.email);
        Ok(Account {
            id: self.id,
            external_id: self.external_id,
            identifier: self.identifier,
            kind: self.kind,
            status: self.status,
            contact: self.name.map(|name| Contact { name, phone, email }),
            item_kind: self.item.kind,
            amounts: self.item.amounts,
            total_amount: self.total_amount,
            as_of: self.item.as_of,
            figures: self.item.figures,
            omitted: self.item.omitted,
            balance: self.balance,
            currency: self.currency,
            due_date: self.due_date,
            source_system: self.source_system,
            campaign_id: self.campaign_id,
            owner_id: self.owner.map(owner).transpose()?,
            client: self.client.map(|number| NumberedClient::new(org, number)),
            notes: self.notes,
            allocations: self.allocations,
            payment_reference: self.payment_reference,
            references: self.references,
            discount_until: self.item.discount_until,
            discount_amount: self.item.discount_amount,
            bank: self.bank,
            created_at: self.created_at,
            updated_at: self.updated_at,
            revision: self.revision,
        })
    }
}

/// The account in an item.
pub(super) fn account(org: &OrgId, item: &Item) -> Result<Account, Failure> {
    Record::read(item)?.into_account(org)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use saldo_domain::id::AccessId;
    use uuid::Uuid;

    use super::super::size::full_account;
    use super::*;
    use crate::dynamodb::item::item_of;

    /// An account with every field.
    fn complete_account(org: &OrgId) -> Account {
        let bank = BankDetails {
            access_id: AccessId::of_seed(Uuid::nil()),
            name: None,
            product: None,
            owner_name: None,
            iban: None,
            bban: None,
            bic: None,
            cash_account_type: None,
            balance: Decimal::ONE,
            currency: "EUR".parse().expect("a currency"),
            balance_date: None,
            missing_since: None,
        };
        Account { total_amount: Some(Decimal::MAX), bank: Some(Box::new(bank)), ..full_account(org) }
    }

    #[test]
    fn projection_has_every_attribute_of_an_account() {
        let org = OrgId::random().expect("randomness");
        let account = complete_account(&org);
        let mut stored = Vec::new();
        Record::of(&org, account.clone()).write(&mut stored).expect("an item");
        let stored = item_of(stored);
        let projected: BTreeSet<&str> = Record::PROJECTION.iter().copied().collect();
        let written: BTreeSet<&str> = stored.keys().map(String::as_str).collect();
        assert_eq!(projected, written);
        let returned = stored.into_iter().filter(|(name, _)| projected.contains(name.as_str())).collect();
        assert_eq!(super::account(&org, &returned).expect("an account"), account);
    }
}
