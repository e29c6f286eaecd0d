//! What happens to the account: random rows, edits and a deletion, and when rows are delivered.

use proptest::prelude::*;
use uuid::Uuid;

use super::currency;
use crate::account::{AccountChange, NumberedClient, Revision};
use crate::fields::{Body, Fields, Patch};
use crate::id::{ImportId, OrgId};
use crate::import::{AccountUpsert, RawRow, RowBody, RowRules, Shape};

/// A row of an import, a manual edit or a deletion.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Row(ImportId, Box<AccountUpsert>),
    Edit(Revision, Box<AccountChange>),
    Deletion(Revision),
}

/// What an event consists of, but for its place in the order of time.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// 0 to 4: a row; 5 and 6: an edit; 7: a deletion.
    pub(super) kind: u8,
    pub(super) amount: &'static str,
    pub(super) notes: Patch<u8>,
    pub(super) campaign: Patch<u8>,
    /// 0 is client 0, and 1 another owner.
    pub(super) owner: Patch<u8>,
    /// The number of a client, 0 or 1. Edits have none.
    pub(super) client: Patch<u8>,
    pub(super) currency: Patch<&'static str>,
    /// Whether a row leaves out the name, and the amount.
    pub(super) without: (bool, bool),
}

/// When a row is delivered.
#[derive(Clone, Debug)]
pub(super) struct Deliveries {
    delay: usize,
    /// The delays of the deliveries after the first one.
    again: Vec<usize>,
}

pub(super) fn part(currencies: bool) -> impl Strategy<Value = Part> {
    let value = || prop_oneof![Just(Patch::Keep), Just(Patch::Clear), (0..2_u8).prop_map(Patch::Set)];
    let code = prop_oneof![
        Just(Patch::Keep),
        Just(Patch::Clear),
        prop::sample::select(vec!["EUR", "USD", "JPY"]).prop_map(Patch::Set)
    ];
    let amount = prop::sample::select(vec!["1", "2", "2.5"]);
    let without = prop_oneof![2 => Just((false, false)), 1 => any::<(bool, bool)>()];
    let owner = (value(), value());
    (0..8_u8, amount, value(), value(), owner, code, without).prop_map(
        move |(kind, amount, notes, campaign, (owner, client), code, without)| Part {
            kind,
            amount,
            notes,
            campaign,
            owner,
            client,
            currency: if currencies { code } else { Patch::Keep },
            without,
        },
    )
}

pub(super) fn deliveries() -> impl Strategy<Value = Vec<Deliveries>> {
    let again = prop::collection::vec(0..8_usize, 0..3);
    prop::collection::vec((0..4_usize, again).prop_map(|(delay, again)| Deliveries { delay, again }), 8)
}

impl Part {
    /// The optional members of its JSON.
    fn members(&self, is_row: bool) -> String {
        let mut members = String::new();
        let client = if is_row { self.client } else { Patch::Keep };
        // A row that names two owners is refused.
        let owner = if matches!(client, Patch::Set(_)) { Patch::Keep } else { self.owner };
        let owner = owner.map(|n| match n {
            0 => NumberedClient::new(&OrgId::placeholder(), "text 0".parse().expect("a number"))
                .owner_id
                .into(),
            _ => "another".to_owned(),
        });
        let text = |value: Patch<u8>| value.map(|n| format!("text {n}"));
        for (name, value) in [
            ("notes", text(self.notes)),
            ("campaign_id", text(self.campaign)),
            ("client_external_id", text(client)),
            ("owner_id", owner),
        ] {
            members.extend(match value {
                Patch::Keep => None,
                Patch::Clear => Some(format!(r#","{name}":null"#)),
                Patch::Set(text) => Some(format!(r#","{name}":"{text}""#)),
            });
        }
        match self.currency {
            Patch::Clear if is_row => members.push_str(r#","currency":null"#),
            Patch::Set(code) => members.extend([r#","currency":""#, code, r#"""#]),
            Patch::Clear | Patch::Keep => {}
        }
        members
    }

    /// The amount, without decimal places if the part states a currency that has none.
    fn amount(&self) -> &'static str {
        if self.currency == Patch::Set("JPY") && self.amount == "2.5" { "3" } else { self.amount }
    }

    fn row(&self) -> AccountUpsert {
        let (amount, members) = (self.amount(), self.members(true));
        let (name, total) = (
            if self.without.0 { String::new() } else { format!(r#","contact":{{"name":"Ana {amount}"}}"#) },
            if self.without.1 { String::new() } else { format!(r#","total_amount":{amount}"#) },
        );
        let json = format!(r#"{{"external_id":"A"{name}{total}{members}}}"#);
        let row = RawRow { index: 0, line: None, body: RowBody::Json(json.into()) };
        let mut checked = row.check(&Shape::Objects, &RowRules::default(), currency());
        checked.resolve(&OrgId::placeholder());
        checked.upsert.expect("a valid row")
    }

    fn edit(&self) -> AccountChange {
        let json = format!(r#"{{"balance":{}{}}}"#, self.amount(), self.members(false));
        let fields = Fields::of_json(AccountChange::FIELDS, json.as_bytes()).expect("JSON");
        AccountChange::read(fields, ()).expect("a valid change")
    }
}

/// The events in the order of time. The first one is a row, and one at most is a deletion: an account that is deleted twice
/// forgets which import created it first.
pub(super) fn events(parts: &[Part]) -> Vec<Event> {
    let mut is_deleted = false;
    let event = |(n, part): (usize, &Part)| {
        let id = Uuid::new_v7(uuid::Timestamp::from_unix_time(n as u64 + 1, 0, 0, 0));
        let revision = Revision::try_from(&id.as_bytes()[..]).expect("a revision");
        match part.kind {
            7 if n > 0 && !std::mem::replace(&mut is_deleted, true) => Event::Deletion(revision),
            5.. if n > 0 => Event::Edit(revision, Box::new(part.edit())),
            // The first row creates the account.
            _ if n == 0 => Event::Row(
                ImportId::of_seed(id),
                Box::new(Part { without: (false, false), ..part.clone() }.row()),
            ),
            _ => Event::Row(ImportId::of_seed(id), Box::new(part.row())),
        }
    };
    parts.iter().enumerate().map(event).collect()
}

/// The deliveries of rows, and the edits and the deletion, in the order in which they happen: the indexes of the events.
/// The first row is never late: without an account there is nothing to edit.
pub(super) fn order(events: &[Event], deliveries: &[Deliveries]) -> Vec<usize> {
    let mut order = Vec::new();
    for (n, event) in events.iter().enumerate() {
        let Event::Row(..) = event else {
            // An edit at the time n comes before rows that are delivered at the same time.
            order.push((n, false, n));
            continue;
        };
        let Deliveries { delay, again } = &deliveries[n];
        let first = if n > 0 { n + delay } else { 0 };
        order.push((first, true, n));
        order.extend(again.iter().map(|delay| (first + delay, true, n)));
    }
    order.sort_by_key(|(at, is_row, _)| (*at, *is_row));
    order.into_iter().map(|(_, _, n)| n).collect()
}
