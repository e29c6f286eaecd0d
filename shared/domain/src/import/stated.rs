//! The latest day of which a source has stated an account.
//!
//! A row of a complete file that repeats its account writes no day: the file has it once, in the record of its scope. So the day
//! of an account is the later of its own and of the one in that record. Decisions of imports, changes by hand, answers and
//! exports all have it from here.

use super::ScopeFiles;
use crate::account::{Account, History};
use crate::date::Date;
use crate::receivable::SourceFile;

/// The latest complete file that has all its rows stored and states the figure of the account, although the account may not have
/// its day.
pub(super) fn settled<'f>(
    scopes: &'f [ScopeFiles],
    account: &Account,
    history: &History,
) -> Option<&'f SourceFile> {
    // Files state nothing of what they omit.
    let is_listed = account.is_imported() && account.omitted.is_none();
    let of_scopes = scopes.iter().filter(|of| is_listed && of.scope.contains(account));
    let settled = of_scopes.filter_map(|of| {
        let file = of.stating(&account.id)?;
        let place = file.import.as_bytes();
        let was_in_scope = !of.scope.fields().any(|(field, _)| history.stamps.set_by(field) > Some(place));
        // The row of an account that had allocations wrote the day.
        let wrote_day = account.allocations.is_some_and(|set| set.id.as_bytes() < place);
        (was_in_scope && !wrote_day && history.existed_for(&file.import)).then_some(file)
    });
    settled.max()
}

/// The latest day of which the source has stated the account, if an import has made it.
#[must_use]
pub fn stated_as_of(scopes: &[ScopeFiles], account: &Account, history: &History) -> Option<Date> {
    account.as_of.max(settled(scopes, account, history).map(|file| file.as_of))
}

impl Account {
    /// The account as readers see it: with the latest day of which its source has stated it.
    ///
    /// The scopes must have been read before the account, and the account consistently. All rows of a settled file are stored,
    /// so the account is not older than the day then.
    #[must_use]
    pub fn stated(self, history: &History, scopes: &[ScopeFiles]) -> Self {
        let as_of = stated_as_of(scopes, &self, history);
        Self { as_of, ..self }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::account::{AccountField, AllocationSet, FieldSet, Revision};
    use crate::id::{AccountId, ImportId, OrgId};
    use crate::money::{Currency, Decimal};

    fn uuid(number: u64) -> Uuid {
        uuid::Builder::from_unix_timestamp_millis(number, &[0; 10]).into_uuid()
    }

    fn file(day: i8, number: u64) -> SourceFile {
        SourceFile { as_of: date(2026, 1, day), import: ImportId::of_seed(uuid(number)) }
    }

    /// SAP's files: one of the 5th has settled, and one of the 8th is accepted.
    fn scopes() -> [ScopeFiles; 1] {
        let scope = serde_json::from_str(r#"{"source_system":"SAP","campaign_id":"C"}"#).expect("a scope");
        let [settled, accepted] = [file(5, 50), file(8, 80)];
        [ScopeFiles::accept(None, &scope, &accepted, &accepted.import).settle(&settled)]
    }

    /// An account of SAP as of the 1st, which the import with this number has created.
    fn account(number: u64) -> (Account, History) {
        let id = AccountId::of_external(&OrgId::placeholder(), &"A".parse().expect("an id"));
        let account = Account {
            total_amount: Some(Decimal::ONE),
            as_of: Some(date(2026, 1, 1)),
            source_system: Some("SAP".parse().expect("a text")),
            campaign_id: Some("C".parse().expect("a text")),
            ..Account::new(id, Decimal::NEGATIVE_ONE, Currency::EURO, Timestamp::UNIX_EPOCH)
        };
        let import = ImportId::of_seed(uuid(number));
        let history =
            History { first_import: Some(import.clone()), last_import: Some(import), ..History::default() };
        (account, history)
    }

    fn day(account: &Account, history: &History) -> i8 {
        let stated = account.clone().stated(history, &scopes());
        assert_eq!(stated, Account { as_of: stated.as_of, ..account.clone() });
        stated.as_of.expect("a day").day()
    }

    #[test]
    fn settled_file_states_accounts_that_existed_in_its_scope() {
        let (account, history) = account(10);
        assert_eq!(day(&account, &history), 5);
        let later = Account { as_of: Some(date(2026, 1, 6)), ..account.clone() };
        assert_eq!(day(&later, &history), 6, "its own day is later");
        let elsewhere = Account { campaign_id: None, ..account.clone() };
        assert_eq!(day(&elsewhere, &history), 1, "it is not in the scope");
        let mut moved = history.clone();
        let mut fields = FieldSet::default();
        fields.insert(AccountField::CampaignId);
        moved.stamps.stamp(uuid(60).as_bytes(), fields);
        assert_eq!(day(&account, &moved), 1, "it came into the scope after the file");
        let (new, history) = self::account(60);
        assert_eq!(day(&new, &history), 1, "it was created after the file");
    }

    #[test]
    fn file_does_not_state_what_it_omits_nor_what_has_written_its_day() {
        let (account, history) = account(10);
        let closed = Account { omitted: Some(file(5, 50)), ..account.clone() };
        assert_eq!(day(&closed, &history), 1);
        for (begun, expected) in [(40, 1), (60, 5)] {
            let id = Revision::try_from(uuid(begun).as_bytes().as_slice()).expect("a revision");
            let allocations = Some(AllocationSet { id, number: 1, last: id, written: 1 });
            assert_eq!(day(&Account { allocations, ..account.clone() }, &history), expected, "{begun}");
        }
        let by_hand = Account { total_amount: None, as_of: None, ..account };
        assert_eq!(stated_as_of(&scopes(), &by_hand, &history), None);
    }
}
