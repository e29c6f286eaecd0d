//! The URL that a bank redirects users to, and its state: the organization and 122 random bits, by which the callback
//! finds and authenticates the synchronization.

use saldo_domain::id::{AccessId, OrgId, SyncId};
use saldo_domain::sync::SyncJob;
use saldo_http::Problem;
use subtle::ConstantTimeEq;
use url::Url;
use uuid::Uuid;

/// The parameter that holds the state.
pub(crate) const STATE: &str = "state";
/// The separator between the organization and the random part of a state.
const SEPARATOR: char = '.';

/// The URL that the bank redirects the user to, with a new state.
pub(crate) fn callback_url(
    public_url: &Url,
    org: &OrgId,
    access: &AccessId,
    sync: &SyncId,
) -> Result<Url, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Problem::internal())?;
    let random = uuid::Builder::from_random_bytes(bytes).into_uuid();
    let mut url = public_url.clone();
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{path}/rest/accesses/{access}/syncs/{sync}/callback"));
    url.query_pairs_mut().append_pair(STATE, &state_of(org, random));
    Ok(url)
}

fn state_of(org: &OrgId, random: Uuid) -> String {
    format!("{org}{SEPARATOR}{}", random.simple())
}

/// The organization in a state.
pub(crate) fn organization(state: &str) -> Option<OrgId> {
    state.split_once(SEPARATOR).and_then(|(org, _)| org.parse().ok())
}

/// Whether this is the state that the bank was given for the synchronization.
pub(crate) fn is_state_of(job: &SyncJob, state: &str) -> bool {
    let callback = job.request.callback.as_ref();
    let given = callback.and_then(|url| url.query_pairs().find(|(name, _)| name == STATE));
    // In constant time: the response time reveals nothing about the state.
    given.is_some_and(|(_, given)| bool::from(given.as_bytes().ct_eq(state.as_bytes())))
}
