//! Consents and their authorisations: sections 6.3 and 7 of the Implementation Guidelines.
//!
//! The bank says which way it goes (embedded, redirect, decoupled), and what comes next, by
//! the links of its answers.

use reqwest::header::HeaderName;
use saldo_domain::access::GrantedConsent;
use saldo_domain::bank::FailureReason;
use saldo_domain::bank::{Flow, PIN, PSU_ID};
use saldo_domain::sync::{AuthMethod, ChallengeKind, TextFormat};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::super::{Authorizing, BankError, Move, Next, Progress};
use super::NextGenPsd2;
use super::http::Call;
use super::messages::{
    AccountAccess, AccountReference, AuthenticationObject, ChallengeData, ConsentAsked, Consents, PSU_DATA,
    Sca,
};

/// How often accounts may be read a day with no user waiting: what the law grants (Delegated
/// Regulation (EU) 2018/389, article 36).
const FREQUENCY_PER_DAY: u32 = 4;

/// The bytes of a challenge's data, an image perhaps, that fit its record. Without it the user
/// goes by what the bank's own device shows.
const CHALLENGE_BYTES_MAX: usize = 100_000;

/// The characters of what a bank says for people that are kept.
const SAID_CHARS_MAX: usize = 1_000;
/// The characters of a bank's ids.
const ID_CHARS_MAX: usize = 256;
/// The characters of the address of a bank's page.
const LOCATION_CHARS_MAX: usize = 4_096;
/// What is said of a page to which nobody is sent.
const PAGE_REFUSED: &str = "The address of the bank's page is not an https URL.";
/// The ways to prove who one is that can be told.
const METHODS_MAX: usize = 20;

/// The link of a bank that expects the PIN in the request that starts the authorisation.
const START_WITH_PIN: &str = "startAuthorisationWithPsuAuthentication";
/// The link of a bank that expects the PIN in an update of the authorisation.
const UPDATE_WITH_PIN: &str = "updatePsuAuthentication";

const PSU_IP_ADDRESS: HeaderName = HeaderName::from_static("psu-ip-address");
const PSU_ID_HEADER: HeaderName = HeaderName::from_static("psu-id");
const REDIRECT_PREFERRED: HeaderName = HeaderName::from_static("tpp-redirect-preferred");
const REDIRECT_URI: HeaderName = HeaderName::from_static("tpp-redirect-uri");
const NOK_REDIRECT_URI: HeaderName = HeaderName::from_static("tpp-nok-redirect-uri");
const EXPLICIT_PREFERRED: HeaderName = HeaderName::from_static("tpp-explicit-authorisation-preferred");
const SCA_APPROACH: HeaderName = HeaderName::from_static("aspsp-sca-approach");

/// Where an authorization stands. There is no secret in it.
#[derive(Serialize, Deserialize)]
struct State {
    consent: GrantedConsent,
    authorisation: Option<String>,
    /// Whether the bank expects the PIN in the request that starts the authorisation.
    pin_starts: bool,
    /// Whether the bank expects the PIN in an update of the authorisation.
    pin_missing: bool,
    /// How far the PIN is.
    pin: Pin,
    /// The way that the bank has said it goes.
    approach: Option<String>,
}

/// How far the PIN of an authorization is: the bank is sent it at most once.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Pin {
    /// The bank has not been sent it.
    Unsent,
    /// The bank has been sent it and has not gone on.
    Sent,
    /// The bank has been sent it and has gone on: it is right.
    Taken,
    /// The bank has been sent it and has its user log in on its own page.
    Unchecked,
}

impl NextGenPsd2 {
    /// Asks for a consent.
    pub(super) async fn ask_consent(&self, with: &Authorizing<'_>) -> Result<Progress, BankError> {
        let valid_until = with.wanted.valid_until(with.now);
        let body = Consents {
            access: access(with),
            recurring_indicator: with.wanted.recurring,
            valid_until: valid_until.to_string(),
            frequency_per_day: if with.wanted.recurring { FREQUENCY_PER_DAY } else { 1 },
            combined_service_indicator: false,
        };
        let mut call = self.call(with, Call::post(["v1", "consents"], with.request_id, &body));
        call.set(EXPLICIT_PREFERRED, "true");
        if with.psu.ip_address.is_none() {
            call.set(PSU_IP_ADDRESS, &with.psu.our_address.to_string());
        }
        let (headers, asked) = self.http.ask::<ConsentAsked>(call).await?;
        let id = bounded(asked.consent_id, ID_CHARS_MAX)?;
        let consent = GrantedConsent { id, recurring: with.wanted.recurring, valid_until };
        let mut state = State {
            consent,
            authorisation: None,
            pin_starts: asked.sca.links.contains_key(START_WITH_PIN),
            pin_missing: false,
            pin: Pin::Unsent,
            approach: approach(&headers),
        };
        let next = match asked.consent_status.as_str() {
            "valid" => Next::Granted(state.consent.clone()),
            // The bank has begun the authorisation by itself.
            _ if asked.sca.links.contains_key("scaRedirect") || asked.sca.sca_status.is_some() => {
                state.authorisation = authorisation_of(&asked.sca);
                self.next(with, &mut state, asked.sca).await?
            }
            _ => Next::Go,
        };
        progress(&mut state, next)
    }

    /// Brings the authorisation of a consent forward.
    pub(super) async fn authorize(
        &self,
        with: &Authorizing<'_>,
        authorization: &str,
        how: Move,
    ) -> Result<Progress, BankError> {
        let unreadable = |_| BankError::Failed { reason: FailureReason::Aborted };
        let mut state: State = serde_json::from_str(authorization).map_err(unreadable)?;
        let consent = state.consent.id.clone();
        let next = match (how, state.authorisation.clone()) {
            (Move::Look, None) => self.granted(with, &state).await?,
            (Move::Choose(_) | Move::Tell(_), None) => return Err(BankError::unintelligible()),
            (Move::Go, None) => {
                let path = ["v1", "consents", &consent, "authorisations"];
                let body = if state.pin_starts { send_pin(with, &mut state) } else { json!({}) };
                let call = self.call(with, Call::post(path, with.request_id, &body));
                let asked = self.http.ask::<Sca>(call).await;
                let (headers, sca) = asked.map_err(|error| error.meaning(FailureReason::PinInvalid))?;
                state.authorisation = authorisation_of(&sca);
                state.approach = approach(&headers).or(state.approach);
                self.next(with, &mut state, sca).await?
            }
            (Move::Go, Some(id)) if state.pin_missing => {
                let body = send_pin(with, &mut state);
                let told = self.update(with, &mut state, &id, &body).await;
                let sca = told.map_err(|error| error.meaning(FailureReason::PinInvalid))?;
                state.pin_missing = false;
                self.next(with, &mut state, sca).await?
            }
            (Move::Choose(method), Some(id)) => {
                let body = json!({ "authenticationMethodId": method });
                let sca = self.update(with, &mut state, &id, &body).await?;
                self.next(with, &mut state, sca).await?
            }
            (Move::Tell(answer), Some(id)) => {
                let body = json!({ "scaAuthenticationData": answer.expose_secret() });
                match self.update(with, &mut state, &id, &body).await {
                    Ok(sca) => self.next(with, &mut state, sca).await?,
                    // The bank may have taken the answer before, unheard: then it is done.
                    Err(refused @ BankError::Refused { .. }) => {
                        match self.look(with, &mut state, &id).await {
                            Ok(granted @ Next::Granted(_)) => granted,
                            _ => return Err(refused.meaning(FailureReason::TanInvalid)),
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            (Move::Go | Move::Look, Some(id)) => self.look(with, &mut state, &id).await?,
        };
        progress(&mut state, next)
    }

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

    /// Looks what has become of the authorisation elsewhere.
    async fn look(&self, with: &Authorizing<'_>, state: &mut State, id: &str) -> Result<Next, BankError> {
        let path = ["v1", "consents", &state.consent.id, "authorisations", id];
        let (_, sca) = self.http.ask::<Sca>(Call::get(path).from(with.psu)).await?;
        match sca.sca_status.as_deref() {
            Some("finalised" | "exempted" | "failed" | "unconfirmed") => self.next(with, state, sca).await,
            _ => Ok(Next::Look),
        }
    }

    /// What comes next, by the bank's word.
    async fn next(&self, with: &Authorizing<'_>, state: &mut State, sca: Sca) -> Result<Next, BankError> {
        match sca.sca_status.as_deref() {
            Some("finalised" | "exempted") => return self.granted(with, state).await,
            Some("failed") => {
                let reason = match state.pin {
                    // Some banks refuse a wrong PIN with a success status.
                    Pin::Sent => FailureReason::PinInvalid,
                    Pin::Unsent | Pin::Taken | Pin::Unchecked => FailureReason::NoAuthorization,
                };
                return Err(BankError::refused(reason, sca.psu_message.as_deref()));
            }
            // A code that the bank has given its customer is to be sent back: nobody has it here.
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
            let message = sca.psu_message.map(said);
            let message = message.unwrap_or_else(|| "Confirm in your bank's app.".to_owned());
            return Ok(Next::Challenge(ChallengeKind::Decoupled { message }));
        }
        if sca.challenge_data.is_some() || sca.links.contains_key("authoriseTransaction") {
            return Ok(Next::Challenge(embedded(sca)));
        }
        if [UPDATE_WITH_PIN, START_WITH_PIN].iter().any(|link| sca.links.contains_key(*link)) {
            if state.pin != Pin::Unsent {
                // The bank asks for the PIN again: the one that it was sent is wrong.
                return Err(BankError::refused(FailureReason::PinInvalid, sca.psu_message.as_deref()));
            }
            if !with.credentials.contains_key(PIN) {
                return Err(BankError::refused(FailureReason::CredentialsIncomplete, None));
            }
            state.pin_missing = true;
            return Ok(Next::Go);
        }
        Ok(Next::Look)
    }

    /// The address of a page to which users may be sent, as it was checked: other readers of URLs may understand
    /// the bank's text differently.
    fn page(&self, location: &str) -> Result<String, BankError> {
        match Url::parse(location).ok().filter(|url| self.targets.check_page(url).is_ok()) {
            Some(url) => bounded(url.into(), LOCATION_CHARS_MAX),
            None => Err(BankError::refused(FailureReason::BankUnintelligible, Some(PAGE_REFUSED))),
        }
    }

    /// The customer has done their part: whether the consent is valid.
    async fn granted(&self, with: &Authorizing<'_>, state: &State) -> Result<Next, BankError> {
        match self.consent_status(with.psu, &state.consent.id).await?.as_deref() {
            Some("valid") => Ok(Next::Granted(state.consent.clone())),
            Some("received" | "partiallyAuthorised") => Ok(Next::Look),
            _ => Err(BankError::refused(FailureReason::NoAuthorization, None)),
        }
    }

    /// What requests for consents and authorisations have in common.
    fn call(&self, with: &Authorizing<'_>, call: Call) -> Call {
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

fn progress(state: &mut State, next: Next) -> Result<Progress, BankError> {
    if state.pin == Pin::Sent {
        state.pin = match &next {
            Next::Challenge(ChallengeKind::Redirect { .. }) => Pin::Unchecked,
            Next::Challenge(_) | Next::Granted(_) => Pin::Taken,
            Next::Go | Next::Look => Pin::Sent,
        };
    }
    let authorization = serde_json::to_string(state);
    let authorization = authorization.map_err(|_| BankError::Failed { reason: FailureReason::Aborted })?;
    Ok(Progress { authorization, next, pin_taken: state.pin == Pin::Taken })
}

fn set_psu_id(with: &Authorizing<'_>, call: &mut Call) {
    if let Some(psu_id) = with.credentials.get(PSU_ID) {
        call.set(PSU_ID_HEADER, psu_id.expose_secret());
    }
}

/// The body that has the PIN, if there is one.
fn send_pin(with: &Authorizing<'_>, state: &mut State) -> serde_json::Value {
    match with.credentials.get(PIN) {
        Some(pin) => {
            state.pin = Pin::Sent;
            json!({ PSU_DATA: { "password": pin.expose_secret() } })
        }
        None => json!({}),
    }
}

/// The accounts that are asked for: those named, or all.
fn access(with: &Authorizing<'_>) -> AccountAccess {
    if with.wanted.accounts.is_empty() {
        return match with.wanted.covers_transactions() {
            true => AccountAccess { all_psd2: Some("allAccounts"), ..AccountAccess::default() },
            false => AccountAccess {
                available_accounts_with_balance: Some("allAccounts"),
                ..AccountAccess::default()
            },
        };
    }
    let reference = |account: &saldo_domain::access::ConsentAccount| AccountReference {
        iban: Some(account.id.as_str().to_owned()),
        currency: account.currency.map(|currency| currency.code().to_owned()),
        ..AccountReference::default()
    };
    let named: Vec<_> = with.wanted.accounts.iter().map(reference).collect();
    AccountAccess {
        accounts: Some(named.clone()),
        balances: Some(named.clone()),
        transactions: with.wanted.covers_transactions().then_some(named),
        ..AccountAccess::default()
    }
}

fn approach(headers: &reqwest::header::HeaderMap) -> Option<String> {
    headers.get(SCA_APPROACH).and_then(|approach| approach.to_str().ok()).map(str::to_owned)
}

/// The authorisation's id, told or as the link to its status ends.
fn authorisation_of(sca: &Sca) -> Option<String> {
    let by_link = || {
        let link = sca.links.get("scaStatus")?;
        link.href.rsplit('/').next().map(str::to_owned)
    };
    sca.authorisation_id.clone().or_else(by_link)
}

fn auth_method(method: AuthenticationObject) -> Result<AuthMethod, BankError> {
    Ok(AuthMethod {
        id: bounded(method.authentication_method_id, ID_CHARS_MAX)?,
        kind: said(method.authentication_type),
        name: method.name.map(said),
        additional_info: method.explanation.map(said),
    })
}

/// What a bank says for people, as much of it as its record has room for.
fn said(text: String) -> String {
    match text.char_indices().nth(SAID_CHARS_MAX) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

/// What a bank says for machines, which is of no use in part.
fn bounded(text: String, chars_max: usize) -> Result<String, BankError> {
    match text.chars().nth(chars_max) {
        None => Ok(text),
        Some(_) => Err(BankError::unintelligible()),
    }
}

/// The challenge to tell what the customer was sent.
fn embedded(sca: Sca) -> ChallengeKind {
    let method = sca.chosen_sca_method.and_then(|method| method.name);
    let message = sca.psu_message;
    let ChallengeData { image, data, otp_max_length, otp_format, additional_information } =
        sca.challenge_data.unwrap_or(ChallengeData {
            image: None,
            data: Vec::new(),
            otp_max_length: None,
            otp_format: None,
            additional_information: None,
        });
    let text = (!data.is_empty()).then(|| data.join("\n"));
    let data = image.as_ref().or(text.as_ref()).filter(|data| data.len() <= CHALLENGE_BYTES_MAX).cloned();
    let label = additional_information.or(message).or(method).map(said);
    let label = label.unwrap_or_else(|| "One-time password".to_owned());
    ChallengeKind::Embedded {
        label,
        format: if image.is_some() { TextFormat::Photo } else { TextFormat::Text },
        data,
        input_format: otp_format,
        min_length: None,
        max_length: otp_max_length,
    }
}
