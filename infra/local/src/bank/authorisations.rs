//! `/v1/consents/{id}/authorisations`: starts and updates authorisations, and reads their status.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::answer::{Answer, Refusal, Result};
use super::approach::Approach;
use super::authorisation::{Authorisation, ScaStatus};
use super::customer::is_otp;
use super::request::{self, RequestKey, WayBack, text};
use super::script::Script;
use super::{Served, State as Books};

/// The body of a request that starts or updates an authorisation. At most one member is set.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    psu_data: Option<PsuData>,
    authentication_method_id: Option<String>,
    sca_authentication_data: Option<String>,
}

#[derive(Deserialize)]
struct PsuData {
    password: String,
}

pub(super) async fn start(
    State(served): State<Served>,
    Path(consent): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer> {
    let key = RequestKey::new("POST", consent.clone(), &headers)?;
    let start = |books: &mut Books| books.start(&served.base_url, &consent, &headers, &body);
    Ok(served.bank.once(key, start))
}

pub(super) async fn list(State(served): State<Served>, Path(consent): Path<String>) -> Result<Answer> {
    let books = served.bank.state();
    let consent = books.consents.get(&consent).ok_or(Refusal::ConsentUnknownInPath)?;
    let ids: Vec<&String> = consent.authorisations.keys().collect();
    Ok(Answer::ok(json!({ "authorisationIds": ids })))
}

pub(super) async fn update(
    State(served): State<Served>,
    Path((consent, authorisation)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer> {
    let key = RequestKey::new("PUT", format!("{consent}/{authorisation}"), &headers)?;
    let update = |books: &mut Books| books.update(&consent, &authorisation, &headers, &body);
    Ok(served.bank.once(key, update))
}

pub(super) async fn status(
    State(served): State<Served>,
    Path((consent_id, id)): Path<(String, String)>,
) -> Result<Answer> {
    let mut books = served.bank.state();
    let Books { consents, customers, started, .. } = &mut *books;
    let consent = consents.get_mut(&consent_id).ok_or(Refusal::ConsentUnknownInPath)?;
    let undecided = consent.check_undecided().is_ok();
    let authorisation = consent.authorisations.get_mut(&id).ok_or(Refusal::ResourceUnknown)?;
    let customer = consent.psu.as_ref().and_then(|psu| customers.get(psu));
    if let (Approach::Decoupled, Some(customer), true) = (consent.approach, customer, undecided) {
        authorisation.polled(customer.script);
    }
    let status = authorisation.status;
    match (consent.approach, status, customer) {
        (Approach::Decoupled, ScaStatus::Finalised, Some(customer)) if undecided => {
            consent.grant(customer, *started);
        }
        (Approach::Decoupled, ScaStatus::Failed, _) if undecided => consent.reject(),
        _ => {}
    }
    Ok(Answer::ok(json!({ "scaStatus": status.name() })))
}

impl Books {
    fn start(
        &mut self,
        base_url: &str,
        consent_id: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Answer> {
        let step: Step = request::json(headers, body)?;
        let (approach, script) = self.approach(consent_id, headers)?;
        let consent = self.consents.get_mut(consent_id).ok_or(Refusal::ConsentUnknownInPath)?;
        consent.check_undecided()?;
        let way_back = WayBack::of(headers)?.or_else(|| consent.way_back.clone());
        let psu = consent.psu.clone();
        let status = match approach {
            Approach::Redirect => ScaStatus::Received,
            Approach::Decoupled => ScaStatus::Started,
            Approach::Embedded => ScaStatus::PsuIdentified,
        };
        let mut authorisation = Authorisation::new(status, way_back);
        if let (Some(psu), Some(data)) = (&psu, &step.psu_data) {
            let customer = self.customer(psu)?;
            customer.authenticate(&data.password)?;
            if approach == Approach::Embedded {
                authorisation.authenticated(customer.script);
            }
        }
        let id = Uuid::now_v7().to_string();
        let path = format!("/v1/consents/{consent_id}/authorisations/{id}");
        let mut response = authorisation.to_json(&path, script);
        response["authorisationId"] = json!(id);
        if approach == Approach::Redirect {
            response["_links"]["scaRedirect"] =
                json!({ "href": format!("{base_url}/sandbox/authorise/{id}") });
        }
        self.keep(consent_id, id, authorisation)?;
        Ok(Answer::created(response).approach(approach))
    }

    fn update(&mut self, consent_id: &str, id: &str, headers: &HeaderMap, body: &Bytes) -> Result<Answer> {
        let step: Step = request::json(headers, body)?;
        let (approach, script) = self.approach(consent_id, headers)?;
        let consent = self.consents.get_mut(consent_id).ok_or(Refusal::ConsentUnknownInPath)?;
        let authorisation = consent.authorisations.get(id).ok_or(Refusal::ResourceUnknown)?;
        if authorisation.status.is_final() {
            return Err(Refusal::ScaInvalid);
        }
        consent.check_undecided()?;
        let (Approach::Embedded, Some(script), Some(psu)) = (approach, script, consent.psu.clone()) else {
            return Err(Refusal::StatusInvalid);
        };
        let mut authorisation = authorisation.clone();
        let done = self.execute(&mut authorisation, &step, &psu, script);
        let path = format!("/v1/consents/{consent_id}/authorisations/{id}");
        let response = authorisation.to_json(&path, Some(script));
        // A wrong OTP is refused and also ends the authorisation.
        self.keep(consent_id, id.to_owned(), authorisation)?;
        done.map(|()| Answer::ok(response).approach(approach))
    }

    /// Executes a step of an embedded authorisation.
    fn execute(
        &mut self,
        authorisation: &mut Authorisation,
        step: &Step,
        psu: &str,
        script: Script,
    ) -> Result<()> {
        match (authorisation.status, step) {
            (_, Step { psu_data: None, authentication_method_id: None, sca_authentication_data: None }) => {
                return Err(Refusal::format("the body has no step of an authorisation"));
            }
            (ScaStatus::PsuIdentified, Step { psu_data: Some(data), .. }) => {
                self.customer(psu)?.authenticate(&data.password)?;
                authorisation.authenticated(script);
            }
            (
                ScaStatus::PsuAuthenticated | ScaStatus::ScaMethodSelected,
                Step { authentication_method_id: Some(method), .. },
            ) => {
                let method = script.methods().iter().find(|offered| offered.id == method);
                authorisation.method = Some(method.ok_or(Refusal::ScaMethodUnknown)?);
                authorisation.status = ScaStatus::ScaMethodSelected;
            }
            (ScaStatus::ScaMethodSelected, Step { sca_authentication_data: Some(otp), .. }) => {
                if !is_otp(otp) {
                    authorisation.status = ScaStatus::Failed;
                    return Err(Refusal::CredentialsInvalid);
                }
                authorisation.status = ScaStatus::Finalised;
            }
            _ => return Err(Refusal::StatusInvalid),
        }
        Ok(())
    }

    /// Stores an authorisation, and grants its consent if it was authorised.
    fn keep(&mut self, consent_id: &str, id: String, authorisation: Authorisation) -> Result<()> {
        let Self { consents, customers, started, .. } = self;
        let consent = consents.get_mut(consent_id).ok_or(Refusal::ConsentUnknownInPath)?;
        let customer = consent.psu.as_ref().and_then(|psu| customers.get(psu));
        if let (true, Some(customer)) = (authorisation.status.is_agreed(), customer) {
            consent.grant(customer, *started);
        }
        consent.authorisations.insert(id, authorisation);
        Ok(())
    }

    /// A consent's approach and its customer's script. A customer in the headers must be the consent's.
    fn approach(&mut self, consent_id: &str, headers: &HeaderMap) -> Result<(Approach, Option<Script>)> {
        let named = text(headers, "psu-id")?;
        let consent = self.consents.get(consent_id).ok_or(Refusal::ConsentUnknownInPath)?;
        let (approach, psu) = (consent.approach, consent.psu.clone());
        match (&psu, named) {
            (Some(psu), Some(named)) if psu != named => Err(Refusal::format("PSU-ID is not the consent's")),
            (Some(psu), _) => Ok((approach, Some(self.customer(psu)?.script))),
            (None, _) => Ok((approach, None)),
        }
    }
}
