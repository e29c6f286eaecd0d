//! Back-off after a bank has refused a user's credentials: banks block users after a few wrong PINs.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::id::encode;

/// How long no credentials of a user are sent to the bank after the first refusal, the second one in a row and so
/// on. The last delay also applies to all further refusals. Banks block users after three to five refusals.
const BACK_OFF: [SignedDuration; 5] = [
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(5),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
];

/// Identifies a user of a bank: the hash of the user's login with the organization's secret key. Without the key,
/// the login can't be found by trying all logins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LoginHash(String);

impl LoginHash {
    /// The hash of a login at the bank with this id, under the organization's key. Case and blanks don't count:
    /// most banks ignore them, and a user must not get further attempts by another spelling.
    #[must_use]
    pub fn of(key: &SecretSlice<u8>, bank: &str, login: &str) -> Option<Self> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret()).ok()?;
        mac.update(&(bank.len() as u64).to_be_bytes());
        mac.update(bank.as_bytes());
        let login = login.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
        mac.update(login.collect::<String>().as_bytes());
        Some(Self(encode(&mac.finalize().into_bytes())))
    }

    /// The hash as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a synchronization may send a user's credentials to the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginGate {
    /// It may.
    Open,
    /// Another synchronization is sending credentials of the user and has no answer yet.
    Busy,
    /// Not before this time: the bank has refused credentials of the user.
    Closed(Timestamp),
}

/// The time until which no credentials are sent after `refusals` refusals in a row, the last one at `now`.
#[must_use]
pub fn closed_until(refusals: u32, now: Timestamp) -> Timestamp {
    let [.., longest] = BACK_OFF;
    let nth = usize::try_from(refusals.saturating_sub(1)).unwrap_or(usize::MAX);
    now + BACK_OFF.get(nth).copied().unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(key: u8, bank: &str, login: &str) -> Option<LoginHash> {
        LoginHash::of(&vec![key; 32].into(), bank, login)
    }

    #[test]
    fn hash_depends_on_key_bank_and_login() {
        let one = hash(1, "bank", "Käthe 1").expect("a hash");
        assert_eq!(hash(1, "bank", "kÄTHE1"), Some(one.clone()));
        for other in [hash(2, "bank", "Käthe 1"), hash(1, "ban", "kKäthe 1"), hash(1, "bank", "Käthe 2")] {
            assert_ne!(other, Some(one.clone()));
        }
        assert_eq!(one.as_str().len(), 52);
    }

    #[test]
    fn back_off_grows_to_a_day() {
        let now = Timestamp::UNIX_EPOCH;
        let waits: Vec<i64> = (1..=7).map(|nth| closed_until(nth, now).as_second()).collect();
        assert_eq!(waits, [30, 300, 3_600, 21_600, 86_400, 86_400, 86_400]);
    }
}
