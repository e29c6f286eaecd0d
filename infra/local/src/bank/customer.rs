//! The bank's customers. Each has a script, a current day, and a PIN that is locked after three wrong attempts.

use jiff::ToSpan;
use jiff::civil::Date;

use super::State;
use super::answer::{Refusal, Result};
use super::script::Script;

const PIN: &str = "12345";
const OTP: &str = "111111";
/// The consecutive wrong PINs after which a customer is locked.
const WRONG_PINS_MAX: u32 = 3;

/// A customer.
pub(super) struct Customer {
    pub(super) script: Script,
    /// The customer's current day: days since the bank was started.
    pub(super) day: i32,
    /// Wrong PINs since the last correct one.
    wrong_pins: u32,
    /// The last days on which requests were throttled.
    pub(super) throttled: Throttled,
}

/// The customer's days on which a busy bank last throttled a request.
#[derive(Default)]
pub(super) struct Throttled {
    pub(super) accounts: Option<i32>,
    pub(super) transactions: Option<i32>,
}

impl Customer {
    /// Checks a PIN.
    pub(super) fn authenticate(&mut self, pin: &str) -> Result<()> {
        if self.script == Script::Locked || self.wrong_pins >= WRONG_PINS_MAX {
            return Err(Refusal::ServiceBlocked);
        }
        if pin != PIN {
            self.wrong_pins += 1;
            return Err(Refusal::CredentialsInvalid);
        }
        self.wrong_pins = 0;
        Ok(())
    }

    /// The date of the customer's current day.
    pub(super) fn today(&self, started: Date) -> Date {
        started.saturating_add(self.day.days())
    }
}

/// Whether this is the OTP of all challenges.
pub(super) fn is_otp(otp: &str) -> bool {
    otp == OTP
}

impl State {
    /// The customer with this PSU-ID, `script` or `script.tag`, where the tag consists of letters, digits, `-`, `_` and `.`.
    /// Each PSU-ID has its own state.
    pub(super) fn customer(&mut self, psu: &str) -> Result<&mut Customer> {
        let (name, tag) = psu.split_once('.').unwrap_or((psu, ""));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let script = Script::named(name).filter(|_| tag.chars().all(plain));
        let script = script.ok_or(Refusal::CredentialsInvalid)?;
        Ok(self.customers.entry(psu.to_owned()).or_insert_with(|| Customer {
            script,
            day: 0,
            wrong_pins: 0,
            throttled: Throttled::default(),
        }))
    }
}
