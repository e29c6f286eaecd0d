//! The size of an account's item. DynamoDB charges a write unit for each KB, so a full account has to stay below one.

use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use saldo_domain::account::{
    Account, AccountField, AllocationSet, Contact, FieldSet, History, NumberedClient, Revision,
};
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::shards::Shards;
use saldo_domain::id::{AccountId, ImportId, KeyId, OrgId};
use saldo_domain::receivable::{Amounts, Figure, Figures, ItemKind, SourceFile};
use uuid::Uuid;

use super::state::item;
use crate::dynamodb::item::Item;

/// A write unit.
const UNIT_BYTES: usize = 1_024;

/// The size of an item by DynamoDB's rules: the names of its attributes in UTF-8, and their values.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + bytes_of(value)).sum()
}

fn bytes_of(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        // Two significant digits in a byte, and a byte more; another one for a sign.
        AttributeValue::N(number) => {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            let significant = digits.trim_matches('0').len();
            significant.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
        }
        AttributeValue::M(members) => 3 + bytes(members) + members.len(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + bytes_of(value)).sum::<usize>(),
        _ => 1,
    }
}

fn parsed<T: FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

/// An imported debt with every field that imports and edits set, and with long values.
pub(super) fn full_account(org: &OrgId) -> Account {
    let now = Timestamp::from_millisecond(1_790_000_000_123).expect("a moment");
    let external_id = parsed("INV-2026-000042-0007/DE-MUC-01");
    Account {
        id: AccountId::of_external(org, &external_id),
        external_id: Some(external_id),
        identifier: Some(parsed("MT84MALT011000012345MTLCAST001S")),
        kind: parsed("receivable"),
        status: parsed("escalated"),
        contact: Some(Contact {
            name: parsed("María Fernanda García de los Santos y Hermanos S.R.L."),
            phone: Some(parsed("+5491155551234")),
            email: Some(parsed("cuentas.a.pagar@garcia-de-los-santos.example.com.ar")),
        }),
        item_kind: ItemKind::CreditNote,
        amounts: Amounts::Originals,
        total_amount: Some(parsed("-1234567890.12")),
        as_of: Some(parsed("2026-03-15")),
        figures: Some(Figures::of_extremes(
            Figure { amount: parsed("-1234567890.12"), as_of: Some(parsed("2026-03-15")) },
            Figure { amount: parsed("-9234567890.12"), as_of: Some(parsed("2026-01-02")) },
        )),
        omitted: Some(SourceFile { as_of: parsed("2026-03-15"), import: ImportId::of_seed(Uuid::now_v7()) }),
        balance: parsed("1234567890.12"),
        currency: parsed("ARS"),
        due_date: Some(parsed("2026-01-15")),
        source_system: Some(parsed("SAP S/4HANA Finance")),
        campaign_id: Some(parsed("2026-spring-reminders-2")),
        owner_id: Some(parsed("cli_mfrggzdfmztwq2lkmfrggzdfmz")),
        client: Some(NumberedClient::new(org, parsed("0010002345"))),
        notes: Some(parsed(
            "60 days past due; prior arrangement lapsed, call again after the 15th, ask for Ms. Núñez",
        )),
        payment_reference: Some(parsed("RF18 5390 0754 7034 5390 0754")),
        references: Some(parsed("PO-4500017432, 2026-000042")),
        discount_until: Some(parsed("2026-01-25")),
        discount_amount: Some(parsed("24691357.80")),
        allocations: Some(AllocationSet {
            id: Revision::next(),
            number: 1_000,
            last: Revision::next(),
            written: 99,
        }),
        bank: None,
        created_at: now,
        updated_at: now,
        revision: Revision::next(),
    }
}

#[test]
fn full_account_costs_one_write_unit() {
    let org = OrgId::random_with(Shards::MAX).expect("randomness");
    let mut history = History {
        first_import: Some(ImportId::of_seed(Uuid::now_v7())),
        last_import: Some(ImportId::of_seed(Uuid::now_v7())),
        last_edit: Some(Revision::next()),
        deleted_by: Some(Revision::next()),
        created_before_deletion_by: Some(ImportId::of_seed(Uuid::now_v7())),
        ..History::default()
    };
    // Three imports and edits have set fields last.
    for field in [AccountField::Notes, AccountField::PaymentReference, AccountField::Status] {
        let mut set = FieldSet::default();
        set.insert(field);
        history.stamps.stamp(Uuid::now_v7().as_bytes(), set);
    }
    let by = ChangedBy::key(KeyId::of_seed(Uuid::now_v7()), Uuid::now_v7());
    let item = item(&org, full_account(&org), &history, &by).expect("an item");
    let size = bytes(&item);
    println!("a full account has {size} bytes");
    assert!(size < UNIT_BYTES, "{size} bytes: {item:?}");
    assert!(item.len() > 25, "a full account: {item:?}");
}

#[test]
fn sizes_are_those_of_the_rules() {
    let number = |text: &str| bytes_of(&AttributeValue::N(text.to_owned()));
    assert_eq!((number("1"), number("27"), number("-10.25"), number("1000")), (2, 2, 4, 2));
    let item = Item::from([("größe".to_owned(), AttributeValue::S("ä".to_owned()))]);
    assert_eq!(bytes(&item), 7 + 2);
    assert_eq!(bytes_of(&AttributeValue::M(item)), 3 + 9 + 1);
}
