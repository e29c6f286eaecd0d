//! Requests for consents: section 6.3 of the Implementation Guidelines.

use reqwest::header::HeaderName;
use saldo_domain::access::{ConsentAccount, GrantedConsent};

use super::super::{Authorizing, BankError, Next, Progress};
use super::NextGenPsd2;
use super::authorize::{PSU_IP_ADDRESS, START_WITH_PIN, approach, authorisation_of};
use super::challenge::{ID_CHARS_MAX, bounded};
use super::http::Call;
use super::messages::{AccountAccess, AccountReference, ConsentAsked, Consents};
use super::state::{Pin, State, progress};

/// How often a day accounts may be read without the user: what the law grants (Delegated Regulation (EU) 2018/389,
/// article 36).
const FREQUENCY_PER_DAY: u32 = 4;

const EXPLICIT_PREFERRED: HeaderName = HeaderName::from_static("tpp-explicit-authorisation-preferred");

impl NextGenPsd2 {
    /// Requests a consent and, if the bank starts one by itself, begins its authorisation.
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
            // The bank has started the authorisation by itself.
            _ if asked.sca.links.contains_key("scaRedirect") || asked.sca.sca_status.is_some() => {
                state.authorisation = authorisation_of(&asked.sca);
                self.next(with, &mut state, asked.sca).await?
            }
            _ => Next::Continue,
        };
        progress(&mut state, next)
    }
}

/// The access to request: to the named accounts, or to all.
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
    let reference = |account: &ConsentAccount| AccountReference {
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
