//! Clients that rows of imports name by their numbers.

use jiff::Timestamp;

use super::{Client, ClientKind, ClientName, NameSource};
use crate::account::ExternalId;
use crate::contact::ContactName;
use crate::id::{ClientId, ImportId, OrgId};

impl ClientId {
    /// The id of the organization's client with this number. It depends on nothing else, so requests and
    /// imports that create the client at the same time write one item, and no two clients share a number.
    #[must_use]
    pub fn of_external(org: &OrgId, external_id: &ExternalId) -> Self {
        Self::of_parts(&[b"external client", org.as_bytes(), external_id.as_str().as_bytes()])
    }
}

/// A client that a row of an import names by its number, as far as the row knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientOfRow {
    /// Its id, which follows from its number.
    pub id: ClientId,
    /// Its number.
    pub external_id: ExternalId,
    /// The name of the row's contact or, if the row has none, the number.
    pub name: ClientName,
    /// Where the name comes from.
    pub name_source: NameSource,
}

impl ClientOfRow {
    /// The client with this number that row `row` of an import names, which has this place in the order of imports.
    #[must_use]
    pub fn new(
        org: &OrgId,
        external_id: &ExternalId,
        contact: Option<&ContactName>,
        (import, row): (&ImportId, u64),
    ) -> Self {
        Self {
            id: ClientId::of_external(org, external_id),
            external_id: external_id.clone(),
            name: contact.cloned().unwrap_or_else(|| ClientName::from(external_id.as_text())),
            name_source: NameSource::of_row(contact, import, row),
        }
    }

    /// The client as it is to become, if it is to be created or named anew; `None` if it needs nothing. The earliest row that
    /// names a client names it, unless a request has named it.
    #[must_use]
    pub fn change(&self, before: Option<&Client>, now: Timestamp) -> Option<Client> {
        let Some(before) = before else { return Some(self.created(now)) };
        let is_earlier = before.name_source.as_ref().is_some_and(|source| self.name_source < *source);
        is_earlier.then(|| Client {
            name: self.name.clone(),
            name_source: Some(self.name_source.clone()),
            updated_at: if before.name == self.name { before.updated_at } else { now },
            ..before.clone()
        })
    }

    fn created(&self, now: Timestamp) -> Client {
        Client {
            id: self.id.clone(),
            external_id: Some(self.external_id.clone()),
            name: self.name.clone(),
            name_source: Some(self.name_source.clone()),
            description: None,
            kind: ClientKind::External,
            created_at: now,
            updated_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::id::shards::Shards;

    fn import(n: u64) -> ImportId {
        ImportId::of_seed(Uuid::from_u64_pair(0x0189_0000_0000_7000 + (n << 16), 0x8000_0000_0000_0000))
    }

    fn named(row: (u64, u64, Option<u8>)) -> ClientOfRow {
        let number = "0042".parse().expect("a number");
        let contact = row.2.map(|name| format!("Name {name}").parse().expect("a name"));
        ClientOfRow::new(&OrgId::placeholder(), &number, contact.as_ref(), (&import(row.0), row.1))
    }

    fn run(rows: &[(u64, u64, Option<u8>)]) -> Option<Client> {
        let step = |client: Option<Client>, row: &(u64, u64, Option<u8>)| {
            named(*row).change(client.as_ref(), Timestamp::UNIX_EPOCH).or(client)
        };
        rows.iter().fold(None, step)
    }

    proptest! {
        #[test]
        fn name_is_the_same_in_every_order(
            contacts in prop::collection::btree_map((0..4_u64, 0..4_u64), prop::option::of(0..9_u8), 1..9),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let rows: Vec<_> = contacts.into_iter().map(|((import, row), contact)| (import, row, contact)).collect();
            let first = rows.iter().find(|row| row.2.is_some()).or(rows.first()).expect("a row");
            let mut delivered: Vec<_> = order.iter().map(|at| *at.get(&rows)).collect();
            delivered.extend(rows.iter().rev().copied());
            let client = run(&delivered).expect("a client");
            prop_assert_eq!(&client, &named(*first).created(Timestamp::UNIX_EPOCH));
            for row in &rows {
                prop_assert_eq!(named(*row).change(Some(&client), Timestamp::now()), None);
            }
        }

        #[test]
        fn ids_are_stable_and_distinct(a in "\\PC{1,20}", b in "\\PC{1,20}") {
            let org = OrgId::placeholder();
            if let (Ok(x), Ok(y)) = (a.parse::<ExternalId>(), b.parse::<ExternalId>()) {
                let (id, other) = (ClientId::of_external(&org, &x), ClientId::of_external(&org, &y));
                prop_assert_eq!(id.to_string().parse(), Ok(id.clone()));
                prop_assert_eq!(id == other, x == y);
            }
        }
    }

    #[test]
    fn name_of_a_request_stays() {
        let mut client = run(&[(3, 0, Some(1))]).expect("a client");
        (client.name, client.name_source) = ("By hand".parse().expect("a name"), None);
        assert_eq!(named((1, 0, Some(2))).change(Some(&client), Timestamp::now()), None);
    }

    #[test]
    fn ids_of_consecutive_numbers_are_spread_evenly_over_shards() {
        for shards in ["16", "64"] {
            let shards: Shards = shards.parse().expect("a number of shards");
            let org = OrgId::placeholder();
            let mut counts = vec![0; usize::from(shards.count())];
            for number in 0..1_000 * counts.len() {
                let number = format!("{:06}", 10_000 + number).parse().expect("a number");
                counts[usize::from(shards.of_client(&ClientId::of_external(&org, &number)))] += 1;
            }
            assert!(counts.iter().all(|n| (800..1200).contains(n)), "{shards}: {counts:?}");
        }
    }
}
