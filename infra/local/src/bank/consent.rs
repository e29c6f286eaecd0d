//! Consents: their request, status and validity.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::Access;
use super::answer::{Refusal, Result};
use super::approach::Approach;
use super::authorisation::Authorisation;
use super::customer::Customer;
use super::request::WayBack;
use super::script::Script;

/// The body of a consent request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsentRequest {
    access: Value,
    recurring_indicator: bool,
    valid_until: Date,
    frequency_per_day: u32,
    #[serde(rename = "combinedServiceIndicator")]
    _combined_service_indicator: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
pub(super) enum ConsentStatus {
    Received,
    Rejected,
    Valid,
    Expired,
    TerminatedByTpp,
}

impl ConsentStatus {
    pub(super) fn name(self) -> &'static str {
        self.into()
    }
}

/// A consent.
pub(super) struct Consent {
    /// The customer; unknown until the customer approves on the bank's page.
    pub(super) psu: Option<String>,
    pub(super) approach: Approach,
    pub(super) way_back: Option<WayBack>,
    pub(super) access: Access,
    pub(super) authorisations: BTreeMap<String, Authorisation>,
    asked: ConsentRequest,
    status: ConsentStatus,
    last_action: Date,
    /// The customer's day on which it became valid.
    valid_since: i32,
}

impl Consent {
    /// A consent that is not authorised yet.
    pub(super) fn new(
        asked: ConsentRequest,
        psu: Option<String>,
        approach: Approach,
        way_back: Option<WayBack>,
        today: Date,
    ) -> Result<Self> {
        let access = serde_json::from_value(asked.access.clone());
        let access: Access = access.map_err(|error| Refusal::format(format!("access: {error}")))?;
        access.check()?;
        if asked.frequency_per_day == 0 {
            return Err(Refusal::format("frequencyPerDay must be 1 at least"));
        }
        if asked.valid_until < today {
            return Err(Refusal::PeriodInvalid);
        }
        let (authorisations, status) = (BTreeMap::new(), ConsentStatus::Received);
        let (last_action, valid_since) = (today, 0);
        Ok(Self { psu, approach, way_back, access, authorisations, asked, status, last_action, valid_since })
    }

    /// Its status on the customer's day, on which it may have expired.
    pub(super) fn status(&self, customer: Option<&Customer>, started: Date) -> ConsentStatus {
        let over = customer.is_some_and(|customer| {
            let one_day = !self.asked.recurring_indicator || customer.script == Script::Expiring;
            (one_day && customer.day > self.valid_since) || customer.today(started) > self.asked.valid_until
        });
        match self.status {
            ConsentStatus::Valid if over => ConsentStatus::Expired,
            status => status,
        }
    }

    /// Refuses the request if the consent is authorised or rejected already.
    pub(super) fn check_undecided(&self) -> Result<()> {
        match self.status {
            ConsentStatus::Received => Ok(()),
            _ => Err(Refusal::StatusInvalid),
        }
    }

    /// Makes the consent valid.
    pub(super) fn grant(&mut self, customer: &Customer, started: Date) {
        self.status = ConsentStatus::Valid;
        self.valid_since = customer.day;
        self.last_action = customer.today(started);
    }

    /// Marks the consent as rejected by the customer.
    pub(super) fn reject(&mut self) {
        self.status = ConsentStatus::Rejected;
    }

    /// Marks the consent as terminated by the third party.
    pub(super) fn terminate(&mut self) {
        self.status = ConsentStatus::TerminatedByTpp;
    }

    /// The response body, with this status.
    pub(super) fn to_json(&self, status: ConsentStatus) -> Value {
        let mut consent = json!({
            "access": self.asked.access,
            "recurringIndicator": self.asked.recurring_indicator,
            "validUntil": self.asked.valid_until,
            "frequencyPerDay": self.asked.frequency_per_day,
            "lastActionDate": self.last_action,
            "consentStatus": status.name(),
        });
        if status == ConsentStatus::Valid {
            consent["_links"] = json!({ "account": { "href": "/v1/accounts" } });
        }
        consent
    }
}
