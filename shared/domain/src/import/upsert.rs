//! A checked row: the change to an account.

use super::values::{
    RowContext, amount_owed, amounts_fit, balance_has_amount, contact_name, currency, day, email, item_kind,
    own_id, phone, terms_fit,
};
use super::{RowDefaults, Scope};
use crate::account::{
    Account, AccountField as F, AccountIdentifier, AccountStatus, AccountType, CampaignId, Contact,
    DEFAULT_STATUS, DEFAULT_TYPE, ExternalId, FieldSet, FieldSetter, Notes, NumberedClient, OwnerId,
    PaymentReference, SourceSystem,
};
use crate::contact::{ContactName, Email, Phone};
use crate::date::Date;
use crate::fields::{AmbiguousAmount, Body, Fields, Finding, FindingCode, Patch};
use crate::id::AccountId;
use crate::money::{Currency, Decimal};
use crate::receivable::{Amounts, ItemKind, References};
use crate::text::Text;

/// A row of an import. In CSV the fields of the contact are columns: `contact.name`, `contact.phone` and
/// `contact.email`.
///
/// In an existing account, the fields of the row replace the account's, absent fields keep their values, and `null` (in
/// CSV an empty cell) removes optional ones. A row of a new account needs `contact.name` and `total_amount`. Unknown
/// fields are ignored with a warning, except for `days_past_due`, `open_amount`, `created_at` and `updated_at`, which exports
/// have: they are ignored without one.
#[derive(Clone, Debug, PartialEq, Eq, Body)]
#[body(schema(as = ImportRow), ignore_unknown, context = RowContext)]
#[body(rule = amounts_fit(total_amount, balance, currency, ambiguous))]
#[body(rule = balance_has_amount(total_amount, balance))]
#[body(rule = terms_fit(original_amount, discount_amount, currency, ambiguous))]
pub struct AccountUpsert {
    /// The account's id, as in an export: identifies an account without an external id.
    // Beside an external id, both must identify the same account; alone, it must be the id of an imported account. A
    // row with neither creates an account.
    #[body(read = own_id)]
    pub id: Option<AccountId>,
    /// The source's id of the account, unique in the organization. Of rows with the same id, the last one counts.
    #[body(read = Fields::optional_id)]
    pub external_id: Option<ExternalId>,
    #[allow(missing_docs, reason = "its type is documented")]
    #[body(nested, default)]
    pub contact: ContactUpsert,
    /// The amount that the source states: what is still owed, or the original amount. Negative for a credit. A row with `id` or `external_id` of an account that exists may leave it out.
    #[body(read_with = amount_owed, not_null, wire = crate::openapi::AnyAmount)]
    pub total_amount: Option<Decimal>,
    /// Ignored beside `total_amount`, from which it follows; refused without it. Exports have both.
    #[body(read = Fields::amount, wire = crate::openapi::AnyAmount)]
    pub balance: Option<Decimal>,
    /// The currency; the organization's by default.
    // If an existing account keeps its currency, the amounts are checked against it when the row is written.
    #[body(read = currency)]
    pub currency: Patch<Currency>,
    /// The due date.
    #[body(read_with = day)]
    pub due_date: Patch<Date>,
    /// The source system, such as `SAP`.
    #[body(read = Fields::line)]
    pub source_system: Patch<SourceSystem>,
    /// The status; `active` by default.
    #[body(read = Fields::line)]
    pub status: Patch<AccountStatus>,
    /// The campaign that the account belongs to.
    #[body(read = Fields::optional_id)]
    pub campaign_id: Patch<CampaignId>,
    /// The owner: the id of a client, or an id of your own.
    #[body(read = Fields::optional_id)]
    pub owner_id: Patch<OwnerId>,
    /// The number of the client that owns the account, such as the ERP's customer number. The client is created if it does not
    /// exist, and named after the contact.
    // `Checked::resolve` turns it into the owner.
    #[body(read = Fields::optional_id)]
    pub client_external_id: Patch<ExternalId>,
    /// The type; `receivable` by default.
    #[body(rename = "type", read = Fields::line)]
    pub kind: Patch<AccountType>,
    /// Free text.
    #[body(read = Fields::prose)]
    pub notes: Patch<Notes>,
    /// The identifier that its transactions refer to, such as an IBAN; only with `id`.
    #[body(read = Fields::optional_id)]
    pub identifier: Patch<AccountIdentifier>,
    /// What payers state in payments of the debt, such as an invoice number.
    #[body(read = Fields::line)]
    pub payment_reference: Patch<PaymentReference>,
    /// The kind of open item. Without one, a new account with a negative amount is a credit note, any other an invoice.
    #[body(rename = "kind", read_with = item_kind)]
    pub item_kind: Option<ItemKind>,
    /// What `total_amount` states; what the option `amounts` says, by default.
    #[body(read = Fields::optional_parsed)]
    pub amounts: Option<Amounts>,
    /// The last day whose bank payments the source has fully posted; what the option `as_of` says, by default.
    #[body(read_with = day)]
    pub as_of: Option<Date>,
    /// The original amount, if `total_amount` is another one.
    #[body(read = Fields::amount, wire = crate::openapi::AnyAmount)]
    pub original_amount: Option<Decimal>,
    /// The day of the original amount: payments up to it are in it. Without one, it has none of the payments.
    #[body(read_with = day)]
    pub original_as_of: Option<Date>,
    /// The last day of the cash discount.
    #[body(read_with = day)]
    pub discount_until: Patch<Date>,
    /// The cash discount.
    #[body(read = Fields::amount, wire = crate::openapi::AnyAmount)]
    pub discount_amount: Patch<Decimal>,
    /// The document numbers that payers may quote: up to ten, of up to 64 characters. In a table, one text with a comma or a
    /// semicolon between two.
    #[body(read = Fields::joined, wire = Vec<String>)]
    pub references: Patch<References>,
    /// The amounts that are ambiguous in some currencies. In all other currencies, the values above are correct.
    #[body(computed = Fields::take_ambiguous)]
    pub ambiguous: Vec<AmbiguousAmount>,
}

/// The contact of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Body)]
#[body(schema(as = ImportRowContact), prefix = "contact", ignore_unknown, context = RowContext)]
pub struct ContactUpsert {
    /// The full name. A row with `id` or `external_id` of an account that exists may leave it out.
    #[body(read_with = contact_name, not_null)]
    pub name: Option<ContactName>,
    /// The phone number. In a table, text that is not one is kept, with a warning.
    #[body(read_with = phone)]
    pub phone: Patch<Phone>,
    /// The e-mail address. Text that is not one is kept, with a warning.
    #[body(read = email)]
    pub email: Patch<Email>,
}

impl AccountUpsert {
    /// Whether the row has all that a new account needs.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.contact.name.is_some() && self.total_amount.is_some()
    }

    /// Whether the row states this status.
    pub(super) fn states_status(&self, status: &str) -> bool {
        matches!(&self.status, Patch::Set(stated) if stated.as_str() == status)
    }

    /// The findings about what a new account needs and the row leaves out.
    #[must_use]
    pub fn missing(&self) -> Vec<Finding> {
        let fields =
            [(F::ContactName, self.contact.name.is_none()), (F::TotalAmount, self.total_amount.is_none())];
        let missing = fields.into_iter().filter(|(_, is_missing)| *is_missing);
        let found = missing.map(|(field, _)| {
            let reason = "the field is required: the account does not exist yet";
            Finding::in_field(field.name(), FindingCode::Required, reason)
        });
        found.collect()
    }

    /// The findings about what the row states that is not of the scope of a complete file.
    pub(super) fn out_of(&self, scope: &Scope) -> Vec<Finding> {
        let is = |stated: Option<&str>, value: &str| stated == Some(value);
        let findings = scope.fields().filter_map(|(field, value)| {
            let is_of_scope = match field {
                F::SourceSystem => is(text(&self.source_system), value),
                F::CampaignId => is(text(&self.campaign_id), value),
                _ => matches!(self.currency, Patch::Set(currency) if currency.code() == value),
            };
            let reason = format!("the scope of the import is {value}: a complete file has no others");
            (!is_of_scope).then(|| Finding::in_field(field.name(), FindingCode::OutOfScope, reason))
        });
        findings.collect()
    }

    /// Checks the amounts against the currency.
    ///
    /// # Errors
    /// The finding about an amount that is ambiguous or has more decimal places than the currency.
    pub fn fits(&self, currency: Currency) -> Result<(), Finding> {
        if let Some(refused) = self.ambiguous.iter().find_map(|amount| amount.refused_in(currency)) {
            return Err(refused);
        }
        let amounts = [
            (F::TotalAmount, self.total_amount),
            (F::OriginalAmount, self.original_amount),
            (F::DiscountAmount, self.discount_amount.value()),
        ];
        let unfit = |amount: Option<Decimal>| amount.is_some_and(|amount| !currency.admits(amount));
        match amounts.into_iter().find(|(_, amount)| unfit(*amount)) {
            None => Ok(()),
            Some((field, _)) => Err(Finding::too_many_digits(field.name(), currency)),
        }
    }

    /// Sets the name of the account, if the row has it.
    pub(super) fn set_name(&self, account: &mut Account) {
        let Some(name) = self.contact.name.clone() else { return };
        match &mut account.contact {
            Some(contact) => contact.name = name,
            None => account.contact = Some(Contact { name, phone: None, email: None }),
        }
    }

    /// Sets those of the fields that the row does not leave out and that `may_set` admits. Returns which it has set.
    pub(super) fn set_optional(
        &self,
        account: &mut Account,
        defaults: &RowDefaults,
        may_set: impl Fn(F) -> bool,
    ) -> FieldSet {
        // Named one by one, so that the compiler reports a forgotten field.
        let Self {
            id: _,
            external_id: _,
            contact: ContactUpsert { name: _, phone, email },
            total_amount: _,
            balance: _,
            as_of: _,
            original_amount: _,
            original_as_of: _,
            currency,
            due_date,
            source_system,
            status,
            campaign_id,
            owner_id,
            client_external_id,
            kind,
            notes,
            identifier,
            payment_reference,
            item_kind,
            amounts,
            discount_until,
            discount_amount,
            references,
            ambiguous: _,
        } = self;
        let mut fields = FieldSetter::new(may_set);
        if let Some(contact) = &mut account.contact {
            fields.optional(F::ContactPhone, &mut contact.phone, phone);
            fields.optional(F::ContactEmail, &mut contact.email, email);
        }
        fields.required(F::Currency, &mut account.currency, currency, || defaults.currency);
        fields.optional(F::DueDate, &mut account.due_date, due_date);
        fields.optional(F::SourceSystem, &mut account.source_system, source_system);
        fields.required(F::Status, &mut account.status, status, || AccountStatus::of_program(DEFAULT_STATUS));
        fields.optional(F::CampaignId, &mut account.campaign_id, campaign_id);
        fields.optional(F::OwnerId, &mut account.owner_id, owner_id);
        fields.optional(F::ClientExternalId, &mut account.client, &client(client_external_id, owner_id));
        fields.required(F::Type, &mut account.kind, kind, || AccountType::of_program(DEFAULT_TYPE));
        fields.optional(F::Notes, &mut account.notes, notes);
        fields.optional(F::Identifier, &mut account.identifier, identifier);
        fields.optional(F::PaymentReference, &mut account.payment_reference, payment_reference);
        fields.given(F::Kind, &mut account.item_kind, item_kind.as_ref());
        fields.given(F::Amounts, &mut account.amounts, amounts.or(defaults.amounts).as_ref());
        fields.optional(F::DiscountUntil, &mut account.discount_until, discount_until);
        fields.optional(F::DiscountAmount, &mut account.discount_amount, discount_amount);
        fields.optional(F::References, &mut account.references, references);
        fields.finish()
    }
}

/// The text that a row states.
fn text<const MAX: usize>(stated: &Patch<Text<MAX>>) -> Option<&str> {
    match stated {
        Patch::Set(text) => Some(text.as_str()),
        Patch::Clear | Patch::Keep => None,
    }
}

/// The client of a row that is resolved: its owner is the client with this number.
fn client(number: &Patch<ExternalId>, owner: &Patch<OwnerId>) -> Patch<NumberedClient> {
    match (number, owner) {
        (Patch::Set(external_id), Patch::Set(owner_id)) => {
            Patch::Set(NumberedClient { external_id: external_id.clone(), owner_id: owner_id.clone() })
        }
        (Patch::Clear, _) => Patch::Clear,
        (Patch::Keep | Patch::Set(_), _) => Patch::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_has_all_imported_fields() {
        let mut row = AccountUpsert::FIELDS.all().to_vec();
        let mut imported: Vec<_> = F::imported().map(F::name).collect();
        row.sort_unstable();
        imported.sort_unstable();
        assert_eq!(row, imported);
    }
}
