//! Authorisations of consents: section 7 of the Implementation Guidelines.
//!
//! The bank chooses the SCA approach (embedded, redirect, decoupled). The links in its answers determine the next step.

use reqwest::header::HeaderName;
use saldo_domain::bank::FailureReason;
use saldo_domain::bank::{Flow, PIN, PSU_ID};
use saldo_domain::sync::ChallengeKind;
use secrecy::ExposeSecret;
use serde_json::json;
use url::Url;

use super::super::{Authorizing, BankError, Input, Next, Progress};
use super::NextGenPsd2;
use super::challenge::{auth_method, bounded, embedded, shortened};
use super::http::Call;
use super::messages::{PSU_DATA, Sca};
use super::state::{Pin, State, progress};

/// The most characters in the address of a bank's page.
const LOCATION_CHARS_MAX: usize = 4_096;
/// The message if the bank names a page to which users must not be sent.
const PAGE_REFUSED: &str = "The address of the bank's page is not an https URL.";
/// The authentication methods that are offered to the user; the bank's further ones are dropped.
const METHODS_MAX: usize = 20;

/// The link of a bank that expects the PIN in the request that starts the authorisation.
pub(super) const START_WITH_PIN: &str = "startAuthorisationWithPsuAuthentication";
/// The link of a bank that expects the PIN in an update of the authorisation.
const UPDATE_WITH_PIN: &str = "updatePsuAuthentication";

pub(super) const PSU_IP_ADDRESS: HeaderName = HeaderName::from_static("psu-ip-address");
const PSU_ID_HEADER: HeaderName = HeaderName::from_static("psu-id");
const REDIRECT_PREFERRED: HeaderName = HeaderName::from_static("tpp-redirect-preferred");
const REDIRECT_URI: HeaderName = HeaderName::from_static("tpp-redirect-uri");
const NOK_REDIRECT_URI: HeaderName = HeaderName::from_static("tpp-nok-redirect-uri");
const SCA_APPROACH: HeaderName = HeaderName::from_static("aspsp-sca-approach");

impl NextGenPsd2 {
    /// Sends the next request of an authorisation.
    pub(super) async fn authorize(
        &self,
        with: &Authorizing<'_>,
        authorization: &str,
        input: Input,
    ) -> Result<Progress, BankError> {
        let unreadable = |_| BankError::Failed { reason: FailureReason::Aborted };
        let mut state: State = serde_json::from_str(authorization).map_err(unreadable)?;
        let consent = state.consent.id.clone();
        let next = match (input, state.authorisation.clone()) {
            (Input::Poll, None) => self.granted(with, &state).await?,
            (Input::Method(_) | Input::Answer(_), None) => return Err(BankError::unintelligible()),
            (Input::Continue, None) => {
                let path = ["v1", "consents", &consent, "authorisations"];
                let body = if state.pin_starts { send_pin(with, &mut state) } else { json!({}) };
                let call = self.call(with, Call::post(path, with.request_id, &body));
                let asked = self.http.ask::<Sca>(call).await;
                let (headers, sca) = asked.map_err(|error| error.with_code(FailureReason::PinInvalid))?;
                state.authorisation = authorisation_of(&sca);
                state.approach = approach(&headers).or(state.approach);
                self.next(with, &mut state, sca).await?
            }
            (Input::Continue, Some(id)) if state.pin_missing => {
                let body = send_pin(with, &mut state);
                let updated = self.update(with, &mut state, &id, &body).await;
                let sca = updated.map_err(|error| error.with_code(FailureReason::PinInvalid))?;
                state.pin_missing = false;
                self.next(with, &mut state, sca).await?
            }
            (Input::Method(method), Some(id)) => {
                let body = json!({ "authenticationMethodId": method });
                let sca = self.update(with, &mut state, &id, &body).await?;
                self.next(with, &mut state, sca).await?
            }
            (Input::Answer(answer), Some(id)) => {
                let body = json!({ "scaAuthenticationData": answer.expose_secret() });
                match self.update(with, &mut state, &id, &body).await {
                    Ok(sca) => self.next(with, &mut state, sca).await?,
                    // The bank may have accepted the answer before, and its response was lost.
                    Err(refused @ BankError::Refused { .. }) => {
                        match self.poll(with, &mut state, &id).await {
                            Ok(granted @ Next::Granted(_)) => granted,
                            _ => return Err(refused.with_code(FailureReason::TanInvalid)),
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            (Input::Continue | Input::Poll, Some(id)) => self.poll(with, &mut state, &id).await?,
        };
        progress(&mut state, next)
    }

    /// Updates the authorisation: `PUT` with a PIN, a method or an answer.
    async fn update(
        &self,
        with: &Authorizing<'_>,
        state: &mut State,
        id: &str,
        body: &serde_json::Value,
    ) -> Result<Sca, BankError> {
        let path = ["v1", "consents", &state.consent.id, "authorisations", id];
        let mut call = Call::put(path, with.request_id, body).from(with.psu);
        set_psu_id(with, &mut call);
        let (headers, sca) = self.http.ask::<Sca>(call).await?;
        state.approach = approach(&headers).or(state.approach.take());
        Ok(sca)
    }

    /// Polls the authorisation's status, which changes in the bank's app or on its page.
    async fn poll(&self, with: &Authorizing<'_>, state: &mut State, id: &str) -> Result<Next, BankError> {
        let path = ["v1", "consents", &state.consent.id, "authorisations", id];
        let (_, sca) = self.http.ask::<Sca>(Call::get(path).from(with.psu)).await?;
        match sca.sca_status.as_deref() {
            Some("finalised" | "exempted" | "failed" | "unconfirmed") => self.next(with, state, sca).await,
            _ => Ok(Next::Poll),
        }
    }

    /// The next step, as the bank's answer determines it.
    pub(super) async fn next(
        &self,
        with: &Authorizing<'_>,
        state: &mut State,
        sca: Sca,
    ) -> Result<Next, BankError> {
        match sca.sca_status.as_deref() {
            Some("finalised" | "exempted") => return self.granted(with, state).await,
            Some("failed") => {
                let code = match state.pin {
                    // Some banks refuse a wrong PIN with a success status.
                    Pin::Sent => FailureReason::PinInvalid,
                    Pin::Unsent | Pin::Accepted | Pin::Unchecked => FailureReason::NoAuthorization,
                };
                return Err(BankError::refused(code, sca.psu_message.as_deref()));
            }
            // The bank waits for a confirmation code that it has shown to its customer, which Saldo doesn't support.
            Some("unconfirmed") => return Err(BankError::refused(FailureReason::BankFailed, None)),
            _ => {}
        }
        if let Some(link) = sca.links.get("scaRedirect") {
            let location = self.page(&link.href)?;
            return Ok(Next::Challenge(ChallengeKind::Redirect { location }));
        }
        if sca.chosen_sca_method.is_none() && !sca.sca_methods.is_empty() {
            let auth_methods = sca.sca_methods.into_iter().take(METHODS_MAX).map(auth_method);
            let auth_methods = auth_methods.collect::<Result<_, _>>()?;
            return Ok(Next::Challenge(ChallengeKind::MethodSelect { auth_methods }));
        }
        if state.approach.as_deref() == Some("DECOUPLED") {
            let message = sca.psu_message.map(shortened);
            let message = message.unwrap_or_else(|| "Confirm in your bank's app.".to_owned());
            return Ok(Next::Challenge(ChallengeKind::Decoupled { message }));
        }
        if sca.challenge_data.is_some() || sca.links.contains_key("authoriseTransaction") {
            return Ok(Next::Challenge(embedded(sca)));
        }
        if [UPDATE_WITH_PIN, START_WITH_PIN].iter().any(|link| sca.links.contains_key(*link)) {
            if state.pin != Pin::Unsent {
                // The bank asks for the PIN again: the one that was sent is wrong.
                return Err(BankError::refused(FailureReason::PinInvalid, sca.psu_message.as_deref()));
            }
            if !with.credentials.contains_key(PIN) {
                return Err(BankError::refused(FailureReason::CredentialsIncomplete, None));
            }
            state.pin_missing = true;
            return Ok(Next::Continue);
        }
        Ok(Next::Poll)
    }

    /// The address of the bank's page, if users may be sent to it. Returns the URL as it was parsed and checked, since
    /// other parsers may understand the bank's text differently.
    fn page(&self, location: &str) -> Result<String, BankError> {
        match Url::parse(location).ok().filter(|url| self.targets.check_page(url).is_ok()) {
            Some(url) => bounded(url.into(), LOCATION_CHARS_MAX),
            None => Err(BankError::refused(FailureReason::BankUnintelligible, Some(PAGE_REFUSED))),
        }
    }

    /// Reads whether the consent is valid, after the customer has authorised it.
    async fn granted(&self, with: &Authorizing<'_>, state: &State) -> Result<Next, BankError> {
        match self.consent_status(with.psu, &state.consent.id).await?.as_deref() {
            Some("valid") => Ok(Next::Granted(state.consent.clone())),
            Some("received" | "partiallyAuthorised") => Ok(Next::Poll),
            _ => Err(BankError::refused(FailureReason::NoAuthorization, None)),
        }
    }

    /// Adds the headers of requests for consents and authorisations.
    pub(super) fn call(&self, with: &Authorizing<'_>, call: Call) -> Call {
        let mut call = call.from(with.psu);
        set_psu_id(with, &mut call);
        let redirect = with.callback.filter(|_| self.flows.contains(&Flow::Redirect));
        call.set(REDIRECT_PREFERRED, if redirect.is_some() { "true" } else { "false" });
        if let Some(callback) = redirect {
            call.set(REDIRECT_URI, callback.as_str());
            call.set(NOK_REDIRECT_URI, callback.as_str());
        }
        call
    }
}

fn set_psu_id(with: &Authorizing<'_>, call: &mut Call) {
    if let Some(psu_id) = with.credentials.get(PSU_ID) {
        call.set(PSU_ID_HEADER, psu_id.expose_secret());
    }
}

/// The body with the PIN, or an empty one if there is none. Marks the PIN as sent.
fn send_pin(with: &Authorizing<'_>, state: &mut State) -> serde_json::Value {
    match with.credentials.get(PIN) {
        Some(pin) => {
            state.pin = Pin::Sent;
            json!({ PSU_DATA: { "password": pin.expose_secret() } })
        }
        None => json!({}),
    }
}

/// The SCA approach in the headers of an answer.
pub(super) fn approach(headers: &reqwest::header::HeaderMap) -> Option<String> {
    headers.get(SCA_APPROACH).and_then(|approach| approach.to_str().ok()).map(str::to_owned)
}

/// The authorisation's id: a member of the answer, or the last segment of the link to its status.
pub(super) fn authorisation_of(sca: &Sca) -> Option<String> {
    let by_link = || {
        let link = sca.links.get("scaStatus")?;
        link.href.rsplit('/').next().map(str::to_owned)
    };
    sca.authorisation_id.clone().or_else(by_link)
}
