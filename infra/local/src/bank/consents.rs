//! `/v1/consents`: creates, reads and deletes consents.

use std::net::IpAddr;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::json;
use uuid::Uuid;

use super::answer::{Answer, Refusal, Result};
use super::approach::Approach;
use super::consent::{Consent, ConsentRequest, ConsentStatus};
use super::request::{self, RequestKey, WayBack, is_true, text};
use super::{Served, State as Books};

pub(super) async fn create(State(served): State<Served>, headers: HeaderMap, body: Bytes) -> Result<Answer> {
    let key = RequestKey::new("POST", "/v1/consents".to_owned(), &headers)?;
    Ok(served.bank.once(key, |books| books.create_consent(&headers, &body)))
}

pub(super) async fn read(State(served): State<Served>, Path(id): Path<String>) -> Result<Answer> {
    let books = served.bank.state();
    let consent = books.consents.get(&id).ok_or(Refusal::ConsentUnknownInPath)?;
    Ok(Answer::ok(consent.to_json(books.consent_status(consent))))
}

pub(super) async fn status(State(served): State<Served>, Path(id): Path<String>) -> Result<Answer> {
    let books = served.bank.state();
    let consent = books.consents.get(&id).ok_or(Refusal::ConsentUnknownInPath)?;
    Ok(Answer::ok(json!({ "consentStatus": books.consent_status(consent).name() })))
}

pub(super) async fn delete(State(served): State<Served>, Path(id): Path<String>) -> Result<Answer> {
    let mut books = served.bank.state();
    books.consents.get_mut(&id).ok_or(Refusal::ConsentUnknownInPath)?.terminate();
    Ok(Answer::no_content())
}

impl Books {
    /// The status of a consent on its customer's day.
    pub(super) fn consent_status(&self, consent: &Consent) -> ConsentStatus {
        let customer = consent.psu.as_ref().and_then(|psu| self.customers.get(psu));
        consent.status(customer, self.started)
    }

    fn create_consent(&mut self, headers: &HeaderMap, body: &Bytes) -> Result<Answer> {
        let asked: ConsentRequest = request::json(headers, body)?;
        let ip: Option<IpAddr> = text(headers, "psu-ip-address")?.and_then(|ip| ip.parse().ok());
        ip.ok_or(Refusal::format("PSU-IP-Address is missing or no IP address"))?;
        let psu = text(headers, "psu-id")?.map(str::to_owned);
        let way_back = WayBack::of(headers)?;
        let redirect = is_true(headers, "tpp-redirect-preferred")?;
        let mut today = self.started;
        let mut decoupled = false;
        if let Some(psu) = &psu {
            let started = self.started;
            let customer = self.customer(psu)?;
            today = customer.today(started);
            decoupled = customer.script.is_decoupled();
        }
        let approach = match (redirect, decoupled) {
            (true, _) if way_back.is_none() => return Err(Refusal::format("TPP-Redirect-URI is missing")),
            (true, _) => Approach::Redirect,
            (false, _) if psu.is_none() => return Err(Refusal::format("PSU-ID is missing")),
            (false, true) => Approach::Decoupled,
            (false, false) => Approach::Embedded,
        };
        let start = match approach {
            Approach::Embedded => "startAuthorisationWithPsuAuthentication",
            Approach::Redirect | Approach::Decoupled => "startAuthorisation",
        };
        let consent = Consent::new(asked, psu, approach, way_back, today)?;
        let id = Uuid::now_v7().to_string();
        let path = format!("/v1/consents/{id}");
        let body = json!({
            "consentStatus": "received",
            "consentId": id,
            "_links": {
                start: { "href": format!("{path}/authorisations") },
                "self": { "href": path },
                "status": { "href": format!("{path}/status") },
            },
        });
        self.consents.insert(id, consent);
        Ok(Answer::created(body).approach(approach).location(path))
    }
}
