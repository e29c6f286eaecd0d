//! Account reports: the transactions of a period, in small pages, so that clients have to follow the links.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::account::Account;
use super::answer::{Refusal, Result};

/// The most booked transactions on a page.
const PAGE_ENTRIES_MAX: usize = 5;

/// The query parameters of an account report.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportQuery {
    date_from: Option<Date>,
    date_to: Option<Date>,
    booking_status: Option<String>,
    #[serde(default)]
    pub(super) with_balance: bool,
    page_index: Option<usize>,
    items_per_page: Option<usize>,
    entry_reference_from: Option<String>,
    delta_list: Option<bool>,
}

/// A valid query.
pub(super) struct Report {
    from: Date,
    to: Option<Date>,
    status: BookingStatus,
    pub(super) with_balance: bool,
    page: usize,
    page_entries: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
enum BookingStatus {
    Booked,
    Pending,
    Both,
}

impl ReportQuery {
    /// Refuses unsupported and invalid parameters.
    pub(super) fn check(self) -> Result<Report> {
        let status = match self.booking_status.as_deref() {
            Some("booked") => BookingStatus::Booked,
            Some("pending") => BookingStatus::Pending,
            Some("both") => BookingStatus::Both,
            Some("information" | "all") => return Err(Refusal::ParameterNotSupported("bookingStatus")),
            Some(_) => return Err(Refusal::format("bookingStatus has no such value")),
            None => return Err(Refusal::format("bookingStatus is missing")),
        };
        if self.entry_reference_from.is_some() {
            return Err(Refusal::ParameterNotSupported("entryReferenceFrom"));
        }
        if self.delta_list == Some(true) {
            return Err(Refusal::ParameterNotSupported("deltaList"));
        }
        let from = self.date_from.ok_or(Refusal::format("dateFrom is missing"))?;
        if self.date_to.is_some_and(|to| to < from) {
            return Err(Refusal::PeriodInvalid);
        }
        let page_entries = self.items_per_page.unwrap_or(PAGE_ENTRIES_MAX).clamp(1, PAGE_ENTRIES_MAX);
        Ok(Report {
            from,
            to: self.date_to,
            status,
            with_balance: self.with_balance,
            page: self.page_index.unwrap_or(0),
            page_entries,
        })
    }
}

impl BookingStatus {
    fn name(self) -> &'static str {
        self.into()
    }
}

impl Report {
    /// The page of the report. All pending transactions are on the first page.
    pub(super) fn report(&self, account: &Account) -> Value {
        let path = format!("/v1/accounts/{}", account.resource_id);
        let mut links = Map::new();
        let mut link = |name: &str, href: String| links.insert(name.to_owned(), json!({ "href": href }));
        link("account", path.clone());
        let asked = |entry: &&super::account::Booked| {
            entry.date >= self.from && self.to.is_none_or(|to| entry.date <= to)
        };
        let booked: Vec<&Value> =
            account.booked.iter().filter(asked).map(|entry| &entry.transaction).collect();
        let mut report = json!({});
        if self.status != BookingStatus::Pending {
            let mut pages = booked.chunks(self.page_entries);
            let last = pages.len().saturating_sub(1);
            report["booked"] = json!(pages.nth(self.page).unwrap_or_default());
            if last > 0 {
                link("first", self.page_path(&path, 0));
                link("last", self.page_path(&path, last));
            }
            if self.page < last {
                link("next", self.page_path(&path, self.page + 1));
            }
            if self.page > 0 {
                link("previous", self.page_path(&path, last.min(self.page - 1)));
            }
        }
        if self.status != BookingStatus::Booked {
            let pending = if self.page == 0 { account.pending.as_slice() } else { &[] };
            report["pending"] = json!(pending);
        }
        report["_links"] = Value::Object(links);
        report
    }

    /// The path of a page of the report.
    fn page_path(&self, account: &str, page: usize) -> String {
        let (from, status, entries) = (self.from, self.status.name(), self.page_entries);
        let to = self.to.map(|to| format!("&dateTo={to}")).unwrap_or_default();
        let balance = if self.with_balance { "&withBalance=true" } else { "" };
        format!(
            "{account}/transactions?dateFrom={from}{to}&bookingStatus={status}{balance}\
             &pageIndex={page}&itemsPerPage={entries}"
        )
    }
}
