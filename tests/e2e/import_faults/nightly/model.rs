//! The sequential model: what each item is after files that run one after the other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

/// An item as Saldo should have it: its latest figure, and the latest file that omits it.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) figure: Option<(At, u32)>,
    pub(super) omitted: Option<At>,
    /// The number of the first file that has it.
    created: usize,
}

/// A file: its day, and its number in the order of acceptance.
pub(super) type At = (Date, usize);

impl Item {
    pub(super) fn open(&self) -> u32 {
        let closed = |at: &At| self.omitted.is_some_and(|omitted| omitted > *at);
        self.figure.filter(|(at, _)| !closed(at)).map_or(0, |(_, amount)| amount)
    }
}

/// A file that was accepted.
#[derive(Clone)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) at: At,
    /// The valid rows.
    pub(super) rows: BTreeMap<usize, u32>,
    /// The numbers in it, those of refused rows included.
    pub(super) named: BTreeSet<usize>,
    /// Why it closes nothing.
    pub(super) unfit: Option<&'static str>,
}

/// What the files so far have left.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) items: BTreeMap<usize, Item>,
    /// The latest file that was accepted, and whether the days of all its rows are known.
    pub(super) latest: Option<(At, bool)>,
}

impl Model {
    /// The rows of a file in the model. After a redrive, not all days are known.
    pub(super) fn store(&mut self, file: &File, redriven: bool) {
        for (number, amount) in &file.rows {
            let new = || Item { created: file.at.1, ..Item::default() };
            let item = self.items.entry(*number).or_insert_with(new);
            if item.figure.is_none_or(|(at, _)| at < file.at) {
                item.figure = Some((file.at, *amount));
            }
        }
        let clean = file.rows.len() == file.named.len() && !redriven;
        if self.latest.is_none_or(|(at, _)| at < file.at) {
            self.latest = Some((file.at, clean));
        }
    }

    /// The items that a file omits in the model.
    pub(super) fn omits(&self, file: &File) -> BTreeSet<usize> {
        let is_omitted = |(number, item): &(&usize, &Item)| {
            let is_earlier = item.figure.is_some_and(|(at, _)| at < file.at);
            item.open() > 0 && !file.named.contains(number) && is_earlier && item.omitted < Some(file.at)
        };
        self.items.iter().filter(is_omitted).map(|(number, _)| *number).collect()
    }

    /// Items that are closed already are omitted by the file as well.
    pub(super) fn close(&mut self, file: &File) {
        for (number, item) in &mut self.items {
            let is_earlier = item.figure.is_some_and(|(at, _)| at < file.at);
            if is_earlier && !file.named.contains(number) {
                item.omitted = item.omitted.max(Some(file.at));
            }
        }
    }

    /// The days of rows that repeated their accounts are not known, if this file is the latest.
    pub(super) fn forget_days(&mut self, file: &File) {
        if let Some((at, clean)) = &mut self.latest
            && *at == file.at
        {
            *clean = false;
        }
    }

    /// Whether the guard holds the file in the model: items that it has created do not count.
    pub(super) fn is_held(&self, file: &File) -> bool {
        let omitted = self.omits(file);
        let open = self.items.values().filter(|item| item.open() > 0 && item.created != file.at.1);
        let (count, sum) = open.fold((0, 0), |(count, sum), item| (count + 1, sum + item.open()));
        let closed: u32 = omitted.iter().map(|number| self.items[number].open()).sum();
        omitted.len() > 20 && (omitted.len() * 100 > count * 20 || closed * 100 > sum * 20)
    }

    /// The items that a file will omit once its rows are stored.
    pub(super) fn omits_after(&self, file: &File) -> BTreeSet<usize> {
        let mut after = self.clone();
        after.store(file, false);
        after.omits(file)
    }
}
